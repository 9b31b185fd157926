"""The benchmark beside other synthesizers: what is run, recorded, stopped, and written down."""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pytest.importorskip("xgboost", reason="benchmarks need the packages of the benchmark extra")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # benchmarks is no installed package

from benchmarks import datasets, environments, running  # noqa: E402
from benchmarks.peers import __main__ as peers  # noqa: E402
from benchmarks.peers import document, figures, measuring, store  # noqa: E402
from benchmarks.peers.methods import GENERAL, METHODS, why_not  # noqa: E402


@pytest.fixture
def penguins(tmp_path, monkeypatch):
    """A small table under a known name: two numbers, one with gaps, and a category with gaps."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=500)
    species = np.where(x > 0.3, "Adelie", "Gentoo")
    table = pl.DataFrame({"bill_length_mm": x, "bill_depth_mm": x + 0.3 * rng.normal(size=500)})
    table = table.with_columns(species=pl.Series(species), sex=pl.Series(["MALE", None] * 250))
    gaps = pl.int_range(pl.len()) % 5 == 0
    table = table.with_columns(
        bill_depth_mm=pl.when(gaps).then(None).otherwise(pl.col("bill_depth_mm"))
    )
    folder = tmp_path / "data" / "penguins"
    folder.mkdir(parents=True)
    table.write_csv(folder / "penguins.csv.gz", check_extension=False)
    monkeypatch.setenv("JENSEN_DATA", str(tmp_path / "data"))
    return datasets.load("penguins")


def run(xgb: float, seconds: float = 10.0, **others) -> dict:
    found = {"xgb": xgb, "tstr": 0.8, "c2st_auc": 0.6, "column_error": 1.5, "beta_recall": 0.4}
    return {
        "rows": 90, "date": "2026-01-02", "status": "finished", "seconds": seconds, "limit": 60,
        "figures": found | others,
    }  # fmt: skip


def results(**sets: dict) -> dict:
    """A record of one seed or more, of sets of 90 rows."""
    data = {
        name: {"rows": 90, "rows_of_the_set": 90, "held_out_rows": 10, "columns": 3, "seeds": seeds}
        for name, seeds in sets.items()
    }
    return {"commands": ["python -m benchmarks.peers"], "machine": {"cores": 2}, "data": data}


BROKEN = {"rows": 90, "date": "2026-01-03", "status": store.FAILED, "reason": "Error: `x` [a](b)"}
STOPPED = {
    "rows": 90,
    "date": "2026-01-03",
    "limit": 60,
    "status": store.OVER,
    "reason": "too slow",
}


# ---------------------------------------------------------------- a time limit


def test_a_program_over_its_limit_is_stopped_with_all_it_started(tmp_path):
    child = (
        "import sys, time; open(sys.argv[1], 'w').write('x'); time.sleep(3); open(sys.argv[2], 'w')"
    )
    started, late = tmp_path / "started", tmp_path / "late"
    parent = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {child!r}, {str(started)!r}, {str(late)!r}])"
    )
    begun = time.perf_counter()
    with pytest.raises(running.OverLimitError, match=r"over the limit of 1\.5 s"):
        running.timed([sys.executable, "-S", "-c", parent], tmp_path, limit=1.5)
    assert time.perf_counter() - begun < 3
    assert started.exists(), "the child must have been there to be stopped"
    time.sleep(max(0.0, 4.5 - (time.perf_counter() - begun)))
    assert not late.exists()


def test_a_program_within_its_limit_is_timed_and_weighed(tmp_path):
    program = "import os, json; s = sum(range(3_000_000)); print(json.dumps({'cwd': os.getcwd()}))"
    root = tmp_path / "root"
    root.mkdir()
    found = running.timed([sys.executable, "-S", "-c", program], tmp_path, 60, root)
    assert found["report"]["cwd"] == os.path.realpath(root)
    assert 0 < found["cpu_seconds"] < found["seconds"] * 4
    assert found["peak_mb"] > 5


# ---------------------------------------------------------------- what is recorded


def test_what_is_recorded_is_not_run_again_unless_it_must_be():
    record = results(a={"0": {"jensen": run(90), "arf": STOPPED}})
    assert not store.wanted(record, "a", 0, "jensen", 90, 60)
    assert store.wanted(record, "a", 1, "jensen", 90, 60)
    assert store.wanted(record, "b", 0, "jensen", 90, 60)
    assert store.wanted(record, "a", 0, "jensen", 50, 60), "another number of training rows"
    assert not store.wanted(record, "a", 0, "arf", 90, 60)
    assert store.wanted(record, "a", 0, "arf", 90, 61), "a longer limit"


def test_what_was_over_the_limit_is_not_tried_again_nor_on_larger_tables(penguins):
    record = results(penguins={"0": {"arf": STOPPED}}, b={"0": {"arf": run(90)}})
    for rows, columns, limit, told in ((90, 3, 60, "penguins"), (90, 3, 61, None)):
        record["data"]["b"] |= {"rows": rows, "columns": columns}
        assert store.over_already(record, "b", "arf", limit) == told
    record["data"]["b"]["columns"] = 2
    assert store.over_already(record, "b", "arf", 60) is None, "fewer columns"
    assert store.over_already(record, "penguins", "tvae", 60) is None, "another method"
    told = peers.attempt("arf", penguins, 1, 60, record)
    assert told["status"] == store.OVER
    assert told["reason"] == "not run: over the limit of 60 s on penguins with another seed"


def test_rows_that_no_seed_changes_are_made_once(penguins, tmp_path):
    arguments = ["--data", "penguins", "--seeds", "0,1", "--methods", "copy,marginals"]
    out, page = tmp_path / "found.json", tmp_path / "page.md"
    peers.main([*arguments, "--out", str(out), "--page", str(page)])
    seeds = store.load(out)["data"]["penguins"]["seeds"]
    assert (set(seeds["0"]), set(seeds["1"])) == ({"copy", "marginals"}, {"marginals"})


def test_a_record_is_kept_across_runs(tmp_path, penguins, capsys):
    arguments = ["--data", "penguins", "--seeds", "0", "--rows", "200", "--limit", "120"]
    arguments += ["--out", str(tmp_path / "r.json"), "--page", str(tmp_path / "page.md")]
    assert peers.main([*arguments, "--methods", "marginals,copy"]) == 0
    first = store.load(tmp_path / "r.json")
    found = first["data"]["penguins"]["seeds"]["0"]
    assert found["copy"]["figures"]["exact_copies"] == 1.0
    assert found["copy"]["verdict"] == "copies"
    assert found["copy"]["figures"]["missing_gap"] == 0.0
    assert found["marginals"]["figures"]["column_error"] == 0.0
    assert found["marginals"]["figures"]["c2st_auc"] > 0.7
    assert found["marginals"]["rows"] == 200
    assert "sample_seconds" in found["copy"]
    assert found["copy"]["version"].startswith("scikit-learn ")

    assert peers.main([*arguments, "--methods", "copy,kde"]) == 0
    second = store.load(tmp_path / "r.json")
    runs = second["data"]["penguins"]["seeds"]["0"]
    assert {name: runs[name] for name in found} == found
    assert runs["kde"] == {
        "rows": 200, "date": runs["kde"]["date"], "status": "left out",
        "reason": "takes numbers only", "total_seconds": runs["kde"]["total_seconds"],
    }  # fmt: skip
    assert len(second["commands"]) == 2
    page = (tmp_path / "page.md").read_text()
    assert "200 training rows of 450" in page
    assert (tmp_path / "pictures" / "peers.png").stat().st_size > 5000
    assert "penguins 0 copy: finished" in capsys.readouterr().out


def test_whole_tables_stand_beside_those_of_fewer_rows(tmp_path, penguins):
    files = ["--out", str(tmp_path / "r.json"), "--page", str(tmp_path / "page.md")]
    arguments = ["--data", "penguins", "--seeds", "0", "--methods", "copy", *files]
    for options in (["--rows", "200"], ["--rows", "200", "--whole"], ["--whole"]):
        peers.main([*arguments, *options])
    found = store.load(tmp_path / "r.json")["data"]
    assert {name: entry["rows"] for name, entry in found.items()} == {
        "penguins": 450, "penguins, whole": 450,
    }  # fmt: skip
    assert "### penguins, whole" in (tmp_path / "page.md").read_text()


def test_a_method_that_fails_says_why_and_stops_nothing(tmp_path, penguins, monkeypatch):
    program = [sys.executable, "-S", "-c", "raise ValueError('no NaN, please')"]
    monkeypatch.setattr(peers, "command", lambda *_: program)
    peers.prepare(penguins, tmp_path)
    failed = peers.outcome("arf", penguins, 0, 60, tmp_path)
    assert (failed["status"], failed["reason"]) == ("failed", "ValueError: no NaN, please")

    monkeypatch.setattr(peers, "command", lambda *_: [sys.executable, "-S", "-c", "pass"])
    nothing = peers.outcome("arf", penguins, 0, 60, tmp_path)
    assert nothing["status"] == "failed"
    assert nothing["reason"].startswith("its table: ")
    assert nothing["seconds"] > 0


def test_the_last_line_names_no_folder():
    said = 'Traceback\n  File "/a/b.py"\nOSError: cannot open /very/private/place.csv'
    assert peers.last_line(said) == "OSError: cannot open place.csv"
    said = "Command '['/private/env-1.0/bin/python', '-m']' failed and/or died, see https://a.b/c"
    shown = "Command '['python', '-m']' failed and/or died, see https://a.b/c"
    assert peers.last_line(said) == shown
    assert len(peers.last_line("x " * 500)) == 200


# ---------------------------------------------------------------- figures


def test_real_rows_are_a_floor_of_every_figure_that_samples_have(penguins, monkeypatch):
    monkeypatch.setattr(measuring.evaluation, "FLOOR_DRAWS", 1)
    floor = measuring.floor(penguins)["figures"]
    mixed = measuring.measure(penguins, measuring.evaluation.product_of_marginals(penguins.train))
    without = {key for key in mixed["figures"] if not key.endswith("_p")} - set(floor)
    assert without <= {"pair_error"}
    assert floor["tstr_gap"] == 0.0 < mixed["figures"]["tstr_gap"]
    assert floor["xgb"] > mixed["figures"]["xgb"] + 20
    assert mixed["regions"] >= 0
    assert mixed["intervals"]["c2st_auc"][0] < mixed["figures"]["c2st_auc"]


def test_a_missing_category_counts_as_missing(penguins):
    filled = penguins.train.with_columns(sex=pl.lit("MALE"))
    assert measuring.check(penguins, filled)["missing_gap"].estimate.value == pytest.approx(
        0.5, abs=0.05
    )


def test_densities_are_for_numbers_without_gaps(penguins):
    assert why_not("kde", penguins.train, penguins) == "takes numbers only"
    assert why_not("tvae", penguins.train, penguins) is None
    numbers = datasets.Dataset("n", penguins.train_text, penguins.train_text, {
        "bill_length_mm": "numeric", "bill_depth_mm": "numeric",
    })  # fmt: skip
    assert why_not("mixture", numbers.train, numbers) == "takes no gaps"
    whole = numbers.train.drop_nulls()
    assert why_not("mixture", whole, numbers) is None


@pytest.mark.parametrize("method", ["mixture", "kde"])
def test_densities_draw_what_they_were_fitted_to(method):
    from benchmarks.synthesizers import plain

    pd = pytest.importorskip("pandas")
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(-300, 10, 400), rng.normal(300, 10, 400)])
    table = pd.DataFrame({"x": x, "y": x / 1000 + 0.01 * rng.normal(size=800)})
    drawn = plain.draw(plain.fit(method, table, {}, 0), 800)
    assert drawn["x"].std() == pytest.approx(table["x"].std(), rel=0.15)
    assert drawn["x"].corr(drawn["y"]) > 0.9
    assert (drawn["x"].abs() < 50).mean() < (0.01 if method == "mixture" else 0.2)


# ---------------------------------------------------------------- the page


def cells(page: str, beginning: str) -> list[str]:
    """The cells of the first line that begins so."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {beginning} |"))
    return [cell.strip() for cell in line.strip("|").split("|")]


PAGE = document.document(
    results(
        a={
            "0": {"real": run(99, beta_recall=0.5), "jensen": run(90, 20), "tvae": run(50, 9)},
            "1": {"real": run(99, beta_recall=0.5), "jensen": run(94, 20), "tvae": run(50, 9)},
        },
        b={"0": {"jensen": run(70), "tvae": STOPPED}, "1": {"jensen": run(72), "tvae": run(80)}},
        c={
            "0": {
                "arf": BROKEN,
                "jensen": run(60, beta_recall=0.9),
                "tvae": run(64, beta_recall=0.45),
            }
        },
    )
)


def test_the_page_has_means_over_seeds_and_marks_the_best():
    own = PAGE.partition("### a")[2]
    headings = cells(own, "")
    xgb, wall = headings.index("XGB %"), headings.index("wall s")
    assert cells(own, "jensen")[xgb] == "**92.0** ± 2.0"
    assert cells(own, "TVAE")[xgb] == "50.0"
    assert cells(own, "TVAE")[wall] == "**9**"
    assert cells(own, "*real rows*")[xgb] == "99.0", "a floor is not among those compared"


def test_the_summary_is_of_tables_that_all_finished():
    top = PAGE.partition("## All tables")[2].partition("## Each table")[0]
    assert "all of these finished (a, c)" in top
    headings = cells(top, "")
    xgb, finished, first = (headings.index(h) for h in ("XGB %", "finished", "best XGB"))
    assert cells(top, "jensen")[xgb] == "**76.0**"  # (92 + 60) / 2
    assert cells(top, "TVAE")[xgb] == "57.0"
    assert cells(top, "jensen")[finished] == "3 of 3"
    assert cells(top, "TVAE")[finished] == "2 of 3"
    assert (cells(top, "jensen")[first], cells(top, "TVAE")[first]) == ("1", "2")


def test_a_method_that_finishes_little_does_not_take_the_tables_from_the_others():
    both = {"jensen": run(90), "arf": STOPPED}
    record = results(a={"0": both}, b={"0": both}, c={"0": both | {"arf": run(80)}})
    assert figures.Grid(record).common(GENERAL) == ["a", "b", "c"]
    top = document.document(record).partition("## Each table")[0]
    assert cells(top, "jensen")[1:3] == ["**10**", "**90.0**"]
    assert cells(top, "ARF")[1:3] == ["", ""]
    assert "1 of 3" in cells(top, "ARF")


def test_the_page_says_what_did_not_finish():
    assert "- TVAE: too slow (1 of 2 seeds)" in PAGE.partition("### b")[2].partition("### c")[0]
    assert "- ARF: fails, `Error: 'x' [a](b)`\n" in PAGE.partition("### c")[2]
    assert "too slow" not in PAGE.partition("### a")[2].partition("### b")[0]
    assert "2026-01-02 to 2026-01-03; cores 2." in PAGE
    assert "    python -m benchmarks.peers\n" in PAGE


def test_the_best_is_nearest_to_its_ideal():
    figure = figures.FIGURES["beta_recall"]
    columns = {"real": [0.5], "jensen": [0.9], "tvae": [0.45], "marginals": [0.5]}
    assert figures.is_best("tvae", columns, 0, figure)
    assert not figures.is_best("jensen", columns, 0, figure)
    assert not figures.is_best("marginals", columns, 0, figure)
    half = figures.FIGURES["dcr_share"]
    assert figures.is_best("jensen", {"jensen": [0.49], "tvae": [0.515]}, 0, half)


def test_a_page_without_any_run_says_so(tmp_path):
    nothing = store.load(tmp_path / "none.json")
    document.write(nothing, tmp_path / "page.md")
    page = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert "No run is recorded yet" in page
    assert "pictures/" not in page


def test_the_page_is_what_is_recorded():
    assert document.PAGE.read_text(encoding="utf-8") == document.document(store.load())


# ---------------------------------------------------------------- the table of methods


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_its_program_and_its_environment(name):
    method = METHODS[name]
    assert not method.module or (ROOT / f"benchmarks/synthesizers/{method.module}.py").exists()
    assert not method.environment or method.environment in environments.names()
    assert not method.peer or method.note


def test_every_general_method_is_tried_on_every_table():
    assert {"jensen", "tvae", "ctgan", "copula", "forestdiffusion", "arf", "mostlyai"} == set(
        GENERAL
    )
    assert set(peers.SETS) <= set(datasets.names())


def test_unknown_names_are_refused(capsys):
    for arguments in (["--methods", "moon"], ["--data", "nltcs"]):
        with pytest.raises(SystemExit):
            peers.parse(arguments)
    assert "no nltcs; there are penguins" in capsys.readouterr().err


def test_programs_read_categories_as_text_and_give_times_back(tmp_path):
    from benchmarks.synthesizers import frame

    file = tmp_path / "t.csv"
    file.write_text('k,t,n\nNA,2013-01-01T05:00:00Z,1\n"",2013-01-02 06:00:00,\n07,2013-01-02,3\n')
    meta = {"kinds": {"k": "categorical", "t": "numeric", "n": "numeric"}, "times": ["t"]}
    table = frame.read(str(file), meta | {"times": []})
    assert table["k"].fillna("-").tolist() == ["NA", "-", "07"]
    assert frame.whole_numbers(table[["n"]], {"kinds": {"n": "numeric"}}) == ["n"]
    file.write_text("t\n2013-01-01T05:00:00Z\n2013-01-02T06:00:00Z\n")
    meta = {"kinds": {"t": "numeric"}, "times": ["t"]}
    table = frame.read(str(file), meta)
    seconds = frame.without_times(table, meta)
    assert seconds["t"].tolist() == [1357016400.0, 1357106400.0]
    assert frame.with_times(seconds, meta)["t"].tolist() == table["t"].tolist()


def test_what_is_recorded_is_json(tmp_path):
    store.save(results(a={"0": {"jensen": run(90)}}), tmp_path / "deep" / "r.json")
    assert json.loads((tmp_path / "deep" / "r.json").read_text())["data"]["a"]["rows"] == 90
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["r.json"]
