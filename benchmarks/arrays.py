"""Images and gridded fields of the shared data folder as tables, for what works on any table.

An image is a row of its pixels; a grid has a row for every cell and moment, with its place as
columns and its gaps as gaps. Large ones are sampled, always the same rows.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.datasets import data_folder

IMAGES, CELLS = 2_000, 20_000
"""Rows kept of a set of images, and of a grid."""


def write(name: str, folder: Path | str) -> Path:
    """Writes ``folder/NAME.parquet``; returns its path."""
    path = Path(folder) / f"{name}.parquet"
    ARRAYS[name]().write_parquet(path)
    return path


def _images(file: str, field: str, unpack: bool = False) -> pl.DataFrame:
    with np.load(data_folder() / file, allow_pickle=False) as arrays:
        x = arrays[field]
    x = np.unpackbits(x, axis=1) if unpack else x.reshape(len(x), -1)
    return pl.DataFrame(_some(x, IMAGES), schema=[f"x{i}" for i in range(x.shape[1])])


def _grid(file: str, fields: list[str], axes: list[str]) -> pl.DataFrame:
    import h5py

    with h5py.File(data_folder() / file) as source:
        places = np.meshgrid(*(source[axis][...] for axis in axes), indexing="ij")
        columns = {a: p.ravel() for a, p in zip(axes, places, strict=True)}
        columns |= {f: source[f][...].ravel() for f in fields}
    table = pl.DataFrame(columns).fill_nan(None)
    table = table.filter(~pl.all_horizontal(pl.col(fields).is_null()))
    return table[_some(np.arange(len(table)), CELLS)]


def _some(x: np.ndarray, n: int) -> np.ndarray:
    rows = np.random.default_rng(0).permutation(len(x))[:n]
    return x[np.sort(rows)]


ARRAYS: dict[str, Callable[[], pl.DataFrame]] = {
    "mnist": lambda: _images("mnist/mnist.npz", "x_train"),
    "binarized_mnist": lambda: _images("binarized_mnist/binarized_mnist.npz", "train", unpack=True),
    "caltech101_silhouettes": lambda: _images(
        "caltech101_silhouettes/caltech101_silhouettes_28_split1.npz", "x_train"
    ),
    "omniglot_small": lambda: _images("omniglot_small/omniglot_small_28.npz", "images"),
    "sst_ersst": lambda: _grid("sst_ersst/ersstv5_2010_2020.nc", ["sst"], ["time", "lat", "lon"]),
    "coads": lambda: _grid(
        "coads/coads_climatology.nc",
        ["SST", "AIRT", "SPEH", "WSPD", "UWND", "VWND", "SLP"],
        ["TIME", "COADSY", "COADSX"],
    ),
}
"""The sets by name."""
