"""What a fit maximises: a bound on log p(x), or an objective that is none.

Each is a frozen record of settings, called with a batch:

    objective(keys, model_at, x, kl_weight) -> mean over the rows, nats, shape ()

keys: one for each row. model_at: key -> the model as it is trained, under its noise. x: the rows.
kl_weight: from 0 to 1 while the KL is warmed up, then 1. `is_bound` says whether its mean, at
full weight and without noise, is a lower bound on log p(x). What is none is reported as an
objective, never as a bound.
"""

from jensen.bounds.objectives.elbo import Elbo
from jensen.bounds.objectives.rows import ModelAt, Objective, mean_over_rows

OBJECTIVES = {"elbo": Elbo}
"""Bounds and objectives by the name that `VAE(bound=...)` takes."""

__all__ = ["OBJECTIVES", "Elbo", "ModelAt", "Objective", "mean_over_rows"]
