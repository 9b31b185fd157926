"""What a model's fit and its latent space look like, as plain numbers."""

import numpy as np

from jensen.data import Table
from jensen.errors import JensenError
from jensen.estimator.vae import VAE
from jensen.evidence import FitPortrait

MOST_POINTS = 400


def fit_portrait(vae: VAE, train: Table, synthetic: Table, seed: int) -> FitPortrait:
    """The history of a fit, and where rows of both tables lie in the latent space.

    Args:
        vae: fitted.
        train, synthetic: up to 400 rows of each are placed; none of a table that the model cannot
            take, which says no less of the rest.
        seed: chooses the rows.
    """
    checks, held_out = vae.history_.checks, vae.held_out_
    carried = np.argsort(-np.array(held_out.kl_per_dimension), kind="stable")[:2]
    real, drawn = (_means(vae, t, carried, seed) for t in (train, synthetic))
    placed = bool(real) and bool(drawn) and len(carried) == 2
    return FitPortrait(
        steps=tuple(c.step for c in checks),
        held_out=tuple(_digits(c.held_out) for c in checks),
        reconstruction=tuple(_digits(c.reconstruction) for c in checks),
        kl=tuple(_digits(c.kl) for c in checks),
        best=vae.history_.best.step,
        marginals=_digits(held_out.marginals),
        kl_per_dimension=tuple(_digits(v) for v in held_out.kl_per_dimension),
        dimensions=tuple(int(d) + 1 for d in carried) if placed else (),
        real=real if placed else (),
        synthetic=drawn if placed else (),
    )


def _means(
    vae: VAE, table: Table, dimensions: np.ndarray, seed: int
) -> tuple[tuple[float, ...], ...]:
    rows = np.random.default_rng([seed, 3]).permutation(len(table))[:MOST_POINTS]
    try:
        z = np.asarray(vae.transform(table.take(np.sort(rows))), np.float64)
    except JensenError:
        return ()
    if not np.isfinite(z).all():
        return ()
    return tuple(tuple(_digits(v) for v in row) for row in z[:, dimensions])


def _digits(value: float) -> float:
    """Six digits: what a picture can show, and more."""
    return float(f"{value:.6g}")
