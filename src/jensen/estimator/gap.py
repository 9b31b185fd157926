"""How good the bound of a fitted model is: KL(q(z|x) || p(z|x)) from below and from above."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import jax
import numpy as np
from pydantic import BaseModel, ConfigDict

from jensen.bounds import (
    Ais,
    ais_rows,
    bdmc_rows,
    doubling,
    doubtful,
    elbo_rows,
    is_real,
    kl_per_dimension,
    kl_split,
    log_weight_rows,
    tightening,
    weighted_rows,
)
from jensen.data import Table
from jensen.errors import OptionError
from jensen.estimator.draw import random_key
from jensen.estimator.fitted import Fitted, standard_error

KL_DRAWS = 16
"""Draws of z for the KL, where it has no closed form."""
MOST_WALKED = 48
"""Rows that chains walk for, at most: for those of the data, and for as many simulated ones."""
MOST = 1_000_000
APART = 2.0
"""Standard errors that the two sides of log p(x) must be apart, to be told apart."""
WIDE = 1.0
"""Nats between the two sides of log p(x) beyond which the upper one says little."""


@dataclass(frozen=True)
class GapSizes:
    """How much is spent on it; each from 1 to 1,000,000.

    Attributes:
        rows: rows of data, at most; the seed chooses them.
        k: draws of z per row.
        temperatures, chains: of the annealed importance sampling.
    """

    rows: int = 200
    k: int = 1000
    temperatures: int = 50
    chains: int = 8

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "GapSizes":
        """Those that were given, the others as they are.

        Raises:
            OptionError: an unknown name, or a number out of range.
        """
        names = [field.name for field in fields(cls)]
        for name, n in given.items():
            if name not in names:
                raise OptionError(f"gap takes {', '.join(names)}, and was given {name!r}.")
            if not (isinstance(n, int | np.integer) and 1 <= n <= MOST):
                raise OptionError(f"{name} must be a whole number from 1 to {MOST}, and is {n!r}.")
        return cls(**{name: int(n) for name, n in given.items()})


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Mean(_Record):
    """A mean over rows, nats per row, and its standard error."""

    value: float
    standard_error: float


class Split(_Record):
    """The KL in parts: index code + total correlation + dimension-wise = KL.

    The last two are None where the dimensions of q(z|x) or of p(z) depend on each other;
    marginal is their sum, the KL from the aggregate posterior to the prior.
    """

    kl: Mean
    index_code: Mean
    marginal: Mean
    total_correlation: Mean | None
    dimension_wise: Mean | None


class FromBelow(_Record):
    """A lower bound on log p(x) that is tighter than the ELBO, and by how much.

    Attributes:
        n_rows: rows it was computed for; of AIS the first 48 at most.
        bound: nats per row, in the units of the data.
        gap: bound - ELBO of the same rows: in expectation a lower bound on the gap.
        above_iwae: bound - IWAE of the same rows: how far AIS goes beyond it.
        ess: effective number of weights, the mean over rows.
        least_ess: that of the worst row.
    """

    n_rows: int
    bound: Mean
    gap: Mean
    above_iwae: Mean
    ess: float
    least_ess: float


class Simulated(_Record):
    """log p(x) of rows that the model made, from both sides.

    Attributes:
        n_rows: how many.
        below: AIS - ELBO, in expectation a lower bound on the gap of such rows.
        above: reverse AIS - ELBO, in expectation an upper bound on it.
        between: the difference of the two: how closely log p(x) is known.
        told_apart: whether `between` is more than twice its standard error, which a single row
            does not have; where it is not, the ends may even be the wrong way round.
    """

    n_rows: int
    below: Mean
    above: Mean
    between: Mean
    told_apart: bool


class Tightening(_Record):
    """The mean of IWAE with k draws, nats per row; with k = 1 it is the ELBO.

    Attributes:
        bound: its standard error is large where rows differ much.
        rise: bound - ELBO of the same rows: its standard error tells how sure the rise is.
    """

    k: int
    bound: Mean
    rise: Mean


class Gap(_Record):
    """What is between the bound and log p(x), nats per row.

    Attributes:
        n_rows: rows of data that were used.
        elbo, reconstruction, kl: the bound and its terms: elbo = reconstruction - kl. The ELBO is
            that of the k draws of `iwae` and of `curve`, so elbo + iwae.gap is iwae.bound.
        kl_per_dimension: empty where the dimensions of z depend on each other.
        split: the KL in parts.
        iwae, ais: from below, on the rows of data; `ais` is None where z is not real.
        simulated: from both sides, on rows that the model made; None where z is not real.
        curve: how the bound tightens with the number of draws.
        warnings: sentences about what cannot be trusted.
    """

    n_rows: int
    k: int
    temperatures: int
    chains: int
    seed: int
    elbo: Mean
    reconstruction: Mean
    kl: Mean
    kl_per_dimension: tuple[float, ...]
    split: Split
    iwae: FromBelow
    ais: FromBelow | None
    simulated: Simulated | None
    curve: tuple[Tightening, ...]
    warnings: tuple[str, ...]


def measure_gap(
    fitted: Fitted, table: Table, seed: int, report: Callable[[str], object], sizes: GapSizes
) -> Gap:
    """All of it, on at most `sizes.rows` rows of the table.

    Source: of the gap from both sides Wu et al. 2017, arXiv 1611.04273; of what the gap is made of
    Cremer, Li & Duvenaud 2018, arXiv 1801.03558.
    """
    if len(table) == 0:
        raise OptionError("the gap must be measured on at least one row, and DATA has none.")
    x, log_det = fitted.codec.encode_with_log_det(_some(table, sizes.rows, seed))
    model, ais = fitted.model, Ais(sizes.temperatures, sizes.chains)
    keys = jax.random.split(random_key(seed), 5)
    report(f"Bounding {len(log_det):,} rows")
    kl = np.asarray(elbo_rows(keys[0], model, x, n_samples=KL_DRAWS).kl)
    log_w = log_weight_rows(keys[1], model, x, n_samples=sizes.k)
    elbo, iwae = log_w.mean(1), weighted_rows(log_w)
    report("Splitting the KL")
    parts = kl_split(keys[2], model, x)._asdict()
    split = {name: None if v is None else _mean(v) for name, v in parts.items()}
    annealed = simulated = None
    if is_real(model, x):
        n = min(len(log_det), MOST_WALKED)
        report(f"Annealing {n:,} rows over {sizes.temperatures:,} temperatures")
        annealed = ais_rows(keys[3], model, _first(x, n), ais)
        report(f"Annealing {n:,} simulated rows there and back")
        simulated = _simulated(bdmc_rows(keys[4], model, n, ais))
    return Gap(
        n_rows=len(log_det),
        k=sizes.k,
        temperatures=sizes.temperatures,
        chains=sizes.chains,
        seed=seed,
        elbo=_mean(elbo + log_det),
        reconstruction=_mean(elbo + kl + log_det),
        kl=_mean(kl),
        kl_per_dimension=tuple(float(v) for v in kl_per_dimension(model, x)),
        split=Split.model_validate(split),
        iwae=_from_below(iwae, iwae, elbo, log_det),
        ais=annealed and _from_below(annealed, iwae, elbo, log_det),
        simulated=simulated,
        curve=_tightened(log_w, log_det),
        warnings=tuple(_warnings(iwae.ess, annealed, simulated, sizes)),
    )


def _some(table: Table, most: int, seed: int) -> Table:
    """At most so many rows, in an order of chance: the first of them are a sample too."""
    order = np.random.default_rng([seed, 1]).permutation(len(table))
    return table.take(order[:most])


def _mean(values: Any) -> Mean:
    values = np.asarray(values, np.float64)
    return Mean(value=float(values.mean()), standard_error=standard_error(values))


def _first(x: Any, n: int) -> Any:
    """The first n rows."""
    return jax.tree.map(lambda leaf: leaf[:n], x)


def _tightened(log_w: Any, log_det: Any) -> tuple[Tightening, ...]:
    ks, elbo = doubling(log_w.shape[1]), log_w.mean(1)
    rows = zip(ks, tightening(log_w, ks), strict=True)
    return tuple(Tightening(k=k, bound=_mean(v + log_det), rise=_mean(v - elbo)) for k, v in rows)


def _from_below(found: Any, iwae: Any, elbo: Any, log_det: Any) -> FromBelow:
    value, ess, n = found.value, found.ess, len(found.value)
    return FromBelow(
        n_rows=n,
        bound=_mean(value + log_det[:n]),
        gap=_mean(value - elbo[:n]),
        above_iwae=_mean(value - iwae.value[:n]),
        ess=float(ess.mean()),
        least_ess=float(ess.min()),
    )


def _simulated(found: Any) -> Simulated:
    between = _mean(found.upper - found.lower)
    return Simulated(
        n_rows=len(found.elbo),
        below=_mean(found.lower - found.elbo),
        above=_mean(found.upper - found.elbo),
        between=between,
        told_apart=len(found.elbo) > 1 and between.value > APART * between.standard_error,
    )


def _warnings(iwae_ess: Any, annealed: Any, simulated: Any, sizes: GapSizes) -> list[str]:
    out: list[str] = []
    if trouble := doubtful(iwae_ess, sizes.k):
        out.append(f"IWAE may be far below log p(x) ({trouble}): take more draws (--k).")
    if annealed is not None and (trouble := doubtful(annealed.ess, sizes.chains)):
        out.append(
            f"AIS may be far below log p(x) ({trouble}): take more --temperatures or --chains."
        )
    if simulated is not None and simulated.between.value > WIDE:
        out.append(
            f"the two sides of log p(x) are {simulated.between.value:.2f} nats apart on simulated "
            "rows, more than 1: take more --temperatures."
        )
    return out
