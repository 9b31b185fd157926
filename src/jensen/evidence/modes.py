"""Where are there too few samples, or too many? Regions in words, found and tested apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from jensen.evidence.intervals import holm, shares_differ_p, wilson
from jensen.evidence.results import Region
from jensen.evidence.sample import CATEGORICAL, TIME, Sample

ERROR_RATE = 0.01
"""Chance that any region is reported of a table that is a draw of the same distribution."""
LEAVES_TOGETHER, LEAVES_ALONE, DEPTH = 32, 6, 4
SMALLEST_LEAF = 0.002
LEVELS = 30
SAME = 0.7
"""Regions that overlap by more than this share of both are told once."""
MOST = 10
LEAST_RATIO = 1.1
"""Shares closer than this are no missing mode, however surely they differ."""


@dataclass(frozen=True)
class Question:
    """What a tree may ask: one column of its matrix, and how to say it.

    `level` is a category ("is it Private?"), None with `missing` whether there is a value, None
    without it a number or a time to compare.
    """

    name: str
    kind: str
    level: int | None = None
    missing: bool = False


@dataclass(frozen=True)
class Clause:
    """One side of one question: above or not above a threshold, or yes and no."""

    question: Question
    threshold: float
    above: bool

    def holds(self, sample: Sample) -> np.ndarray:
        """Of which rows it is true, bool [n]; what is missing is neither above nor below."""
        values, asked = sample.columns[self.question.name], self.question
        if asked.missing:
            return sample.missing(asked.name) == self.above
        if asked.level is not None:
            return (values == asked.level) == self.above
        return values > self.threshold if self.above else values <= self.threshold


Rule = tuple[Clause, ...]


def regions(fit: tuple[Sample, Sample], held_out: tuple[Sample, Sample]) -> tuple[Region, ...]:
    """Regions with too few or too many synthetic rows.

    Small decision trees, one for all columns and one for each, tell real from synthetic rows of
    `fit`; each leaf is a rule. On `held_out` rows, which no tree has seen, the shares of both
    tables in a region are compared by Fisher's exact test, two-sided, and Holm's method keeps the
    chance of any false region at 1 % over all of them.

    Args:
        fit, held_out: real and synthetic rows.

    Returns:
        At most ten, the largest difference of shares first; overlapping ones once.
    """
    rules = _rules(*fit)
    if not rules:
        return ()
    inside = [[_rows_of(rule, side) for side in held_out] for rule in rules]
    counts = np.array([[int(rows.sum()) for rows in pair] for pair in inside])
    sizes = [len(side) for side in held_out]
    p_values = holm(np.array([shares_differ_p(a, sizes[0], b, sizes[1]) for a, b in counts]))
    shares = counts / np.array(sizes)
    ratio = np.maximum(shares[:, 0], shares[:, 1]) / np.maximum(shares.min(axis=1), 1e-12)
    kept = np.flatnonzero((p_values <= ERROR_RATE) & (ratio >= LEAST_RATIO))
    order = kept[np.argsort(-_surprise(shares)[kept], kind="stable")]
    chosen: list[int] = []
    for i in order:
        if not any(_same(inside[i], inside[j]) for j in chosen):
            chosen.append(int(i))
    return tuple(
        Region(
            _in_words(rules[i], held_out[0]),
            wilson(int(counts[i, 0]), sizes[0]),
            wilson(int(counts[i, 1]), sizes[1]),
            float(p_values[i]),
        )
        for i in chosen[:MOST]
    )


def _surprise(shares: np.ndarray) -> np.ndarray:
    """How far apart two shares are: |a - b| |log(a / b)|, so neither tiny nor mild ones lead."""
    a, b = np.maximum(shares, 1e-4).T
    return np.abs(a - b) * np.abs(np.log(a / b))


def _rows_of(rule: Rule, sample: Sample) -> np.ndarray:
    return np.logical_and.reduce([clause.holds(sample) for clause in rule])


def _same(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> bool:
    both = sum(int((x & y).sum()) for x, y in zip(a, b, strict=True))
    either = sum(int((x | y).sum()) for x, y in zip(a, b, strict=True))
    return both > SAME * either


# ---------------------------------------------------------------- rules from trees


def _rules(real: Sample, synthetic: Sample) -> list[Rule]:
    questions = [q for name in real.kinds for q in _questions(name, real, synthetic)]
    x = np.concatenate([_answers(questions, side) for side in (real, synthetic)])
    y = np.repeat([0, 1], [len(real), len(synthetic)])
    weights = np.where(y, 0.5 / len(synthetic), 0.5 / len(real))
    found = dict.fromkeys(_leaves(x, y, weights, questions, LEAVES_TOGETHER))
    for name in real.kinds:
        columns = [i for i, q in enumerate(questions) if q.name == name]
        if columns:
            mine = [questions[i] for i in columns]
            found |= dict.fromkeys(_leaves(x[:, columns], y, weights, mine, LEAVES_ALONE))
    return list(found)


def _questions(name: str, real: Sample, synthetic: Sample) -> list[Question]:
    gaps = real.missing(name).any() or synthetic.missing(name).any()
    kind = real.kinds[name]
    found = [Question(name, kind, missing=True)] if gaps else []
    if kind != CATEGORICAL:
        return [Question(name, kind), *found]
    codes = np.concatenate([s.columns[name] for s in (real, synthetic)])
    levels, counts = np.unique(codes[codes > 0], return_counts=True)
    common = levels[np.argsort(-counts, kind="stable")[:LEVELS]]
    return [*(Question(name, kind, level=int(code)) for code in common), *found]


def _answers(questions: Sequence[Question], sample: Sample) -> np.ndarray:
    """What each question gives for each row, float32 [n, q]; a missing number is their median."""
    columns: list[np.ndarray] = []
    for asked in questions:
        values = sample.columns[asked.name]
        if asked.missing:
            columns.append(sample.missing(asked.name))
        elif asked.level is not None:
            columns.append(values == asked.level)
        else:
            known = values[~np.isnan(values)]
            columns.append(
                np.where(np.isnan(values), np.median(known) if len(known) else 0, values)
            )
    return np.array(columns, np.float64).reshape(len(questions), len(sample)).T


def _leaves(
    x: np.ndarray, y: np.ndarray, weights: np.ndarray, questions: Sequence[Question], most: int
) -> list[Rule]:
    """The rule of each leaf of a tree, clauses on one column merged where one implies another."""
    from sklearn.tree import DecisionTreeClassifier

    model: Any = DecisionTreeClassifier(
        max_leaf_nodes=most,
        max_depth=DEPTH,
        min_samples_leaf=max(5, int(SMALLEST_LEAF * len(x))),
        random_state=0,
    )
    tree = model.fit(x, y, sample_weight=weights).tree_
    found: list[Rule] = []

    def walk(node: int, path: Rule) -> None:
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            found.append(path)
            return
        asked = questions[tree.feature[node]]
        ends = _ends(x[:, tree.feature[node]], float(tree.threshold[node]))
        for child, above in ((left, False), (right, True)):
            walk(child, _with(path, Clause(asked, round_between(*ends, asked.kind), above)))

    walk(0, ())
    return [rule for rule in found if rule]


def _ends(values: np.ndarray, threshold: float) -> tuple[float, float]:
    """The values next to a threshold, below or at it and above it."""
    below, above = values[values <= threshold], values[values > threshold]
    return (
        float(below.max()) if len(below) else threshold,
        float(above.min()) if len(above) else np.inf,
    )


def round_between(low: float, high: float, kind: str) -> float:
    """The roundest t with low ≤ t < high: a day, an hour, ..; or a decimal of few digits."""
    if kind == TIME:
        units = (86400.0, 3600.0, 60.0, 1.0)
        rounded = [np.ceil(low / unit) * unit for unit in units]
    else:
        middle = (low + high) / 2 if np.isfinite(high) else low
        rounded = [float(f"{middle:.{digits}g}") for digits in range(1, 16)]
    return next((float(t) for t in rounded if low <= t < high), low)


def _with(path: Rule, clause: Clause) -> Rule:
    """A rule with one more clause, which replaces a wider one of the same side."""
    same = (clause.question, clause.above)
    return (*(c for c in path if (c.question, c.above) != same), clause)


# ---------------------------------------------------------------- rules in words


def _in_words(rule: Rule, sample: Sample) -> str:
    """Clauses joined by "and"; both ends of a range in one, and no "not this" beside a "that"."""
    named = {c.question.name for c in rule if c.question.level is not None and c.above}
    told: dict[Question, str] = {}
    for clause in rule:
        asked = clause.question
        if asked.level is not None and not clause.above and asked.name in named:
            continue
        if asked in told:  # the other end of a range
            ends = sorted(c.threshold for c in rule if c.question == asked)
            low, high = (spelt(end, asked.kind) for end in ends)
            told[asked] = f"{low} < {asked.name} ≤ {high}"
        else:
            told[asked] = _clause(clause, sample)
    return " and ".join(told.values())


def _clause(clause: Clause, sample: Sample) -> str:
    asked = clause.question
    if asked.missing:
        return f"{asked.name} is {'' if clause.above else 'not '}missing"
    if asked.level is not None:
        level = sample.levels[asked.name][asked.level - 1]
        return f"{asked.name} {'=' if clause.above else '≠'} {level}"
    value = spelt(clause.threshold, asked.kind)
    return f"{asked.name} {'>' if clause.above else '≤'} {value}"


def spelt(value: float, kind: str) -> str:
    """A threshold as users write it: 99,000, 0.35, 2020-01-31."""
    if kind == TIME:
        moment = datetime.fromtimestamp(value, UTC)
        return moment.strftime("%Y-%m-%d" if value % 86400 == 0 else "%Y-%m-%d %H:%M:%S")
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if 1e-4 <= abs(value) < 1e15 else f"{value:g}"
    return "0" if value == 0 else text
