"""Are the samples like the data? Every figure of it, with what stands beside it."""

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

import numpy as np

from jensen.evidence.clouds import HALVES, JACKKNIFE, kernels, of_halves, sliced, supports
from jensen.evidence.column_tests import ERROR_RATE as COLUMNS_ERROR
from jensen.evidence.column_tests import column_p_values
from jensen.evidence.detection import (
    Classifier,
    boosted_scores,
    logistic_scores,
    quick_auc,
    two_sample_test,
)
from jensen.evidence.encode import Encoder
from jensen.evidence.intervals import GROUPS, jackknife, some_of
from jensen.evidence.pair_tests import ERROR_RATE as PAIRS_ERROR
from jensen.evidence.pair_tests import pair_p_values
from jensen.evidence.pairs import Pair, PairDistances, decile_distances, pair_distances
from jensen.evidence.portray import Apart
from jensen.evidence.results import Better, ColumnFinding, Measure, PairFinding
from jensen.evidence.sample import Sample
from jensen.evidence.shapes import (
    Distances,
    column_distances,
    column_figures,
    column_shapes,
    middle_range,
)
from jensen.evidence.sides import MOST_PAIRS_ROWS, MOST_SHAPES, Sides, Tables, Whole

Report = Callable[[str], object]
MOST_PAIRS, LISTED_PAIRS = 2_000, 20
LOGISTIC_CELLS = 20_000_000
"""Rows times coordinates that a logistic regression is given at most."""
SPLIT = "floor: parts of the training rows from one another, carried over to the size of the tables"


def fidelity(tables: Tables, report: Report) -> tuple[Measure, ...]:
    """The measures that look at whole rows."""
    sides = tables.halves
    report("Asking gradient-boosted trees which rows are real")
    boosted = _classified(tables, sides, "c2st_auc", boosted_scores)
    report("Asking a logistic regression which rows are real")
    width = Encoder.fit(sides.reference.head(1000)).width
    few = sides.head(max(100, LOGISTIC_CELLS // (2 * width)))
    logistic = _classified(tables, few, "c2st_logistic_auc", logistic_scores)
    report("Comparing distances between rows")
    return (boosted, logistic, *kernels(tables), sliced(tables), *supports(tables))


_TITLES = {
    "c2st_auc": "classifier, boosted trees (AUC)",
    "c2st_logistic_auc": "classifier, logistic (AUC)",
}


def _classified(tables: Tables, sides: Sides, name: str, classifier: Classifier) -> Measure:
    found = two_sample_test(classifier, sides.reference, sides.synthetic, tables.rng(name))
    beside = {
        what: quick_auc(classifier, *pair, tables.rng(f"{name} {what}"))
        for what, pair in sides.baselines.items()
    }
    return Measure(
        name,
        _TITLES[name],
        "fidelity",
        found.auc,
        "half",
        len(sides),
        **beside,
        p_value=found.p_value,
        note=f"{of_halves(tables, sides)}3-fold; interval: DeLong with Nadeau & Bengio's factor; "
        f"{HALVES}",
        source="Lopez-Paz & Oquab 2017, arXiv 1610.06545",
    )


# ---------------------------------------------------------------- columns and pairs


def columns(tables: Tables, report: Report) -> tuple[list[Measure], list[ColumnFinding]]:
    """Column Shapes and missing values, and how far each column is from the data's."""
    report("Comparing columns")
    sides = tables.resamples(MOST_SHAPES)
    found, moved = column_figures(sides.reference, sides.synthetic)
    drawn = {what: column_distances(*pair) for what, pair in sides.baselines.items()}
    gaps = {what: float(_missing_gap(*pair)[0]) for what, pair in sides.baselines.items()}
    floor = _column_floor(tables, sides)
    shapes = {what: float(column_shapes(d)[0]) for what, d in drawn.items()}
    few = _few(tables, MOST_SHAPES)
    measures = [
        Measure(
            "column_shapes",
            "Column Shapes",
            "fidelity",
            jackknife(column_shapes(found), 0.0, 1.0),
            "higher",
            len(sides),
            **shapes,
            floor=1 - float(floor[0]),
            note=f"{few}{JACKKNIFE}; {SPLIT}",
            source="SDMetrics 0.11.1",
        ),
        Measure(
            "missing_gap",
            "missing values (largest gap)",
            "fidelity",
            jackknife(_missing_gap(sides.reference, sides.synthetic), 0.0, 1.0),
            "lower",
            len(sides),
            float(floor[1]),
            gaps["marginals"],
            gaps["copy"],
            note=f"{few}{JACKKNIFE}; {SPLIT}",
        ),
    ]
    k = len(sides.reference.kinds)
    beside = floor[2 : 2 + k], floor[2 + k :], [drawn["copy"][n][0] for n in sides.reference.kinds]
    return measures, _column_findings(sides, found, moved, *beside)


def _column_floor(tables: Tables, sides: Whole) -> np.ndarray:
    """The noise floor of 1 - Column Shapes, of the largest gap, of each distance and each W₁."""
    units = {n: middle_range(sides.reference.columns[n]) for n in sides.reference.numeric}

    def distances(real: Sample, other: Sample) -> np.ndarray:
        found, moved = column_figures(real, other, units)
        whole = [1 - column_shapes(found)[0], _missing_gap(real, other)[0]]
        return np.array([*whole, *(d[0] for side in (found, moved) for d in side.values())])

    return tables.floor("columns", MOST_SHAPES, len(sides.reference.kinds), distances)


def _few(tables: Tables, most: int) -> str:
    """What subsampling did, if there was any."""
    sizes = [len(tables.training), len(tables.synthetic)]
    used, every = (2 / sum(1 / n for n in s) for s in ([min(n, most) for n in sizes], sizes))
    told = some_of(int(used), int(every))
    return f"{told}; " if told else ""


def _missing_gap(real: Sample, other: Sample) -> np.ndarray:
    gaps = [_missing_shares(real, n) - _missing_shares(other, n) for n in real.kinds]
    return np.abs(gaps).max(axis=0)


def _missing_shares(sample: Sample, name: str) -> np.ndarray:
    gone = sample.missing(name)
    left = [gone[np.arange(len(gone)) % GROUPS != g].mean() for g in range(GROUPS)]
    return np.array([gone.mean(), *left])


def _column_findings(
    sides: Whole,
    found: Distances,
    moved: Distances,
    floor: np.ndarray,
    moved_floor: np.ndarray,
    copy: Sequence[float],
) -> list[ColumnFinding]:
    p_values = column_p_values(sides.reference, sides.synthetic)
    findings: list[ColumnFinding] = []
    for i, (name, kind) in enumerate(sides.reference.kinds.items()):
        value, low, high = _interval(found[name], 1.0)
        moved_value, moved_low, moved_high = _interval(moved[name], np.inf)
        findings.append(
            ColumnFinding(
                name,
                kind,
                value,
                _known(floor[i]),
                moved_value,
                float(sides.reference.missing(name).mean()),
                float(sides.synthetic.missing(name).mean()),
                low,
                high,
                _known(copy[i]),
                moved_low,
                moved_high,
                _known(moved_floor[i]),
                p_values[name],
                p_values[name] <= COLUMNS_ERROR,
            )
        )
    return sorted(findings, key=_worst_first)


def _worst_first(found: ColumnFinding) -> tuple[bool, bool, float]:
    """Lost columns, then those that differ, then by how far above the noise: many levels alone are
    far from the data's."""
    lost = found.missing_synthetic == 1 > found.missing_real
    above = np.inf if found.distance is None else (found.floor or 0.0) - found.distance
    return not lost, not found.differs, above


def _interval(values: np.ndarray, most: float) -> tuple[float | None, float | None, float | None]:
    """A distance and the ends of its interval within 0 and `most`; None where it has no value."""
    if np.isnan(values).any():
        return _known(values[0]), None, None
    found = jackknife(values, 0.0, most)
    return found.value, found.low, found.high


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def pairs(
    tables: Tables, report: Report
) -> tuple[list[Measure], list[PairFinding], int, Apart | None]:
    """Column Pair Trends, distances at deciles, mutual information, and the farthest pairs.

    Returns:
        Figures, the farthest pairs, how many of all differ, and what pictures of pairs are made
        from; nothing of a single column.
    """
    report("Comparing pairs of columns")
    sides = tables.resamples(MOST_PAIRS_ROWS)
    asked = _asked(tables)
    if not asked:
        return [], [], 0, None
    found = pair_distances(sides.reference, sides.synthetic, asked)
    beside = {what: pair_distances(*pair, asked) for what, pair in sides.baselines.items()}

    def distances(real: Sample, other: Sample) -> np.ndarray:
        apart = pair_distances(real, other, asked)
        whole = (1 - apart.pair_trends(), _decile_distance(apart), apart.weighted_nmi_error())
        return np.array([*(values[0] for values in whole), *apart.distance[0]])

    floor = tables.floor("pairs", MOST_PAIRS_ROWS, len(asked), distances)
    floors = {"pair_trends": 1 - floor[0], "pair_distance": floor[1], "wnmi_error": floor[2]}
    total = len(sides.reference.kinds) * (len(sides.reference.kinds) - 1) // 2
    which = "" if len(asked) == total else f"{len(asked):,} of {total:,} pairs, drawn at random; "
    measures = [
        Measure(
            name,
            title,
            "fidelity",
            jackknife(figure(found), 0.0, 1.0),
            better,
            len(sides),
            **{what: float(figure(distances)[0]) for what, distances in beside.items()},
            floor=float(floors[name]),
            note=f"{which}{_few(tables, MOST_PAIRS_ROWS)}{JACKKNIFE}; {SPLIT}",
            source=source,
        )
        for name, (title, better, figure, source) in _PAIR_FIGURES.items()
    ]

    def noise(unknown: Sequence[Pair]) -> np.ndarray:
        return tables.floor(
            "other pairs",
            MOST_PAIRS_ROWS,
            len(unknown),
            lambda real, other: np.array(decile_distances(real, other, unknown)),
        )

    apart = Apart(sides, found, floor[3:], noise)
    p_values = np.array(pair_p_values(sides.reference, sides.synthetic, asked))
    differ = int((p_values <= PAIRS_ERROR).sum())
    return measures, _pair_findings(apart, beside, p_values), differ, apart


def _asked(tables: Tables) -> list[Pair]:
    every = list(combinations(tables.training.kinds, 2))
    if len(every) <= MOST_PAIRS:
        return every
    chosen = tables.rng("pairs").choice(len(every), MOST_PAIRS, replace=False)
    return [every[i] for i in np.sort(chosen)]


def _decile_distance(found: PairDistances) -> np.ndarray:
    return found.distance.mean(axis=1)


_PAIR_FIGURES: dict[str, tuple[str, Better, Callable[[PairDistances], np.ndarray], str]] = {
    "pair_trends": ("Pair Trends", "higher", PairDistances.pair_trends, "SDMetrics 0.11.1"),
    "pair_distance": ("pairs at shared deciles (TV)", "lower", _decile_distance, ""),
    "wnmi_error": (
        "mutual information error (wNMI)", "lower", PairDistances.weighted_nmi_error,
        "TabPC, arXiv 2603.23016",
    ),
}  # fmt: skip


def _pair_findings(
    apart: Apart, beside: Mapping[str, PairDistances], p_values: np.ndarray
) -> list[PairFinding]:
    found = apart.found
    above = apart.floor - found.distance[0]
    order = np.lexsort((above, p_values > PAIRS_ERROR))[:LISTED_PAIRS]
    findings: list[PairFinding] = []
    for i in order:
        pair = first, second = found.pairs[i]
        real, synthetic = found.correlation.get(pair, (np.nan, np.nan))
        far = jackknife(found.distance[:, i], 0.0, 1.0)
        findings.append(
            PairFinding(
                first,
                second,
                far.value,
                _known(real),
                _known(synthetic),
                float(found.nmi_real[0, i]),
                float(found.nmi_synthetic[0, i]),
                far.low,
                far.high,
                float(apart.floor[i]),
                float(beside["marginals"].distance[0, i]),
                float(beside["copy"].distance[0, i]),
                float(p_values[i]),
                bool(p_values[i] <= PAIRS_ERROR),
            )
        )
    return findings
