"""Each planted defect is found by the measure meant for it, and named in words."""

import numpy as np
import polars as pl
import pytest
from planted import bits, table, tables

from jensen.evidence import Tables, samples
from jensen.evidence.copies import copies
from jensen.evidence.detection import boosted_scores, two_sample_test
from jensen.evidence.fidelity import columns, pairs
from jensen.evidence.gather import modes
from jensen.evidence.telling import pair_line

N = 2000
REAL, FRESH, HELD_OUT = table(N, 0), table(N, 1), table(1000, 2)


def told(synthetic: pl.DataFrame) -> list[str]:
    """The regions in words."""
    return [str(region) for region in modes(tables(REAL, synthetic))]


def classifier(synthetic: pl.DataFrame):
    sides = tables(REAL, synthetic).halves
    rng = np.random.default_rng(0)
    return two_sample_test(boosted_scores, sides.reference, sides.synthetic, rng)


def column(synthetic: pl.DataFrame, name: str):
    """The finding of a column, and whether it is the farthest."""
    findings = columns(tables(REAL, synthetic), str)[1]
    return next(f for f in findings if f.name == name), findings[0].name == name


def test_nothing_is_found_in_a_fresh_draw():
    assert told(FRESH) == []
    assert classifier(FRESH).p_value > 0.01
    assert copies(tables(REAL, FRESH, HELD_OUT))[1].verdict == "no sign of copying"


def test_a_dropped_mode():
    dropped = FRESH.filter((pl.col("age") < 50) | (pl.col("job") != "chief"))
    words = told(dropped)
    assert any("age >" in w and "0 % of the samples" in w for w in words)
    assert classifier(dropped).p_value <= 0.01


def test_a_rare_category_that_never_comes_is_an_argmax():
    argmaxed = FRESH.with_columns(city=pl.lit("A"))
    words = told(argmaxed)
    assert any(w.startswith("rows with city ") for w in words)
    finding, farthest = column(argmaxed, "city")
    assert farthest
    assert finding.distance == pytest.approx(0.5, abs=0.04)
    rare = FRESH.filter(pl.col("city") != "D")
    assert any(w.startswith("rows with city = D: ") for w in told(rare))


def test_a_wrong_correlation():
    mixed = FRESH.with_columns(
        age=pl.Series(FRESH["age"].to_numpy()[np.random.default_rng(0).permutation(N)])
    )
    measures, findings, *_ = pairs(tables(REAL, mixed), str)
    worst = findings[0]
    assert (worst.first, worst.second) == ("age", "pay")
    assert worst.correlation_real == pytest.approx(0.9, abs=0.03)
    assert worst.correlation_synthetic == pytest.approx(0.0, abs=0.08)
    told = pair_line(worst)
    assert told.startswith("age and pay: 0.")
    assert f"correlation {worst.correlation_real:.2f} in the data, " in told
    assert f"{worst.correlation_synthetic:.2f} in the samples" in told
    assert worst.low > worst.floor
    by_name = {m.name: m for m in measures}
    assert by_name["wnmi_error"].estimate.low > 3 * by_name["wnmi_error"].floor
    assert by_name["pair_distance"].estimate.low > by_name["pair_distance"].floor
    shapes = columns(tables(REAL, mixed), str)[0][0]
    assert shapes.estimate.high > shapes.floor  # columns alone do not see it
    assert classifier(mixed).auc.low > 0.7


def test_a_shifted_column():
    shifted = FRESH.with_columns(pl.col("pay") + 0.5)
    finding, farthest = column(shifted, "pay")
    assert farthest
    assert finding.distance == pytest.approx(0.197, abs=0.04)  # 2 Φ(1/4) - 1
    assert finding.wasserstein == pytest.approx(0.5 / 3.29, rel=0.15)
    assert finding.distance > 3 * finding.floor
    assert any("pay" in w for w in told(shifted))


def test_lost_missing_values():
    filled = FRESH.with_columns(pl.col("gain").fill_null(strategy="mean"))
    assert any(w.startswith("rows with gain is missing: 1") for w in told(filled))
    finding, _ = column(filled, "gain")
    assert finding.missing_real == pytest.approx(0.15, abs=0.03)
    assert finding.missing_synthetic == 0
    gap = columns(tables(REAL, filled), str)[0][1]
    assert gap.name == "missing_gap"
    assert gap.estimate.low > gap.floor


def test_truncated_tails():
    cut = FRESH.with_columns(pl.col("gain").clip(0, 2500))
    words = told(cut)
    assert any("gain > 2,5" in w or "gain > 2,4" in w for w in words), words
    # all of the tail now sits on one value
    assert classifier(cut).p_value <= 0.01


@pytest.mark.parametrize("held_out", [HELD_OUT, None], ids=["held out", "none held out"])
def test_copied_rows(held_out):
    copied = pl.concat([FRESH.head(1900), REAL.sample(100, seed=1)])
    measures, found, _ = copies(tables(REAL, copied, held_out))
    # without held-out rows a sharper sampler could do the same
    assert found.verdict == ("signs of copying" if held_out is None else "copies")
    assert found.error_rate == 0.01
    assert measures[0].name == "exact_copies"
    assert measures[0].estimate.value == pytest.approx(0.05)
    assert "5.0 % of the samples equal a training row" in found.why
    first = found.rows[0]
    assert first.exact
    assert copied.row(first.synthetic_row - 1) == REAL.row(first.training_row - 1)


def test_many_copies_need_no_held_out_rows():
    # 300 rows that occur once are more than any sampler meets by chance
    copied = pl.concat([FRESH.head(1700), REAL.sample(300, seed=1)])
    found = copies(tables(REAL, copied))[1]
    assert found.verdict == "copies"
    assert "300 rows that occur once are met" in found.why


def test_rows_copied_with_a_little_noise():
    rng = np.random.default_rng(0)
    noisy = REAL.sample(400, seed=1).with_columns(
        pl.col("age", "pay") + 1e-5 * rng.normal(size=400)
    )
    near = pl.concat([FRESH.head(1600), noisy])
    measures, found, _ = copies(tables(REAL, near, HELD_OUT))
    figures = {m.name: m for m in measures}
    assert found.verdict == "copies"
    assert figures["exact_copies"].estimate.value == 0
    assert figures["near_copies"].estimate.low > 0.1
    assert figures["near_copies"].p_value < 1e-6
    row = found.rows[0]
    assert not row.exact
    assert near["city"][row.synthetic_row - 1] == REAL["city"][row.training_row - 1]
    assert near["age"][row.synthetic_row - 1] == pytest.approx(
        REAL["age"][row.training_row - 1], abs=1e-3
    )


def test_copies_among_rows_that_repeat_by_chance():
    real, fresh, held_out = (bits(1000, seed, 0.85) for seed in range(3))
    kinds = dict.fromkeys(real.columns, "categorical")
    copied = pl.concat([fresh.head(500), real.sample(500, seed=1)])
    made = samples(kinds, real, copied, held_out)
    found = copies(Tables(*made, 0))[1]
    assert found.verdict == "copies"
    assert "of the training rows and" in found.why
    assert copies(Tables(made[0], samples(kinds, real, fresh)[1], made[2], 0))[1].rows == ()


def test_blurred_copies_are_signs():
    # too far for a near copy, yet nearer to rows that were fitted
    rng = np.random.default_rng(0)
    few = REAL.head(500)
    days = rng.integers(0, 86400 * 60 * 10**6, 2000).astype("timedelta64[us]")
    blurred = pl.concat([few] * 4).with_columns(
        pl.col("age") + 5 * rng.normal(size=2000),
        pl.col("pay") + 0.5 * rng.normal(size=2000),
        pl.col("gain") * np.exp(0.5 * rng.normal(size=2000)),
        pl.col("seen") + pl.Series(days),
    )
    measures, found, _ = copies(tables(few, blurred, HELD_OUT))
    figures = {m.name: m for m in measures}
    assert found.verdict == "signs of copying"
    assert figures["dcr_share"].estimate.low > 0.5
    assert figures["dcr_share"].p_value < 0.0025
    assert figures["membership_auc"].p_value < 0.0025
    assert figures["membership_auc"].estimate.low > 0.5
    assert "nearer to training" in found.why


def test_a_product_of_marginals_and_a_copy_stand_beside_every_figure():
    measures, _, _ = copies(tables(REAL, FRESH, HELD_OUT))
    for measure in measures:
        assert measure.marginals is not None
        assert measure.copy is not None
    figures = {m.name: m for m in measures}
    assert figures["exact_copies"].copy == 1.0
    assert figures["near_copies"].copy > 0.9
    assert figures["dcr_share"].copy > 0.6
