"""Frames and Parquet files may hold dates as text, in either table."""

import polars as pl
import pytest
from planted import table

import jensen
from jensen.errors import TableError

REAL, FRESH = (table(120, seed).select("age", "job", "seen") for seed in (0, 1))
EXPECTED = jensen.check(REAL, FRESH)


def as_text(frame: pl.DataFrame, form: str = "%Y-%m-%d %H:%M:%S") -> pl.DataFrame:
    return frame.with_columns(pl.col("seen").dt.to_string(form))


def test_dates_as_text_in_either_table_or_both_are_dates():
    told = EXPECTED.columns
    assert {c.name: c.kind for c in told}["seen"] == "time"
    for real, fresh in ((REAL, as_text(FRESH)), (as_text(REAL), FRESH)):
        assert jensen.check(real, fresh).columns == told
    assert jensen.check(as_text(REAL).to_pandas(), as_text(FRESH).to_pandas()).columns == told
    german = as_text(FRESH, "%d.%m.%Y %H:%M:%S")
    assert jensen.check(REAL, german, REAL).columns == told


def test_text_that_is_no_date_is_refused_where_dates_are_and_else_stays_text():
    with pytest.raises(TableError, match="must have dates or times in column 'seen'"):
        jensen.check(REAL, as_text(FRESH).with_columns(seen=pl.lit("soon")))
    words = [frame.with_columns(seen=pl.col("job")) for frame in (REAL, FRESH)]
    found = jensen.check(*words)
    assert {c.name: c.kind for c in found.columns}["seen"] == "categorical"
