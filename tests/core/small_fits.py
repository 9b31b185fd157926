"""A table with a column of every kind, and fits of it that are over in seconds."""

import datetime as dt
from typing import Any

import numpy as np
import polars as pl

from jensen import VAE

SMALL: dict[str, Any] = {"latent_dim": 2, "width": 8, "n_blocks": 1, "steps": 50}


def mixed(n: int = 300, seed: int = 0) -> pl.DataFrame:
    """Columns of every kind that depend on one another, some with gaps."""
    rng = np.random.default_rng(seed)
    real = rng.normal(size=n)
    kind = np.where(real + 0.3 * rng.normal(size=n) > 0, "high", rng.choice(["low", "lower"], n))
    days = [dt.date(2024, 1, 1) + dt.timedelta(int(k)) for k in rng.integers(0, 366, n)]
    return pl.DataFrame(
        {
            "key": [f"K-{k:05d}" for k in rng.permutation(90_000)[:n]],
            "real": real,
            "atom": np.where(rng.random(n) < 0.3, 0.0, np.exp(real)),
            "cents": np.round(3 * real + rng.normal(size=n), 2),
            "large": 2**60 + rng.integers(0, 1000, n),
            "kind": kind,
            "yes": real > 0.5,
            "day": pl.Series(days).set(pl.Series(real < -1), None),
        }
    )


def fitted(frame: Any = None, **parameters: Any) -> VAE:
    """A small VAE of the mixed table, or of another one."""
    return VAE(**(SMALL | parameters)).fit(mixed() if frame is None else frame)
