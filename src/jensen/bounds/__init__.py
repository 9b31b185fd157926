"""log p(x) >= ...: lower bounds, in nats, larger is better."""

from jensen.bounds.elbo import Bound, elbo
from jensen.bounds.iwae import iwae
from jensen.bounds.rows import block_rows, elbo_rows, kl_per_dimension, posterior_means

__all__ = [
    "Bound",
    "block_rows",
    "elbo",
    "elbo_rows",
    "iwae",
    "kl_per_dimension",
    "posterior_means",
]
