"""The benchmark's measures against values worked out by hand, and its command end to end."""

import json
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

pd = pytest.importorskip("pandas", reason="benchmarks need the packages of the benchmark extra")
pytest.importorskip("xgboost", reason="benchmarks need the packages of the benchmark extra")
pytest.importorskip("sklearn", reason="benchmarks need the packages of the benchmark extra")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # benchmarks is no installed package

from benchmarks import copying, datasets, evaluation, rendering, running, tables  # noqa: E402
from benchmarks.detection import features, xgb_score  # noqa: E402
from benchmarks.measures import (  # noqa: E402
    arrays,
    column_error,
    column_scores,
    pair_error,
    pair_error_shared_deciles,
    pair_scores,
)
from jensen.evidence.neighbours import nearest, points  # noqa: E402

KINDS = {"x": "numeric", "y": "numeric", "c": "categorical", "d": "categorical"}


def make(n: int, seed: int, noise: float = 0.3) -> pl.DataFrame:
    """Two correlated numbers and two categories that follow from them."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=n)
    y = x + noise * rng.normal(size=n)
    c = np.where(x + 0.2 * rng.normal(size=n) > 0.5, "high", "low")
    d = np.floor(2 * np.abs(y)).clip(0, 3).astype(int).astype(str)
    return pl.DataFrame({"x": x, "y": y, "c": c, "d": d})


REAL = make(3000, 0)
FRESH = make(3000, 1)
HELD_OUT = make(1000, 2)

# ---------------------------------------------------------------- worked out by hand


@pytest.mark.parametrize("frame", [pl.DataFrame, pd.DataFrame])
def test_column_scores_by_hand(frame):
    real = frame({"x": [1.0, 2.0, 3.0, 4.0], "c": ["a", "a", "b", "b"]})
    synthetic = frame({"x": [1.0, 1.0, 3.0, 9.0], "c": ["a", "a", "a", "b"]})
    kinds = {"x": "numeric", "c": "categorical"}
    # F differs by 1/4 at 1 (1/4 against 2/4) and at 4 (1 against 3/4); TV is (1/4 + 1/4) / 2.
    assert column_scores(real, synthetic, kinds) == pytest.approx({("x",): 0.75, ("c",): 0.75})
    assert column_error(real, synthetic, kinds) == pytest.approx(25.0)


def test_missing_values_are_left_out_of_columns_and_counted_in_pairs():
    real = pl.DataFrame({"x": [1.0, 2.0], "c": ["a", "b"]})
    synthetic = pl.DataFrame({"x": [1.0, 2.0, None, None], "c": ["a", "b", "a", None]})
    kinds = {"x": "numeric", "c": "categorical"}
    assert column_scores(real, synthetic, kinds)["x",] == 1.0
    # Cells (1, a) and (2, b) have mass 1/2 against 1/4; the other half lies where no real row is,
    # or would, did SDMetrics not put a missing number into the bin of the maximum: (2, a).
    assert pair_scores(real, synthetic, kinds)["x", "c"] == pytest.approx(0.5)


def test_a_category_of_no_real_row_counts_fully():
    real, synthetic = pl.DataFrame({"c": ["a"] * 4}), pl.DataFrame({"c": ["a", "a", "z", "z"]})
    assert column_error(real, synthetic, {"c": "categorical"}) == pytest.approx(50.0, abs=1e-4)


def test_pair_scores_by_hand():
    real = pl.DataFrame({"c": ["a", "a", "b", "b"], "d": ["u", "u", "v", "v"]})
    independent = pl.DataFrame({"c": ["a", "a", "b", "b"], "d": ["u", "v", "u", "v"]})
    kinds = {"c": "categorical", "d": "categorical"}
    assert pair_error(real, independent, kinds) == pytest.approx(50.0)
    assert column_error(real, independent, kinds) == 0.0


def test_correlation_similarity_by_hand():
    real = pl.DataFrame({"x": [1.0, 2.0, 3.0], "y": [1.0, 2.0, 3.0]})
    reversed_ = real.with_columns(pl.Series("y", [3.0, 2.0, 1.0]))
    kinds = {"x": "numeric", "y": "numeric"}
    assert pair_error(real, reversed_, kinds) == pytest.approx(100.0)  # 1 - |1 - (-1)| / 2 = 0


def test_shared_deciles_by_hand():
    # Ten distinct values: each a cell, the diagonal against the antidiagonal, no cell in common.
    real = pl.DataFrame({"x": np.arange(10.0), "y": np.arange(10.0)})
    reversed_ = real.with_columns(pl.col("y").reverse())
    kinds = {"x": "numeric", "y": "numeric"}
    assert pair_error_shared_deciles(real, reversed_, kinds) == pytest.approx(100.0)
    moved = real.with_columns(pl.col("x") + 1000)  # every row in the last of ten cells of x
    assert pair_error_shared_deciles(real, moved, kinds) == pytest.approx(90.0)


def test_an_outlier_moves_the_published_pair_error_and_not_the_one_at_shared_deciles():
    outlier = FRESH.with_columns(
        x=pl.when(pl.int_range(pl.len()) == 0).then(1e6).otherwise(pl.col("x"))
    )
    published, shared = (
        f(REAL, outlier, KINDS) - f(REAL, FRESH, KINDS)
        for f in (pair_error, pair_error_shared_deciles)
    )
    assert published > 10
    assert abs(shared) < 0.1


def test_columns_without_a_known_value_or_without_variation_have_no_score():
    real = pl.DataFrame({"x": [None, None], "y": [1.0, 1.0], "c": ["a", "b"]})
    real = real.cast({"x": pl.Float64})
    kinds = {"x": "numeric", "y": "numeric", "c": "categorical"}
    assert column_error(real, real, kinds) == 0.0
    assert np.isnan(pair_scores(real, real, kinds)["x", "y"])
    assert pair_error_shared_deciles(real, real, kinds) == 0.0


# ---------------------------------------------------------------- planted defects


def test_a_copy_has_no_error_and_is_called_a_copy():
    assert column_error(REAL, REAL, KINDS) == 0.0
    assert pair_error(REAL, REAL, KINDS) == pytest.approx(0.0, abs=1e-9)
    assert pair_error_shared_deciles(REAL, REAL, KINDS) == 0.0
    found = copying.neighbours(REAL, HELD_OUT, REAL, KINDS)
    assert found["nearer_to_training"] == pytest.approx(0.5 + 0.5 / 3, abs=0.03)  # three parts
    assert found["copying"] > 0.99
    assert found["exact_copies"] == 100.0


def test_a_fresh_draw_passes_every_measure():
    assert column_error(REAL, FRESH, KINDS) < 3
    assert pair_error_shared_deciles(REAL, FRESH, KINDS) < 8
    assert xgb_score(REAL, FRESH, KINDS, n_jobs=1) > 90
    found = copying.neighbours(REAL, HELD_OUT, FRESH, KINDS)
    assert abs(found["nearer_to_training"] - 0.5) < 0.04
    assert abs(found["copying"]) < 0.15
    assert found["exact_copies"] == 0.0


def test_lost_dependence_is_seen_by_pairs_and_classifier_not_by_columns():
    lost = evaluation.product_of_marginals(REAL)
    assert column_error(REAL, lost, KINDS) == 0.0
    assert pair_error(REAL, lost, KINDS) > 15
    assert pair_error_shared_deciles(REAL, lost, KINDS) > 20
    assert xgb_score(REAL, lost, KINDS, n_jobs=1) < 20


def test_a_shifted_column_is_seen_by_columns():
    shifted = FRESH.with_columns(pl.col("x") + 1.0)
    scores = column_scores(REAL, shifted, KINDS)
    assert min(scores, key=scores.get) == ("x",)
    assert scores["x",] == pytest.approx(1 - 0.383, abs=0.04)  # 2 Phi(1/2) - 1 for a unit normal


def test_rows_copied_with_a_little_noise_are_nearer_to_training():
    noise = np.random.default_rng(3).normal(scale=1e-3, size=len(REAL))
    near = REAL.with_columns(pl.col("x") + noise)
    found = copying.neighbours(REAL, HELD_OUT, near, KINDS)
    assert found["copying"] > 0.9
    assert found["exact_copies"] == 0.0


# ---------------------------------------------------------------- the parts


def test_nearest_distances_are_those_of_ranges_and_one_hot_vectors():
    frames = [make(40, 5), make(9, 6)]
    training, others = points(*arrays(KINDS, *frames))
    both = pl.concat(frames).to_dummies(["c", "d"]).to_numpy().astype(float)
    both[:, :2] /= np.ptp(frames[0].select("x", "y").to_numpy(), axis=0)
    expected = np.abs(both[40:, None] - both[None, :40]).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(nearest(others, training).first, expected, atol=1e-5)


def test_classifier_sees_number_codes_as_numbers_and_words_one_hot():
    real = pl.DataFrame(
        {"c": ["b", "a", "b"], "k": ["10", "2", "3"], "f": ["TRUE", "FALSE", "TRUE"]}
    )
    matrix, _ = features(real, real, dict.fromkeys(real.columns, "categorical"))
    np.testing.assert_array_equal(matrix, [[10, 1, 0, 1], [2, 0, 1, 0], [3, 1, 0, 1]])


def test_split_is_that_of_tabsyn():
    table = pl.DataFrame({"row": np.arange(50), "c": ["rare", *["common"] * 49]})
    train, held_out = datasets.tabsyn_split(table, [])
    np.random.seed(1234)  # the published code's own generator
    order = np.arange(50)
    np.random.shuffle(order)
    assert train["row"].to_list() == order[:45].tolist()
    assert held_out["row"].to_list() == order[45:].tolist()
    assert "rare" in datasets.tabsyn_split(table, ["c"])[0]["c"]


def test_a_typed_table_is_typed_already():
    kinds = {"t": "numeric", "n": "numeric", "k": "categorical"}
    rows = pl.DataFrame({"t": ["2013-01-01T00:00:00", None], "n": [1, None], "k": ["a", None]})
    data = datasets.Dataset("x", rows, rows, kinds, times=("t",))
    once = data.typed(rows)
    assert once["t"].to_list() == [1356998400.0, None]
    assert data.typed(once).equals(once)


def test_typed_tables_agree_on_spelling():
    data = datasets.Dataset("toy", REAL, REAL, {"f": "categorical", "n": "categorical"})
    spelt = pl.DataFrame({"f": ["TRUE", None], "n": ["1", "2"]})
    frame = pd.DataFrame({"f": [True, None], "n": [1.0, 2.0]})
    assert data.typed(spelt).equals(data.typed(frame))
    with pytest.raises(ValueError, match="columns \\['n'\\]"):
        data.typed(spelt.drop("n"))


def test_figures_are_found_in_any_report():
    report = {
        "fit": {"kl": {"mean": 3.5}, "held-out-bound": -30},
        "latent": {"active_units": [0, 4]},
    }
    found = {name: running.find(report, names) for name, names in running.FIELDS.items()}
    assert found == {"held_out_bound": -30, "kl": 3.5, "active_units": 2, "epochs": None}
    assert running.parse_report('progress\n{"kl": 1}\n') == {"kl": 1}
    assert running.parse_report("no report") == {}


def test_verdicts():
    good = {"seconds": 50, "column_error": 0.9, "xgb": 90.0, "kl": 3.0, "active_units": 1}
    verdicts = {v["figure"]: v["verdict"] for v in evaluation.judge("magic", [good, good])}
    assert verdicts["column_error"] == verdicts["xgb"] == verdicts["kl"] == "reached"
    assert verdicts["active_units"] == "missed"
    assert verdicts["nearer_to_training"] == "not reported"
    bad = good | {"xgb": 83.0}
    assert {v["figure"]: v["verdict"] for v in evaluation.judge("magic", [good, bad])}[
        "xgb"
    ] == "missed"
    assert evaluation.judge("penguins", [good]) == []


# ---------------------------------------------------------------- the command

RESAMPLER = """
import json, sys
import polars as pl
_, _, train, _, n, _, out, _, seed, _ = sys.argv
table = pl.read_csv(train, infer_schema=False)
table.sample(int(n), with_replacement=True, seed=int(seed)).write_csv(out)
print(json.dumps({"held_out_bound": -1.5, "kl": 2.5, "active_units": 3}))
"""


@pytest.fixture
def toy_data(tmp_path, monkeypatch):
    """A data folder with a toy table under the name of a known one."""
    folder = tmp_path / "data" / "penguins"
    folder.mkdir(parents=True)
    columns = {"x": "bill_length_mm", "y": "bill_depth_mm", "c": "species", "d": "island"}
    make(300, 7).rename(columns).write_csv(folder / "penguins.csv.gz", check_extension=False)
    monkeypatch.setenv("JENSEN_DATA", str(tmp_path / "data"))
    return tmp_path


def test_command_runs_measures_and_writes(toy_data, capsys):
    (toy_data / "resampler.py").write_text(RESAMPLER)
    command = f"{sys.executable} {toy_data / 'resampler.py'}"
    out = toy_data / "results"
    options = ["--data", "penguins", "--seeds", "0", "--jobs", "1", "--out", str(out)]
    assert tables.main([*options, "--command", command]) == 0
    result = json.loads((out / "tables.json").read_text())["data"]["penguins"]
    run = result["runs"]["jensen, seed 0"]
    assert run["kl"] == 2.5
    assert run["exact_copies"] == 100.0
    assert 0 < run["seconds"] < 60
    assert 20 < run["peak_mb"] < 1000
    assert result["baselines"]["product of marginals"]["column_error"] == 0.0
    assert "| copy of training |" in (out / "tables.md").read_text()
    assert "worst pairs" in capsys.readouterr().out


def test_command_measures_a_file(toy_data, capsys):
    data = datasets.load("penguins")
    path = data.write(toy_data / "work")
    arguments = ["--data", "penguins", "--synthetic", str(path), "--quick", "--jobs", "1"]
    assert tables.main(arguments) == 0
    assert "train.csv" in capsys.readouterr().out


def test_a_failing_program_is_an_error_with_what_it_said(tmp_path):
    program = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    with pytest.raises(running.RunError, match="exited with 1:\nno such thing"):
        running.timed(program, tmp_path)


def test_unknown_data_is_refused(capsys):
    with pytest.raises(SystemExit):
        tables.parse(["--data", "moon"])
    assert "no data set moon" in capsys.readouterr().err


def test_machine_names_no_place():
    assert {"processor", "cores", "python"} <= set(rendering.machine())
