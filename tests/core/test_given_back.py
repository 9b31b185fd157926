"""What was observed comes back to the letter; values no row can have are no error and no gap."""

import datetime as dt
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from jensen import VAE
from jensen.data import Schema, read_table, write_table
from jensen.errors import DrawWarning, OptionError
from jensen.estimator.filling import with_gaps

N = 120


def rows() -> pl.DataFrame:
    rng = np.random.default_rng(0)
    minutes = [int(k) for k in rng.integers(0, 1440, N)]
    frame = pl.DataFrame(
        {
            "kind": rng.choice(["TRUE", "FALSE", "unknown"], N),
            "code": [str(v) for v in rng.integers(1, 4, N)],
            "on": rng.random(N) < 0.5,
            "mass": 25.0 * rng.integers(100, 200, N),
            "size": np.round(rng.normal(size=N), 1),
            "day": [dt.date(2024, 1, 1) + dt.timedelta(k // 4) for k in minutes],
            "wait": [dt.timedelta(seconds=60 * k) for k in minutes],
            "time": [dt.time(k // 60, k % 60) for k in minutes],
        }
    )
    holes = rng.random((N, frame.width)) < 0.1
    columns = zip(frame, holes.T, strict=True)
    return pl.DataFrame([c.set(pl.Series(h), None) for c, h in columns])


@pytest.fixture(scope="module")
def vae() -> VAE:
    return VAE(steps=20, width=8, latent_dim=2).fit(rows())


def test_observed_values_come_back_with_their_types_in_every_column(vae):
    given = rows()
    found = vae.impute(given, 2)
    for filled in (found.native(), found.native(0), found.native(1)):
        assert filled.schema == given.schema
        assert filled.null_count().sum_horizontal().item() == 0
        for before, after in zip(given, filled, strict=True):
            known = before.is_not_null()
            assert before.filter(known).equals(after.filter(known)), before.name
    assert found.cells()["column"].unique().len() == given.width
    assert found.cells()["value"].null_count() == 0


def test_times_are_filled_on_the_grid_of_their_column(vae):
    found = vae.impute(rows()).native()
    assert (found["wait"].dt.total_microseconds() % 60_000_000).max() == 0
    assert found["time"].dt.second().max() == 0
    assert (found["mass"] % 25.0).max() == 0.0


def test_the_error_of_times_is_in_seconds_and_that_of_dates_in_days(vae):
    errors = vae.impute(rows()).cells().group_by("column").agg(pl.col("standard_error").mean())
    of = dict(errors.iter_rows())
    assert 3600 < of["wait"] < 12 * 3600
    assert 3600 < of["time"] < 12 * 3600
    assert 30 < of["day"] < 200


@pytest.mark.filterwarnings("ignore::jensen.errors.DrawWarning")
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("kind", ["never", "TRUE", None]),
        ("code", [1.0, 7.0, None]),
        ("code", [1, 7, None]),
        ("on", ["true", "maybe", None]),
        ("mass", [3001.0, 2500.0, None]),
        ("mass", [3001, 2500, None]),
        ("size", [1.2345678, 1.0, None]),
        ("day", [dt.datetime(2024, 1, 1, 12, 30), None, None]),
        ("wait", [dt.timedelta(seconds=61), dt.timedelta(seconds=60), None]),
    ],
)
def test_values_that_no_row_of_the_model_has_are_left_as_they_are(vae, name, values):
    given = rows().head(3).with_columns(pl.Series(name, values))
    found = vae.impute(given).native()
    assert found[name].null_count() == 0
    known = given[name].is_not_null()
    assert found[name].filter(known).to_list() == given[name].filter(known).to_list()
    lines = vae.impute(given).cells().filter(pl.col("column") == name)
    assert lines["row"].to_list() == [i + 1 for i, v in enumerate(values) if v is None]


def test_a_delimited_file_is_filled_to_the_letter(vae, tmp_path: Path):
    text = "size,extra-not,day\r\n1.2500,x,2024-02-01\r\n1e-1,x,\r\n,x,2024-03-01\r\n".replace(
        "extra-not", "code"
    ).replace("x", "3")
    first = rows().head(1).drop("size", "code", "day")
    names = ",".join(first.columns)
    lines = text.split("\r\n")
    rest = "TRUE,True,2500.0,PT1H,10:00"
    whole = "\r\n".join([f"{lines[0]},{names}", *(f"{line},{rest}" for line in lines[1:4]), ""])
    (tmp_path / "in.csv").write_bytes(whole.encode())
    table = read_table(tmp_path / "in.csv", keep_text=True)
    write_table(vae.impute(table).table, tmp_path / "out.csv")
    before, after = whole.split("\r\n"), (tmp_path / "out.csv").read_bytes().decode().split("\r\n")
    assert len(before) == len(after)
    assert after[:2] == before[:2]
    for old, new in zip(before[2:4], after[2:4], strict=True):
        pairs = list(zip(old.split(","), new.split(","), strict=True))
        assert [a == b for a, b in pairs].count(False) == 1
        assert all(b for _, b in pairs)


def test_truth_values_and_decimals_that_are_levels_are_known_as_such(tmp_path: Path):
    (tmp_path / "train.csv").write_text("ans,ver\nTRUE,1.50\nFALSE,2.00\nno,beta\n" * 20)
    (tmp_path / "in.csv").write_text("ans,ver\nTRUE,1.50\nFALSE,2.00\n")
    schema = Schema.infer(read_table(tmp_path / "train.csv"))
    known, strange = with_gaps(schema, read_table(tmp_path / "in.csv"))
    assert strange == {}
    assert known.frame.rows() == [("TRUE", "1.50"), ("FALSE", "2.00")]
    floats = pl.DataFrame({"ans": ["TRUE", "no"], "ver": [2.0, 7.0]})
    assert with_gaps(schema, read_table(floats))[1]["ver"].tolist() == [True, True]


def test_pandas_rows_come_back_as_such_with_their_index(vae):
    pd = pytest.importorskip("pandas")
    given = rows().head(4).select("kind", "code", "on", "mass", "size").to_pandas()
    given = given.assign(day=pd.Timestamp("2024-02-01"), wait=pd.Timedelta("1h"), time=None)
    given.index = list("abcd")
    found = vae.impute(given).native()
    assert list(found.index) == list("abcd")
    assert list(found.columns) == list(given.columns)
    assert found["size"].notna().all()


def test_cells_that_no_row_can_have_are_the_most_surprising(vae):
    given = rows().drop_nulls().head(6)
    given = given.with_columns(
        kind=pl.Series(["TRUE", "never", *given["kind"].to_list()[2:]]),
        mass=given["mass"].set(pl.Series([False, False, True, False, False, False]), 2501.0),
    )
    lines = vae.score_cells(given, n=4).lines()
    top = lines.head(2).sort("row")
    assert top["row"].to_list() == [2, 3]
    assert top["column"].to_list() == ["kind", "mass"]
    assert top["surprise"].is_infinite().all()
    others = lines.slice(2)
    assert set(others["row"]) == {1, 4, 5, 6}
    same = vae.score_cells(given[[0, 3, 4, 5]].vstack(given[[0, 3]]), n=4)
    assert np.isfinite(same.surprise).all()


def test_values_that_no_row_can_have_are_warned_of(vae, tmp_path: Path):
    (tmp_path / "in.csv").write_bytes(
        b"\xef\xbb\xbfkind,code,on,mass,size,day,wait,time\n"
        b"TRUE,1,True,1e30,0.5,2024-01-05,PT1H,10:00\n"
        b"TRUE,1,True,2600.0,abc,2024-01-05,PT1H,\n"
        b"maybe,1,True,2600.0,abc,2024-01-05,PT1H,10:00\n"
    )
    table = read_table(tmp_path / "in.csv", keep_text=True)
    with pytest.warns(DrawWarning) as told:
        found = vae.impute(table, 1)
    said = [str(w.message) for w in told]
    assert any("'mass' has '1e30' in row 1, which no row of the model has: left" in w for w in said)
    assert any(
        "'size' has 'abc' in row 2, which no row of the model has, and 1 more" in w for w in said
    )
    assert any("'kind' has 'maybe' in row 3" in w for w in said)
    write_table(found.table, tmp_path / "out.csv")
    before, after = ((tmp_path / f"{name}.csv").read_bytes() for name in ("in", "out"))
    assert after[:3] == before[:3] == b"\xef\xbb\xbf"
    assert after.splitlines()[1] == before.splitlines()[1]
    with pytest.raises(OptionError, match="copy must be below 1, the number of copies, and is 1"):
        found.native(1)
