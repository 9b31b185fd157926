"""What a fit maximises: a bound on log p(x), or another objective.

Each is a frozen record of settings, called with a batch:

    objective(keys, model_at, x, kl_weight) -> mean over the rows, nats, shape ()

keys: one for each row. model_at: key -> the model as it is trained, under its noise. x: the rows.
kl_weight: from 0 to 1 while the KL is warmed up, then 1. `is_bound` says whether its mean, at
full weight and without noise, is to be reported as a lower bound on log p(x). All else is reported
as an objective: even what lies below log p(x), as the ELBO less a penalty of choice does.
"""

from jensen.bounds.objectives.beta import Beta
from jensen.bounds.objectives.beta_tc import BetaTc
from jensen.bounds.objectives.capacity import Capacity
from jensen.bounds.objectives.ciwae import Ciwae
from jensen.bounds.objectives.elbo import Elbo
from jensen.bounds.objectives.free_bits import FreeBits
from jensen.bounds.objectives.iwae import Iwae
from jensen.bounds.objectives.miwae import Miwae
from jensen.bounds.objectives.mmd import Mmd
from jensen.bounds.objectives.piwae import Piwae
from jensen.bounds.objectives.renyi import Renyi
from jensen.bounds.objectives.rows import ModelAt, Objective, each_row, mean_over_rows

OBJECTIVES = {
    "elbo": Elbo,
    "iwae": Iwae,
    "miwae": Miwae,
    "piwae": Piwae,
    "ciwae": Ciwae,
    "renyi": Renyi,
    "beta": Beta,
    "capacity": Capacity,
    "free_bits": FreeBits,
    "beta_tc": BetaTc,
    "mmd": Mmd,
}
"""Bounds and objectives by the name that `VAE(bound=...)` takes."""

__all__ = [
    "OBJECTIVES",
    "Beta",
    "BetaTc",
    "Capacity",
    "Ciwae",
    "Elbo",
    "FreeBits",
    "Iwae",
    "Miwae",
    "Mmd",
    "ModelAt",
    "Objective",
    "Piwae",
    "Renyi",
    "each_row",
    "mean_over_rows",
]
