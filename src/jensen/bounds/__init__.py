"""log p(x) >= ...: lower bounds, in nats, larger is better."""

from jensen.bounds.elbo import Bound, elbo
from jensen.bounds.iwae import iwae

__all__ = ["Bound", "elbo", "iwae"]
