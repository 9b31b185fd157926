"""Are samples like the data? Tables in, `Evidence` out, with or without a model."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

import jensen.report  # noqa: F401  # pyright: ignore[reportUnusedImport]
from jensen.data import Column, Schema, Table, read_table
from jensen.data.dtypes import dtype_of
from jensen.data.table import nearest, no_such_column
from jensen.errors import OptionError, TableError
from jensen.estimator.arguments import MAX_SEED, whole
from jensen.estimator.common_form import in_one_form
from jensen.evidence import EVERY, Evidence, FitPortrait, Measure, Tables, gather, samples
from jensen.evidence.intervals import more_often_p
from jensen.evidence.neighbours import equal_rows, row_codes

LEFT_OUT = {"identifier": "keys say nothing that could be compared", "text": "free text"}
"""Kinds of column that take no part, and why."""
OVERLAP = 1e-6
"""p-value at which held-out rows are told to be training rows."""
_KINDS = {
    "continuous": "numeric",
    "integer": "numeric",
    "duration": "duration",
    "time": "time of day",
    "date": "time",
    "datetime": "time",
}


def check(
    train: Any,
    synthetic: Any,
    holdout: Any = None,
    model: Any = None,
    target: str | None = None,
    seed: int = 0,
    report: Callable[[str], object] = str,
) -> Evidence:
    """Is `synthetic` a draw of the distribution of `train`, and nothing copied?

    Args:
        train: the rows that were fitted: a pandas, Polars or PyArrow frame, a 2-d array, a path.
        synthetic: the rows to be checked, from any tool, with the columns of `train`; others it
            has are ignored.
        holdout: real rows that were not fitted, a random split of the table that `train` is from;
            without them less can be said about copies.
        model: a fitted `VAE`, or the path of one, for figures of its bound.
        target: a column to predict, for train-on-synthetic-test-on-real; "all" is each in turn.
        seed: of everything random, at least 0.
        report: called with a sentence before each part.

    Raises:
        TableError: a table that cannot be read, has too few rows, or lacks a column.
        OptionError: target is no column that takes part.

    Example:
        >>> import numpy as np, jensen
        >>> rng = np.random.default_rng(0)
        >>> evidence = jensen.check(rng.normal(size=(200, 2)), rng.normal(size=(200, 2)))
        >>> evidence.copying.verdict
        'no sign of copying'
    """
    seed = whole("seed", seed, 0, MAX_SEED)
    tables = [_read(train, "the training table"), _read(synthetic, "the synthetic table")]
    if holdout is not None:
        tables.append(_read(holdout, "the held-out table"))
    read = in_one_form(tables)
    return compare(read, Schema.infer(read[0]), model, target, seed, report, tables)


def compare(
    tables: Sequence[Table],
    schema: Schema,
    model: Any,
    target: str | None,
    seed: int,
    report: Callable[[str], object],
    of_model: Sequence[Table] | None = None,
) -> Evidence:
    """As `check`, of tables whose columns `schema` describes.

    Args:
        tables: training and synthetic, and held-out if there is one.
        schema: of the columns that are compared; others are ignored.
        model, target, seed, report: as in `check`.
        of_model: the tables in the form that the model was fitted to, if that is another.
    """
    kinds = {c.name: kind_of(c) for c in schema.columns if c.kind not in LEFT_OUT}
    left_out = {c.name: LEFT_OUT[c.kind] for c in schema.columns if c.kind in LEFT_OUT}
    _check_columns(tables, kinds, target, left_out)
    frames = [table.frame.select(list(kinds)) for table in tables]
    made = samples(kinds, *frames, names=[table.name for table in tables])
    together = Tables(made[0], made[1], made[2] if len(made) > 2 else None, seed)
    bound, fit, notes = _bound(model, of_model or tables, seed, report)
    notes = (*_overlap(together), *_samples_held_out(together), *_repeated(together), *notes)
    return gather(
        together, target=target, left_out=left_out, bound=bound, fit=fit, notes=notes,
        report=report,
    )  # fmt: skip


def _overlap(tables: Tables) -> list[str]:
    """That held-out rows were fitted, if more of them equal training rows than these each other."""
    if tables.held_out is None:
        return []
    n, m = len(tables.training), len(tables.held_out)
    met = int((equal_rows(tables.training, tables.held_out) >= 0).sum())
    repeated = n - int((np.bincount(row_codes(tables.training)[0]) == 1).sum())
    if more_often_p(met, m, repeated, n) > OVERLAP:
        return []
    return [
        f"{met:,} of the {m:,} held-out rows equal a training row, and of the training rows "
        f"{repeated:,} of {n:,} another one: held-out rows must not have been fitted, or copies of "
        "training rows pass as rows of the data. Take those out."
    ]


def _samples_held_out(tables: Tables) -> list[str]:
    """That samples are held-out rows, if more of them equal one than training rows do."""
    if tables.held_out is None:
        return []
    n, m = len(tables.training), len(tables.synthetic)
    drawn, real = (
        int((equal_rows(tables.held_out, side) >= 0).sum())
        for side in (tables.synthetic, tables.training)
    )
    if more_often_p(drawn, m, real, n) > OVERLAP:
        return []
    return [
        f"{drawn:,} of the {m:,} samples equal a held-out row, of the {n:,} training rows "
        f"{real:,}: the samples must not be the held-out rows, or made from them; take others."
    ]


def _repeated(tables: Tables) -> list[str]:
    """That samples repeat each other, if more of them do than training rows."""
    sides = (tables.training, tables.synthetic)
    n, m = map(len, sides)
    if m > n:  # of more rows more are the like of another one, also in draws of one distribution
        return []
    again, more = (len(s) - len(np.unique(row_codes(s)[0])) for s in sides)
    if more_often_p(more, m, again, n) > OVERLAP:
        return []
    return [
        f"{more:,} of the {m:,} samples repeat another sample, of the {n:,} training rows "
        f"{again:,} another one: samples must be drawn one by one, or tests take what came by "
        "chance and was repeated for a difference."
    ]


def kind_of(column: Column) -> str:
    """What evidence takes a column for, see `Sample`."""
    if column.kind != "constant":
        return _KINDS.get(column.kind, "categorical")
    dtype = dtype_of(column.dtype)
    if dtype.is_temporal():
        return "duration" if dtype == pl.Duration else "time of day" if dtype == pl.Time else "time"
    return "numeric" if dtype.is_numeric() else "categorical"


def _read(source: Any, name: str) -> Table:
    if isinstance(source, Table):
        return source
    return read_table(source, name=None if isinstance(source, str | Path) else name)


def _check_columns(
    tables: Sequence[Table], kinds: dict[str, str], target: str | None, left_out: dict[str, str]
) -> None:
    if not kinds:
        raise TableError(
            f"{tables[0].name} must have a column that can be compared, and has only keys and "
            "free text; add one."
        )
    for table in tables[1:]:
        for name in kinds:
            if name not in table.names:
                raise TableError(
                    f"{no_such_column(name, table.names, table.name)} Rename or add the column."
                )
    if target is not None and not isinstance(target, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise OptionError(f"target must be the name of one column, or 'all', and is {target!r}.")
    if target is not None and target not in kinds and target != EVERY:
        why = f"it is left out: {left_out[target]}" if target in left_out else "there is none"
        raise OptionError(
            f"the target must be a column that takes part, and is {target!r} ({why}); "
            f"{nearest(target, list(kinds))}"
        )


def _bound(
    model: Any, tables: Sequence[Table], seed: int, report: Callable[[str], object]
) -> tuple[tuple[Measure, ...], FitPortrait | None, tuple[str, ...]]:
    if model is None:
        return (), None, ()
    report("Measuring the bound")
    from jensen.estimator.bound_figures import NOTE_ENDS, bound_figures
    from jensen.estimator.fit_portrait import fit_portrait
    from jensen.estimator.loading import load
    from jensen.estimator.vae import VAE

    vae = load(model) if isinstance(model, str | Path) else model
    if not isinstance(vae, VAE):
        raise OptionError(
            f"model must be a fitted VAE or the path of a model file, and is {model!r}; fit one."
        )
    figures = bound_figures(vae, tables[0], tables[2] if len(tables) > 2 else None, seed)
    portrait, notes = fit_portrait(vae, tables[0], tables[1], seed)
    left = dict.fromkeys(m.note.partition(NOTE_ENDS)[0] for m in figures if NOTE_ENDS in m.note)
    return figures, portrait, (*left, *notes)
