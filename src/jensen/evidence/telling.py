"""What was found, in words: a verdict, a table for the terminal, Markdown, a little HTML."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal, Protocol

import numpy as np

from jensen.evidence.intervals import holm
from jensen.evidence.results import (
    ColumnFinding,
    Copying,
    Measure,
    PairFinding,
    Region,
    percent,
)

SURE = 0.01
"""p-values below this are called a difference."""
Grade = Literal["good", "fair", "poor"]
CLOSE, VISIBLE, PLAIN = 0.55, 0.65, 0.8
"""AUC up to which samples are called close, a little off, and off."""
MISLED = 0.02
"""How far below ½ an interval of the AUC must lie to be put down to rows in both tables."""
GROUPS = {
    "fidelity": "Are the samples like the data?",
    "utility": "Do models learn the same from them?",
    "copying": "Are they too like the data?",
    "bound": "Is the bound good?",
}
COLLAPSE = "posterior collapse: z carries nothing"
"""In the note of `active_units`, put there by whoever knows the model."""
HEADER = ("", "samples", "95 % interval", "real", "marginals", "copy", "p")


class Found(Protocol):
    """What is told of."""

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each table."""
        ...

    @property
    def columns_left_out(self) -> dict[str, str]:
        """Columns that took no part, and why."""
        ...

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The figures."""
        ...

    @property
    def columns(self) -> tuple[ColumnFinding, ...]:
        """Columns, the farthest first."""
        ...

    @property
    def pairs(self) -> tuple[PairFinding, ...]:
        """Pairs, the farthest first."""
        ...

    @property
    def regions(self) -> tuple[Region, ...]:
        """Regions, the worst first."""
        ...

    @property
    def copying(self) -> Copying:
        """The verdict on copies."""
        ...


def verdict(found: Found) -> str:
    """Sentences: likeness, copies, missing modes, and collapse if there is one."""
    return " ".join(_sentences(found))


def _sentences(found: Found) -> list[str]:
    told = [likeness(found), copies_found(found), modes_found(found)]
    collapse = collapse_found(found)
    return told if collapse is None else [*told, collapse]


CLASSIFIERS = {"c2st_auc": "boosted trees", "c2st_logistic_auc": "a logistic regression"}
LIKENESS = CLASSIFIERS | {"mmd": "MMD²", "energy": "the energy distance"}
"""The tests that the verdict on likeness follows, and what they are called."""


@dataclass(frozen=True)
class Alike:
    """What four tests say together, by Holm's method (1979): the chance that any of them sees a
    difference that is not there is at most `SURE`.

    Attributes:
        misled: a classifier takes samples for data, so that rows must be in both tables.
        seen_by: the tests that see a difference.
        p_value: the smallest of the adjusted ones.
        auc: the largest of the classifiers that see one; of the trees if none does.
    """

    misled: bool
    seen_by: tuple[str, ...]
    p_value: float
    auc: float

    @property
    def grade(self) -> Grade:
        """ "good": no test sees a difference, or classifiers barely do; "fair"; "poor"."""
        if self.misled:
            return "fair"
        if not self.seen_by:
            return "good"
        if not self.by_classifier:
            return "fair"
        return "good" if self.auc <= CLOSE else "fair" if self.auc <= PLAIN else "poor"

    @property
    def by_classifier(self) -> bool:
        """Whether a classifier is among the tests that see a difference."""
        return any(name in self.seen_by for name in CLASSIFIERS.values())


def alike(found: Found) -> Alike:
    """Trees, logistic regression, MMD² and energy distance, as one verdict."""
    tests = {m.name: m for m in found.measures if m.name in LIKENESS}
    adjusted = holm(np.array([1.0 if m.p_value is None else m.p_value for m in tests.values()]))
    sure = [name for name, p in zip(tests, adjusted, strict=True) if p <= SURE]
    values = [tests[name].estimate.value for name in sure if name in CLASSIFIERS]
    trees = tests["c2st_auc"].estimate
    return Alike(
        trees.high < 0.5 - MISLED,
        tuple(LIKENESS[name] for name in sure),
        float(adjusted.min()),
        max(values, default=trees.value),
    )


def likeness(found: Found) -> str:
    """Whether a test can tell the tables apart, which, and how easily."""
    said = alike(found)
    rows = next(m.rows for m in found.measures if m.name == "c2st_auc")
    told = f"AUC {said.auc:.3f}, ½ is ideal; "
    if said.seen_by:
        names = " and ".join(filter(None, [", ".join(said.seen_by[:-1]), said.seen_by[-1]]))
        told += f"seen by {names}; "
    told = f"({told}p = {said.p_value:.3g} over 4 tests; {rows:,} rows a side)"
    if said.misled:
        return f"A classifier takes samples for data, as if rows were in both tables {told}."
    if not said.seen_by:
        return f"A classifier cannot tell the samples from the data {told}."
    if not said.by_classifier:
        return f"The samples differ from the data, though no classifier tells them {told}."
    if said.auc <= CLOSE:
        return f"The samples are close to the data; a classifier barely tells them {told}."
    if said.auc <= VISIBLE:
        return f"The samples differ a little from the data {told}."
    if said.auc <= PLAIN:
        return f"The samples differ from the data: a classifier often tells which is which {told}."
    return f"The samples are easily told from the data {told}."


def copies_found(found: Found) -> str:
    """Whether rows are copied."""
    copying = found.copying
    said = {
        "no sign of copying": "There is no sign of copying",
        "signs of copying": "There are signs of copying",
        "copies": "There are copies of training rows",
    }[copying.verdict]
    return f"{said} (error rate {percent(copying.error_rate)}): {copying.why}."


def modes_found(found: Found) -> str:
    """What is missing, or too frequent."""
    if not found.regions:
        return "No region of the data has too few or too many samples."
    n = len(found.regions)
    where = "1 region has" if n == 1 else f"{n} regions have"
    return f"{where} too few or too many samples, first of all {found.regions[0]}."


def collapse_found(found: Found) -> str | None:
    """That the latent vector of the model carries nothing, or None."""
    of = {m.name: m for m in found.measures}
    units = of.get("active_units")
    if units is None or COLLAPSE not in units.note:
        return None
    n = units.estimate.value
    active = "1 latent dimension is" if n == 1 else f"{n:.0f} latent dimensions are"
    kl = f", KL {number(of['kl'].estimate.value)} nats" if "kl" in of else ""
    return (
        "The model suffers from posterior collapse: its latent vector carries (almost) nothing of "
        f"a row ({active} active{kl})."
    )


def text(found: Found) -> str:
    """The verdict, then a table of all figures, then columns, pairs, regions and copies."""
    lines = [_wrapped(sentence) for sentence in _sentences(found)]
    lines += ["", _sizes(found), *_left_out(found)]
    table = [row for group in GROUPS for row in _rows_of(found, group)]
    lines += _aligned(table)
    lines += _section("Farthest columns", _column_lines(found.columns[:5]))
    lines += _section("Farthest pairs", _pair_lines(found.pairs[:5]))
    lines += _section("Regions", [str(region) for region in found.regions])
    lines += _section("Copies", _copy_lines(found.copying))
    return "\n".join(lines)


def brief(found: Found) -> str:
    """One line: rows, figures, and where the verdict stands."""
    auc = next(m.estimate.value for m in found.measures if m.name == "c2st_auc")
    n = len(found.regions)
    regions = "1 region" if n == 1 else f"{n} regions"
    figures = f"{len(found.measures)} figures of {len(found.columns):,} columns"
    told = f"{_sizes(found)}; {figures}; AUC {auc:.3f}; {found.copying.verdict}; {regions}"
    return f"{told} with too few or too many samples"


def _wrapped(sentence: str) -> str:
    import textwrap

    return textwrap.fill(sentence, 100)


def _sizes(found: Found) -> str:
    return ", ".join(f"{name.replace('_', '-')} {n:,} rows" for name, n in found.rows.items())


def _left_out(found: Found) -> list[str]:
    return [f"left out: {name} ({why})" for name, why in found.columns_left_out.items()]


def _rows_of(found: Found, group: str) -> list[tuple[str, ...]]:
    measures = [m for m in found.measures if m.group == group]
    if not measures:
        return []
    return [(), (GROUPS[group], *HEADER[1:]), *(_row(m) for m in measures)]


def _row(measure: Measure) -> tuple[str, ...]:
    e = measure.estimate
    beside = (measure.floor, measure.marginals, measure.copy)
    p = "" if measure.p_value is None else f"{measure.p_value:.3g}"
    return (
        f"  {measure.title}",
        count_or_number(measure),
        f"{number(e.low)} to {number(e.high)}" if has_interval(measure) else "",
        *("" if value is None else number(value) for value in beside),
        p,
    )


def number(value: float) -> str:
    """Four digits, of which at most four after the point; very small ones in powers."""
    if value != 0 and abs(value) < 5e-4:
        return f"{value:.0e}".replace("e-0", "e-")
    if abs(value) < 0.1:
        return f"{value:.4f}" if value else "0"
    return (
        f"{value:.3f}"
        if abs(value) < 10
        else f"{value:.2f}"
        if abs(value) < 1e4
        else f"{value:.3g}"
    )


def has_interval(measure: Measure) -> bool:
    """Whether it is an estimate, and no count or term that a fit wrote down."""
    return measure.group != "bound" or measure.estimate.high > measure.estimate.low


def count_or_number(measure: Measure) -> str:
    """7 for a count of latent dimensions, 7.000 for an estimate."""
    value = measure.estimate.value
    counted = not has_interval(measure) and value == round(value)
    return f"{value:g}" if counted else number(value)


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    full = [row for row in rows if row]
    widths = [max((len(row[i]) for row in full), default=0) for i in range(len(HEADER))]
    lines: list[str] = []
    for row in rows:
        cells = [c.rjust(w) if i else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths))]  # noqa: B905
        lines.append("  ".join(cells).rstrip())
    return lines


def _section(title: str, lines: Iterable[str]) -> list[str]:
    told = list(lines)
    return ["", title, *(f"  {line}" for line in told)] if told else []


def _column_lines(columns: Sequence[ColumnFinding]) -> list[str]:
    return [column_line(c) for c in columns if c.distance is not None]


def column_line(column: ColumnFinding) -> str:
    """age: 0.021 (KS; real against real 0.009), differs, W₁ 0.0123 (0.004); missing 2 % of ..."""
    kind = "TV" if column.kind == "categorical" else "KS"
    told = f"{column.name}: {number(column.distance or 0.0)} ({kind}{_beside(column.floor)})"
    told += ", differs" if column.differs else ""
    if column.wasserstein is not None:
        told += f", W₁ {number(column.wasserstein)}"
        if column.wasserstein_floor is not None:
            told += f" ({number(column.wasserstein_floor)})"
    if column.missing_real or column.missing_synthetic:
        told += (
            f"; missing in {percent(column.missing_real)} of the data, "
            f"{percent(column.missing_synthetic)} of the samples"
        )
    return told


def _beside(floor: float | None) -> str:
    return "" if floor is None else f"; real against real {number(floor)}"


def _pair_lines(pairs: Sequence[PairFinding]) -> list[str]:
    return [pair_line(pair) for pair in pairs]


def pair_line(pair: PairFinding) -> str:
    """x and y: 0.11 (TV; real against real 0.03); correlation 0.90 in the data, 0.02 in ..."""
    beside = _beside(pair.floor)
    told = f"{pair.first} and {pair.second}: {number(pair.distance)} (TV{beside})"
    if pair.correlation_real is not None and pair.correlation_synthetic is not None:
        told += (
            f"; correlation {pair.correlation_real:.2f} in the data, "
            f"{pair.correlation_synthetic:.2f} in the samples"
        )
    shared = f"{pair.nmi_real:.3f} and {pair.nmi_synthetic:.3f}"
    return f"{told}; mutual information (normalised) {shared}"


def _copy_lines(copying: Copying) -> list[str]:
    return [
        f"synthetic row {c.synthetic_row:,} {'equals' if c.exact else 'all but equals'} "
        f"training row {c.training_row:,}"
        for c in copying.rows[:5]
    ]


# ---------------------------------------------------------------- Markdown and HTML


def markdown(found: Found) -> str:
    """A short page: verdict, a table of the figures, regions."""
    lines = ["### Are they from the same distribution?", ""]
    lines += [f"- {s}" for s in _sentences(found)]
    for group in GROUPS:
        rows = _rows_of(found, group)[1:]
        if rows:
            lines += ["", _cells(rows[0]), _cells(["---", *["--:"] * (len(HEADER) - 1)])]
            lines += [_cells(row) for row in rows[1:]]
    for title, told in (
        ("Regions", [str(region) for region in found.regions]),
        ("Farthest pairs", _pair_lines(found.pairs[:5])),
    ):
        if told:
            lines += ["", f"**{title}**", "", *(f"- {_escaped(line)}" for line in told)]
    return "\n".join([*lines, "", f"{_sizes(found)}."]) + "\n"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_escaped(cell.strip()) for cell in cells) + " |"


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def html(found: Found) -> str:
    """The verdict and a table of the figures, for a notebook."""
    told = "".join(f"<p>{escape(s)}</p>" for s in _sentences(found))
    body = ""
    for group in GROUPS:
        for i, row in enumerate(_rows_of(found, group)[1:]):
            tag = "td" if i else "th"
            body += "<tr>" + "".join(f"<{tag}>{escape(c.strip())}</{tag}>" for c in row) + "</tr>"
    return f"<div>{told}<table>{body}</table></div>"
