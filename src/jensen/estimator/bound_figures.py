"""The bound of a fitted model as figures beside the others: ELBO, IWAE, gain, units, gap."""

from dataclasses import replace
from typing import Any

import numpy as np

from jensen.data import Table
from jensen.data.codec import only_codes
from jensen.estimator.build import codes_of
from jensen.estimator.fitted import HeldOut
from jensen.estimator.fitting_rows import check_columns, fitting_rows
from jensen.estimator.vae import VAE
from jensen.evidence import Estimate, Measure
from jensen.evidence.telling import COLLAPSE

MOST_ROWS, DRAWS, WEIGHTS = 2_000, 8, 64
Z = 1.959963984540054
NOTE_ENDS = ". "
"""Between what a note says of rows that are left out and the rest of it."""
ELBO_SOURCE, IWAE_SOURCE = "Kingma & Welling 2014, arXiv 1312.6114", "arXiv 1509.00519, eq. 8"


def bound_figures(vae: VAE, train: Table, held_out: Table | None, seed: int) -> tuple[Measure, ...]:
    """The bound on held-out rows; with none at hand, as the fit measured it on its own.

    Args:
        vae: fitted to `train`.
        train, held_out: with the columns of the fit; up to 2,000 rows of each are scored.
        seed: of the draws of z, and of the rows that are chosen.

    Raises:
        OptionError: the model was fitted to other columns.
    """
    check_columns(vae, train)
    fitted, left_train = _few(vae, train, seed)
    if held_out is None:
        return _of_fit(vae.held_out_)
    others, left_out = _few(vae, held_out, seed)
    found = _of_rows(vae, fitted, others, seed)
    left = {"training": left_train, "held-out": left_out}
    told = "; ".join(f"{side}: {words}" for side, words in left.items() if words)
    measured = {"elbo", "iwae", "gain", "kl", "bound_gap"}
    return tuple(
        replace(m, note=f"bound of {told}{NOTE_ENDS}{m.note}") if told and m.name in measured else m
        for m in found
    )


def _few(vae: VAE, table: Table, seed: int) -> tuple[Table, str]:
    """Some rows that the model knows the values of, and what is to be said of the others."""
    rows = np.random.default_rng([seed, 2]).permutation(len(table))[:MOST_ROWS]
    return fitting_rows(vae, table.take(np.sort(rows)))


def _of_rows(vae: VAE, train: Table, held_out: Table, seed: int) -> tuple[Measure, ...]:
    terms: Any = vae.score_terms(held_out, n_samples=DRAWS, seed=seed)
    value, n = np.asarray(terms.value, np.float64), len(held_out)
    tighter: Any = vae.score_bound(held_out, bound="iwae", k=WEIGHTS, seed=seed)
    fitted: Any = vae.score_terms(train, n_samples=DRAWS, seed=seed)
    measured, marginals = vae.held_out_, _marginals(vae, held_out)
    beside = float(marginals.mean())
    return (
        _figure(
            "elbo", "held-out ELBO, nats per row", _mean(value), n, ELBO_SOURCE, beside=beside
        ),
        _figure(
            "iwae", f"held-out IWAE, {WEIGHTS} draws", _mean(np.asarray(tighter.value)), n,
            IWAE_SOURCE, beside=beside,
        ),
        _figure("gain", "nats over marginals", _mean(value - marginals), n, beside=0.0),
        _figure("kl", "KL(q(z|x) ‖ p(z)), nats", _mean(np.asarray(terms.kl)), n),
        *_latent(measured),
        overfitting(
            np.asarray(fitted.value, np.float64), value,
            float(_marginals(vae, train).mean()) - beside,
        ),
    )  # fmt: skip


def _of_fit(measured: HeldOut) -> tuple[Measure, ...]:
    n, half = measured.n_rows, Z * measured.standard_error
    gain = measured.bound - measured.marginals
    note = "as the fit measured it on the tenth of its rows that it kept out"
    return (
        _figure(
            "elbo", "held-out ELBO, nats per row", _around(measured.bound, half), n, ELBO_SOURCE,
            note, measured.marginals,
        ),
        _figure("gain", "nats over marginals", _around(gain, half), n, "", note, 0.0),
        _figure("kl", "KL(q(z|x) ‖ p(z)), nats", _around(measured.kl, 0.0), n, "", note),
        *_latent(measured),
    )  # fmt: skip


def _latent(measured: HeldOut) -> tuple[Measure, ...]:
    units = float(measured.active_units)
    of = f"of {len(measured.kl_per_dimension)}; no interval"
    collapsed = f"; {COLLAPSE}" if measured.collapsed else ""
    return (
        _figure(
            "active_units", "active latent dimensions", _around(units, 0.0), measured.n_rows,
            "arXiv 1509.00519, section 5.2", of + collapsed,
        ),
    )  # fmt: skip


def overfitting(
    fitted: np.ndarray, held_out: np.ndarray, marginals: float | None = None
) -> Measure:
    """Mean bound of fitted rows minus that of held-out ones: 0 if nothing was learned by heart.

    It says how far the bound of training rows is too good, not that samples copy rows. The p-value
    is one-sided, of Welch's t.

    Args:
        fitted, held_out: bounds of rows, nats, [n] and [m].
        marginals: the same difference under the product of marginals.
    """
    from scipy.special import stdtr

    parts = [side.var(ddof=1) / len(side) for side in (fitted, held_out)]
    gap, error = float(fitted.mean() - held_out.mean()), float(np.sqrt(sum(parts)))
    p = 1.0
    if error > 0:
        sizes = len(fitted) - 1, len(held_out) - 1
        freedom = error**4 / sum(v**2 / n for v, n in zip(parts, sizes, strict=True))
        p = float(stdtr(freedom, -gap / error))
    return Measure(
        "bound_gap", "overfitting: ELBO of training over held-out rows", "bound",
        _around(gap, Z * error), "lower", len(held_out), marginals=marginals, p_value=p,
        note="nats per row, 0 if nothing was learned by heart; of the bound, not of the samples: "
        "no part of the verdict on copying; interval: Normal; p-value: Welch's t, one-sided",
        source="Welch 1947, Biometrika 34",
    )  # fmt: skip


def _figure(
    name: str,
    title: str,
    estimate: Estimate,
    rows: int,
    source: str = "",
    note: str = "",
    beside: float | None = None,
) -> Measure:
    """A figure of the bound; `beside` is that of a product of marginals."""
    note = note or "interval: mean ± 1.96 standard errors over rows"
    return Measure(
        name, title, "bound", estimate, "higher", rows, None, beside, note=note, source=source
    )


def _mean(values: np.ndarray) -> Estimate:
    error = float(values.std(ddof=1)) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return _around(float(values.mean()), float(Z * error))


def _around(value: float, half: float) -> Estimate:
    return Estimate(value, value - half, value + half)


def _marginals(vae: VAE, table: Table) -> np.ndarray:
    """log p of each row under the product of marginals, nats in the units of the data, [n]."""
    codec = vae.fitted_.codec
    codes, log_det = codec.encode_with_log_det(table)
    marginals = codes_of(codec).log_marginals(only_codes(codes)) + log_det
    return np.asarray(marginals + codec.value_marginals(table), np.float64)
