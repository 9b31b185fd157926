"""log p(x) >= ...: lower bounds, in nats, larger is better."""

from jensen.bounds.draws import Draws, closed_form_kl, draw
from jensen.bounds.elbo import Bound, elbo
from jensen.bounds.iwae import iwae, log_weights
from jensen.bounds.rows import (
    block_rows,
    elbo_rows,
    kl_per_dimension,
    n_rows,
    over_rows,
    posterior_means,
)

__all__ = [
    "Bound",
    "Draws",
    "block_rows",
    "closed_form_kl",
    "draw",
    "elbo",
    "elbo_rows",
    "iwae",
    "kl_per_dimension",
    "log_weights",
    "n_rows",
    "over_rows",
    "posterior_means",
]
