"""Where are there too few samples, or too many? Regions in words, found and tested apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from jensen.evidence.intervals import holm, shares_differ_p, wilson
from jensen.evidence.results import Region
from jensen.evidence.sample import CATEGORICAL, Sample
from jensen.evidence.spelling import round_between, spelt

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

    @property
    def is_range(self) -> bool:
        """Whether a number or a time is compared."""
        return self.level is None and not self.missing


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
    p_values = holm(
        np.array([_p_value(*found, held_out) for found in zip(rules, inside, strict=True)])
    )
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
            _in_words(rules[i], held_out),
            wilson(int(counts[i, 0]), sizes[0]),
            wilson(int(counts[i, 1]), sizes[1]),
            float(p_values[i]),
        )
        for i in chosen[:MOST]
    )


def _p_value(rule: Rule, inside: Sequence[np.ndarray], sides: tuple[Sample, Sample]) -> float:
    """That both tables have one share in a region, of all rows and of those with the same gaps.

    The larger of the two: where only missing values were lost, every range of numbers gains.
    """
    alike = [_same_gaps(rule, side) for side in sides]
    hits = [int(rows.sum()) for rows in inside]
    among = [(len(side), int(rows.sum())) for side, rows in zip(sides, alike, strict=True)]
    return max(shares_differ_p(hits[0], n, hits[1], m) for n, m in zip(*among, strict=True))


def _same_gaps(rule: Rule, sample: Sample) -> np.ndarray:
    """Rows in which what a rule compares is known, and missing what it says is, beside else."""
    rows = np.ones(len(sample), bool)
    for clause in rule:
        if clause.question.is_range:
            rows &= ~sample.missing(clause.question.name)
        elif clause.question.missing and len(rule) > 1:
            rows &= clause.holds(sample)
    return rows


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


GAP = -1.0
"""The code of a missing number: below all others, so that one cut sets it apart."""


def _rules(real: Sample, synthetic: Sample) -> list[Rule]:
    sides = (real, synthetic)
    gaps = [name for name in real.kinds if any(side.missing(name).any() for side in sides)]
    questions = [q for name in real.kinds for q in _questions(name, sides, gaps)]
    answers = [_answers(asked, sides) for asked in questions]
    y = np.repeat([0, 1], [len(side) for side in sides])
    found: dict[Rule, None] = {}
    for name in gaps:  # told however a tree would cut, and by itself
        found[(Clause(Question(name, real.kinds[name], missing=True), 0.5, True),)] = None
    together = list(zip(questions, answers, strict=True))
    if together:
        found |= dict.fromkeys(_leaves(together, y, LEAVES_TOGETHER))
    for name in real.kinds:
        if mine := [(asked, answer) for asked, answer in together if asked.name == name]:
            found |= dict.fromkeys(_leaves(mine, y, LEAVES_ALONE))
    return [rule for rule in found if not _rest(rule)]


def _rest(rule: Rule) -> bool:
    """Whether it is all that is not missing, which "is missing" tells better."""
    return len(rule) == 1 and rule[0].question.missing and not rule[0].above


def _questions(name: str, sides: tuple[Sample, Sample], gaps: Sequence[str]) -> list[Question]:
    kind = sides[0].kinds[name]
    if kind != CATEGORICAL:
        return [Question(name, kind)]
    codes = np.concatenate([side.columns[name] for side in sides])
    levels, counts = np.unique(codes[codes > 0], return_counts=True)
    common = levels[np.argsort(-counts, kind="stable")[:LEVELS]]
    found = [Question(name, kind, level=int(code)) for code in common]
    return found + ([Question(name, kind, missing=True)] if name in gaps else [])


@dataclass(frozen=True)
class Answer:
    """What a question gives for each row: yes and no as 1 and 0, a number as its place among the
    sorted `values` of both tables. Trees compare in float32, which holds any place exactly."""

    codes: np.ndarray
    values: np.ndarray


def _answers(asked: Question, sides: tuple[Sample, Sample]) -> Answer:
    both = np.concatenate([side.columns[asked.name] for side in sides])
    if asked.is_range:
        missing = np.isnan(both)
        values, places = np.unique(both[~missing], return_inverse=True)
        codes = np.full(len(both), GAP)
        codes[~missing] = places
        return Answer(codes, values)
    yes = both == (0 if asked.missing else asked.level)
    return Answer(yes.astype(np.float64), np.array([0.0, 1.0]))


def _leaves(together: Sequence[tuple[Question, Answer]], y: np.ndarray, most: int) -> list[Rule]:
    """The rule of each leaf of a tree, without clauses that others imply."""
    from sklearn.tree import DecisionTreeClassifier

    model: Any = DecisionTreeClassifier(
        max_leaf_nodes=most,
        max_depth=DEPTH,
        min_samples_leaf=max(5, int(SMALLEST_LEAF * len(y))),
        random_state=0,
    )
    x = np.array([answer.codes for _, answer in together], np.float32).T
    n = int(y.sum())
    weights = np.where(y, 0.5 / n, 0.5 / (len(y) - n))
    tree = model.fit(x, y, sample_weight=weights).tree_
    found: list[Rule] = []

    def walk(node: int, path: Rule) -> None:
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            found.append(_plain(path))
            return
        asked, answer = together[int(tree.feature[node])]
        sides = _sides(asked, answer, float(tree.threshold[node]))
        for child, clause in zip((left, right), sides, strict=True):
            walk(child, _with(path, clause))

    walk(0, ())
    return [rule for rule in found if rule]


def _sides(asked: Question, answer: Answer, cut: float) -> tuple[Clause, Clause]:
    """What holds at or below a cut between codes, and what above it."""
    if not asked.is_range:
        return Clause(asked, 0.5, False), Clause(asked, 0.5, True)
    below = int(np.floor(cut))
    if below < 0:
        gap = Question(asked.name, asked.kind, missing=True)
        return Clause(gap, 0.5, True), Clause(gap, 0.5, False)
    threshold = round_between(
        float(answer.values[below]), float(answer.values[below + 1]), asked.kind
    )
    return Clause(asked, threshold, False), Clause(asked, threshold, True)


def _plain(rule: Rule) -> Rule:
    """A rule without what goes without saying: beside "is missing" all else about the column,
    beside a level or a range "is not missing", and beside a level that it is no other one."""
    gone = {c.question.name for c in rule if c.question.missing and c.above}
    level = {c.question.name for c in rule if c.question.level is not None and c.above}
    said = level | {c.question.name for c in rule if c.question.is_range}

    def told(clause: Clause) -> bool:
        asked = clause.question
        if asked.missing:
            return clause.above or asked.name not in said
        if asked.name in gone:
            return False
        return clause.above or asked.level is None or asked.name not in level

    return tuple(clause for clause in rule if told(clause))


def _with(path: Rule, clause: Clause) -> Rule:
    """A rule with one more clause, which replaces a wider one of the same side."""
    same = (clause.question, clause.above)
    return (*(c for c in path if (c.question, c.above) != same), clause)


# ---------------------------------------------------------------- rules in words


def _in_words(rule: Rule, sides: tuple[Sample, Sample]) -> str:
    """Clauses joined by "and", both ends of a range in one, and what few levels are left of one."""
    told: dict[Question | str, str] = {}
    for clause in rule:
        asked = clause.question
        if asked.name in told:
            continue
        if asked.kind == CATEGORICAL and (left := _left(rule, asked.name, sides)):
            told[asked.name] = left
        elif asked in told:  # the other end of a range
            ends = sorted(c.threshold for c in rule if c.question == asked)
            low, high = (spelt(end, asked.kind) for end in ends)
            told[asked] = f"{low} < {asked.name} ≤ {high}"
        else:
            told[asked] = _clause(clause, sides[0])
    return " and ".join(told.values())


def _left(rule: Rule, name: str, sides: tuple[Sample, Sample]) -> str | None:
    """What a column may be, if that is shorter than all it may not be."""
    asked = [clause for clause in rule if clause.question.name == name]
    if len(asked) < 2 or any(clause.above for clause in asked):
        return None
    inside = [side.columns[name][_rows_of(tuple(asked), side)] for side in sides]
    left = [int(code) for code in np.unique(np.concatenate(inside))]
    if not left or len(left) >= len(asked):
        return None
    if left == [0]:
        return f"{name} is missing"
    words = ["missing" if c == 0 else _level(name, c, sides[0]) for c in left]
    return f"{name} = {words[0]}" if len(left) == 1 else f"{name} in {{{', '.join(words)}}}"


def _level(name: str, code: int, sample: Sample) -> str:
    level = sample.levels[name][code - 1]
    return level if level.strip() == level != "" else f'"{level}"'  # blanks would not be seen


def _clause(clause: Clause, sample: Sample) -> str:
    asked = clause.question
    if asked.missing:
        return f"{asked.name} is {'' if clause.above else 'not '}missing"
    if asked.level is not None:
        level = _level(asked.name, asked.level, sample)
        return f"{asked.name} {'=' if clause.above else '≠'} {level}"
    value = spelt(clause.threshold, asked.kind)
    return f"{asked.name} {'>' if clause.above else '≤'} {value}"
