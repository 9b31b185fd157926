"""What a model's fit and its latent space look like, as plain numbers."""

import numpy as np

from jensen.data import Table
from jensen.errors import JensenError
from jensen.estimator.fitting_rows import fitting_rows
from jensen.estimator.vae import VAE
from jensen.evidence import FitPortrait

MOST_POINTS = 400


def fit_portrait(
    vae: VAE, train: Table, synthetic: Table, seed: int
) -> tuple[FitPortrait, tuple[str, ...]]:
    """The history of a fit, and where rows of both tables lie in the latent space.

    Args:
        vae: fitted.
        train, synthetic: up to 400 rows of each are placed, those that the model knows the values
            of; if it knows none of a table there is no map, which says no less of the rest.
        seed: chooses the rows.

    Returns:
        The portrait, and a sentence for each table of which rows have no place in it.
    """
    checks, held_out = vae.history_.checks, vae.held_out_
    carried = np.argsort(-np.array(held_out.kl_per_dimension), kind="stable")[:2]
    (real, *left), (drawn, *others) = (_means(vae, t, carried, seed) for t in (train, synthetic))
    notes = tuple(f"latent means: {words}" for words in (*left, *others) if words)
    placed = bool(real) and bool(drawn) and len(carried) == 2
    portrait = FitPortrait(
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
    return portrait, notes


def _means(
    vae: VAE, table: Table, dimensions: np.ndarray, seed: int
) -> tuple[tuple[tuple[float, ...], ...], str]:
    rows = np.random.default_rng([seed, 3]).permutation(len(table))[:MOST_POINTS]
    known = [name for name in table.names if name in vae.schema_.names]
    try:
        fitting, told = fitting_rows(vae, table.take(np.sort(rows)).select(known))
        z = np.asarray(vae.transform(fitting), np.float64)
    except JensenError as error:
        return (), str(error)
    if not np.isfinite(z).all():
        return (), f"those of {table.name} are not all numbers"
    told = f"{table.name}: {told}" if told else ""
    return tuple(tuple(_digits(v) for v in row) for row in z[:, dimensions]), told


def _digits(value: float) -> float:
    """Six digits: what a picture can show, and more."""
    return float(f"{value:.6g}")
