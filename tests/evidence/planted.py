"""A small table of every kind of column, and copies of it with one planted defect each."""

import numpy as np
import polars as pl

from jensen.evidence import Tables, samples

KINDS = {
    "age": "numeric", "pay": "numeric", "gain": "numeric", "job": "categorical",
    "city": "categorical", "seen": "time",
}  # fmt: skip


def table(n: int, seed: int) -> pl.DataFrame:
    """Ages and pay that go together, a heavy tail with gaps, jobs that follow pay, a rare city."""
    rng = np.random.default_rng(seed)
    age = rng.normal(40, 10, n)
    pay = 0.9 * (age - 40) / 10 + np.sqrt(1 - 0.81) * rng.normal(size=n)
    gain = np.where(rng.random(n) < 0.15, np.nan, rng.exponential(1000, n))
    job = np.where(pay + 0.5 * rng.normal(size=n) > 0.5, "chief", "clerk")
    city = rng.choice(["A", "B", "C", "D"], n, p=[0.5, 0.3, 0.15, 0.05])
    seen = np.datetime64("2020-01-01T00:00:00", "us") + rng.integers(0, 86400 * 365, n).astype(
        "timedelta64[s]"
    )
    frame = pl.DataFrame(
        {"age": age, "pay": pay, "gain": gain, "job": job, "city": city, "seen": seen}
    )
    return frame.with_columns(pl.col("gain").fill_nan(None))


def tables(
    training: pl.DataFrame,
    synthetic: pl.DataFrame,
    held_out: pl.DataFrame | None = None,
    seed: int = 0,
) -> Tables:
    """The frames as what a check is made of."""
    frames = [training, synthetic] + ([] if held_out is None else [held_out])
    made = samples({name: KINDS[name] for name in training.columns}, *frames)
    return Tables(made[0], made[1], made[2] if held_out is not None else None, seed)


def points(n: int, seed: int, columns: int = 2) -> pl.DataFrame:
    """Correlated Normal numbers named a, b, ..."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, columns)) + rng.normal(size=(n, 1))
    return pl.DataFrame({"abcdefgh"[i]: x[:, i] for i in range(columns)})


def point_tables(n: int, seed: int, n_held_out: int = 0) -> Tables:
    """Training, synthetic and held-out rows of one distribution."""
    frames = [points(n, 3 * seed), points(n, 3 * seed + 1)]
    if n_held_out:
        frames.append(points(n_held_out, 3 * seed + 2))
    made = samples(dict.fromkeys(frames[0].columns, "numeric"), *frames)
    return Tables(made[0], made[1], made[2] if n_held_out else None, seed)


def bits(n: int, seed: int, p: float, columns: int = 10) -> pl.DataFrame:
    """Yes or no in every column, which agree with a hidden one with probability p."""
    rng = np.random.default_rng(seed)
    hidden = rng.random((n, 1)) < 0.5
    drawn = np.where(rng.random((n, columns)) < np.where(hidden, p, 1 - p), "yes", "no")
    return pl.DataFrame({f"c{i}": drawn[:, i] for i in range(columns)})


def bit_tables(seed: int, p: float, *, held_out: bool, n: int = 500, columns: int = 10) -> Tables:
    """Tables of `bits`, the synthetic one by a sampler that never saw a row: sharper if p is more
    than the 0.85 of the data."""
    frames = [bits(n, 3 * seed, 0.85, columns), bits(n, 3 * seed + 1, p, columns)]
    frames += [bits(n // 2, 3 * seed + 2, 0.85, columns)] if held_out else []
    made = samples(dict.fromkeys(frames[0].columns, "categorical"), *frames)
    return Tables(made[0], made[1], made[2] if held_out else None, seed)
