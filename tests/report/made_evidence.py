"""Evidence to draw: of small tables with every kind of column, and names that mean harm."""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

from jensen.evidence import (
    Estimate,
    Evidence,
    FitPortrait,
    Measure,
    Region,
    Tables,
    gather,
    samples,
)

SCRIPT = "<script>alert('x')</script>"
QUOTES = "\"onmouseover='alert(1)' <b>"
IMAGE = "</text></svg></style><img src=x onerror=alert(1)>"
LONG = "a_very_long_name_of_a_column_that_nobody_can_want_to_read_" * 4
KINDS = {
    SCRIPT: "numeric", QUOTES: "categorical", LONG: "numeric", "seen": "time",
    "many": "categorical", "one": "numeric",
}  # fmt: skip


def frame(n: int, seed: int) -> pl.DataFrame:
    """Six columns: gaps, a spike at 0, times, thousands of levels, a constant, hostile words."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    gain = np.where(rng.random(n) < 0.9, 0.0, rng.exponential(1e4, n))
    days = np.datetime64("2020-01-01T00:00:00", "us") + rng.integers(0, 365, n) * np.timedelta64(
        86400, "s"
    )
    return pl.DataFrame(
        {
            SCRIPT: np.where(rng.random(n) < 0.1, np.nan, x),
            QUOTES: np.where(x > 0, IMAGE, "&amp; 50 %"),
            LONG: gain,
            "seen": days,
            "many": [f"level {v}" for v in rng.integers(0, 3000, n)],
            "one": np.ones(n),
        }
    ).with_columns(pl.col(SCRIPT).fill_nan(None))


def tables(kinds: dict[str, str], *frames: pl.DataFrame) -> Tables:
    made = samples(kinds, *frames)
    return Tables(made[0], made[1], made[2] if len(made) > 2 else None, 0)


FIT = FitPortrait(
    steps=(0, 50, 100, 150), held_out=(-90.0, -21.5, -20.0, -20.2), best=100, marginals=-22.0,
    reconstruction=(-90.0, -20.0, -18.0, -18.0), kl=(0.0, 1.5, 2.0, 2.2),
    kl_per_dimension=(1.2, 0.01, 0.8), dimensions=(1, 3), real=((0.0, 1.0), (1.0, -1.0)),
    synthetic=((0.5, 0.5), (-1.0, 2.0)),
)  # fmt: skip
BOUND = tuple(
    Measure(name, title, "bound", Estimate(value, value - half, value + half), "higher", 34,
            marginals=beside, note="over rows")
    for name, title, value, half, beside in (
        ("elbo", "held-out ELBO, nats per row", -20.0, 0.5, -22.0),
        ("iwae", "held-out IWAE, 64 draws", -19.6, 0.5, -22.0),
        ("gain", "nats over marginals", 2.0, 0.5, 0.0),
        ("kl", "KL", 2.0, 0.0, None),
        ("active_units", "active latent dimensions", 2.0, 0.0, None),
    )
)  # fmt: skip


@cache
def full() -> Evidence:
    """Everything that a report can show: held-out rows, copies, regions, targets, a model."""
    real = frame(300, 0)
    copied = pl.concat([real.head(30), frame(270, 1)])
    found = gather(
        tables(KINDS, real, copied, frame(150, 2)), target="all", left_out={"<id>": "keys"},
        bound=BOUND, fit=FIT,
    )  # fmt: skip
    region = Region(f"{SCRIPT} > 3", Estimate(0.05, 0.03, 0.07), Estimate(0.01, 0.0, 0.02), 0.001)
    return replace(found, regions=(region,))


@cache
def plain() -> Evidence:
    """A single column, no held-out rows, no model."""
    rng = np.random.default_rng(0)
    frames = (pl.DataFrame({"x": rng.normal(size=60)}) for _ in "ab")
    return gather(tables({"x": "numeric"}, *frames))


@cache
def wide() -> Evidence:
    """Five hundred columns."""
    rng = np.random.default_rng(0)
    kinds = {f"column_{i}": "categorical" if i % 5 == 0 else "numeric" for i in range(500)}

    def make() -> pl.DataFrame:
        return pl.DataFrame(
            {
                name: [f"w{v}" for v in rng.integers(0, 20, 40)]
                if kind == "categorical"
                else np.where(rng.random(40) < 0.1, np.nan, rng.normal(size=40))
                for name, kind in kinds.items()
            }
        )

    return gather(tables(kinds, make(), make()))
