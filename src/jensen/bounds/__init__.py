"""log p(x) >= ...: lower bounds, in nats, larger is better; and how far they are from log p(x)."""

from jensen.bounds.ais import Ais, Annealed, Bdmc, Sandwich, ais_rows, bdmc_rows, is_real
from jensen.bounds.draws import Draws, closed_form_kl, draw
from jensen.bounds.elbo import Bound, elbo
from jensen.bounds.iwae import iwae, log_weights
from jensen.bounds.refine import refined_rows
from jensen.bounds.rows import (
    block_rows,
    elbo_rows,
    kl_per_dimension,
    n_rows,
    over_rows,
    posterior_means,
)
from jensen.bounds.split import KlSplit, kl_split
from jensen.bounds.weights import (
    Weighted,
    doubling,
    doubtful,
    iwae_rows,
    log_weight_rows,
    tightening,
    weighted,
    weighted_rows,
)

__all__ = [
    "Ais",
    "Annealed",
    "Bdmc",
    "Bound",
    "Draws",
    "KlSplit",
    "Sandwich",
    "Weighted",
    "ais_rows",
    "bdmc_rows",
    "block_rows",
    "closed_form_kl",
    "doubling",
    "doubtful",
    "draw",
    "elbo",
    "elbo_rows",
    "is_real",
    "iwae",
    "iwae_rows",
    "kl_per_dimension",
    "kl_split",
    "log_weight_rows",
    "log_weights",
    "n_rows",
    "over_rows",
    "posterior_means",
    "refined_rows",
    "tightening",
    "weighted",
    "weighted_rows",
]
