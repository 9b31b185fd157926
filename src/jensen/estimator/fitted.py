"""What a fit leaves behind: the model, its codec, and what is known of both."""

from dataclasses import dataclass
from importlib.metadata import version

import numpy as np
from jaxtyping import Array, Float64, Key
from pydantic import BaseModel, ConfigDict

from jensen.bounds import elbo_rows, kl_per_dimension, posterior_means
from jensen.conditionals import Guide
from jensen.data.codec import Codec, only_codes
from jensen.estimator.build import ModelConfig
from jensen.latent_model import LatentModel
from jensen.likelihoods import Codes
from jensen.training import History, Rows, TrainingConfig

HELD_OUT_DRAWS = 4
ACTIVE_VARIANCE = 0.01
"""A latent dimension is active when its posterior mean varies by more than this over the data
(Burda, Grosse & Salakhutdinov 2016, arXiv 1509.00519, section 5.2)."""


class HeldOut(BaseModel):
    """The bound on the rows that took no part in the training; nats per row."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bound: float
    standard_error: float
    reconstruction: float
    kl: float
    marginals: float
    """Log-likelihood of the product of marginals on the same rows: what a bound must beat."""
    n_rows: int
    n_train: int
    kl_per_dimension: tuple[float, ...]
    active_units: int

    @property
    def collapsed(self) -> bool:
        """Whether the latent vector carries (almost) nothing of the row."""
        return self.active_units == 0 or self.kl < COLLAPSED


COLLAPSED = 0.1
"""Nats of KL below which a latent vector counts as collapsed."""


@dataclass(frozen=True)
class Fitted:
    """A fitted model with all that belongs to it: what a model file holds."""

    model: LatentModel
    codec: Codec
    model_config: ModelConfig
    training_config: TrainingConfig
    seed: int
    history: History
    held_out: HeldOut
    versions: dict[str, str]
    guide: Guide | None = None
    """What proposes rows that fulfil a condition, once it has been trained."""


def library_versions() -> dict[str, str]:
    """Versions of what the numbers of a model depend on."""
    return {
        name: version(name) for name in ("jensen", "jax", "equinox", "numpyro", "numpy", "polars")
    }


def measure_held_out(
    model: LatentModel,
    codes: Codes,
    rows: Rows,
    n_train: int,
    key: Key[Array, ""],
    value_marginals: Float64[np.ndarray, " n"] | float = 0.0,
) -> HeldOut:
    """The bound and its terms on held-out rows, and what the latent vector carries of them.

    `value_marginals` is what `Codec.value_marginals` gives for these rows; 0 without values.
    """
    marginals = codes.log_marginals(only_codes(rows.x)) + value_marginals + rows.log_det
    terms = elbo_rows(key, model, rows.x, n_samples=HELD_OUT_DRAWS)
    value = np.asarray(terms.value) + rows.log_det
    loc = posterior_means(model, rows.x)
    return HeldOut(
        bound=float(value.mean()),
        standard_error=standard_error(value),
        reconstruction=float((terms.reconstruction + rows.log_det).mean()),
        kl=float(terms.kl.mean()),
        marginals=float(marginals.mean()),
        n_rows=len(value),
        n_train=n_train,
        kl_per_dimension=tuple(float(v) for v in kl_per_dimension(model, rows.x)),
        active_units=int((loc.var(0) > ACTIVE_VARIANCE).sum()),
    )


def standard_error(value: np.ndarray) -> float:
    """Standard error of a mean over rows; 0 for a single row."""
    return float(value.std(ddof=1) / np.sqrt(len(value))) if len(value) > 1 else 0.0
