"""What was found, in words: a verdict, a table for the terminal, Markdown, a little HTML."""

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

from jensen.evidence.likeness import likeness
from jensen.evidence.results import (
    ColumnFinding,
    Copying,
    Found,
    Measure,
    PairFinding,
    percent,
)

GROUPS = {
    "fidelity": "Are the samples like the data?",
    "utility": "Do models learn the same from them?",
    "copying": "Are they too like the data?",
    "bound": "Is the bound good?",
}
COLLAPSE = "posterior collapse: z carries nothing"
"""In the note of `active_units`, put there by whoever knows the model."""
MOST_NAMED = 10
"""Columns that differ which Markdown names."""
HEADER = ("", "samples", "95 % interval", "real", "marginals", "copy", "p")


def verdict(found: Found) -> str:
    """Sentences: likeness, copies, missing modes, and collapse if there is one."""
    return " ".join(_sentences(found))


def _sentences(found: Found) -> list[str]:
    told = [likeness(found), copies_found(found), modes_found(found)]
    collapse = collapse_found(found)
    return told if collapse is None else [*told, collapse]


def copies_found(found: Found) -> str:
    """Whether rows are copied."""
    copying = found.copying
    said = {
        "no sign of copying": "There is no sign of copying",
        "signs of copying": "There are signs of copying",
        "copies": "There are copies of training rows",
    }[copying.verdict]
    if copying.verdict == "no sign of copying" and copying.rows:  # listed, though no test finds any
        said = "No test finds copying"
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
    lines = [line for sentence in _sentences(found) for line in _wrapped(sentence)]
    lines += ["", _sizes(found), *_left_out(found)]
    table = [row for group in GROUPS for row in _rows_of(found, group)]
    lines += _aligned(table)
    lines += _section("Farthest columns", map(column_line, found.columns[:5]))
    lines += _section("Farthest pairs", map(pair_line, found.pairs[:5]))
    lines += _section("Regions", [str(region) for region in found.regions])
    lines += _section("Copies", _copy_lines(found.copying))
    return "\n".join(one_line(line) for line in lines)


def brief(found: Found) -> str:
    """One line: rows, figures, and where the verdict stands."""
    auc = next(m.estimate.value for m in found.measures if m.name == "c2st_auc")
    n = len(found.regions)
    regions = "1 region" if n == 1 else f"{n} regions"
    figures = f"{len(found.measures)} figures of {len(found.columns):,} columns"
    told = f"{_sizes(found)}; {figures}; AUC {auc:.3f}; {found.copying.verdict}; {regions}"
    return f"{told} with too few or too many samples"


def _wrapped(sentence: str) -> list[str]:
    return textwrap.wrap(one_line(sentence), 100)


def one_line(words: str) -> str:
    """With `\\n` in place of a line break, and so of whatever else moves the cursor: names of
    columns may hold anything."""
    return "".join(
        repr(c)[1:-1] if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in words
    )


def _sizes(found: Found) -> str:
    return ", ".join(f"{name.replace('_', '-')} {n:,} rows" for name, n in found.rows.items())


def _left_out(found: Found) -> list[str]:
    left = [f"left out: {name} ({why})" for name, why in found.columns_left_out.items()]
    return [*left, *(f"note: {note}" for note in found.notes)]


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


def column_line(column: ColumnFinding) -> str:
    """age: 0.021 (KS; real against real 0.009), differs, W₁ 0.0123 (0.004); missing 2 % of ..."""
    kind = "TV" if column.kind == "categorical" else "KS"
    if column.distance is None:
        lost = column.missing_synthetic == 1 > column.missing_real
        told = f"{column.name}: {'no value in the samples' if lost else 'no values to compare'}"
    else:
        told = f"{column.name}: {number(column.distance)} ({kind}{_beside(column.floor)})"
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


def pair_line(pair: PairFinding) -> str:
    """x and y: 0.11 (TV; real against real 0.03); correlation 0.90 in the data, 0.02 in ..."""
    beside = _beside(pair.floor)
    told = f"{pair.first} and {pair.second}: {number(pair.distance)} (TV{beside})"
    told += ", differs" if pair.differs else ""
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
    lines += [f"- {markdown_text(s)}" for s in _sentences(found)]
    for group in GROUPS:
        rows = _rows_of(found, group)[1:]
        if rows:
            lines += ["", _cells(rows[0]), "| --- |" + " --: |" * (len(HEADER) - 1)]
            lines += [_cells(row) for row in rows[1:]]
    for title, told in (
        ("Columns that differ", _columns_that_differ(found.columns)),
        ("Regions", [str(region) for region in found.regions]),
        ("Farthest pairs", [pair_line(pair) for pair in found.pairs[:5]]),
    ):
        if told:
            lines += ["", f"**{title}**", "", *(f"- {markdown_text(line)}" for line in told)]
    lines += (
        ["", *(f"- Note: {markdown_text(note)}" for note in found.notes)] if found.notes else []
    )
    return "\n".join([*lines, "", f"{_sizes(found)}."]) + "\n"


def _cells(cells: Sequence[str]) -> str:
    return "| " + " | ".join(_inline(cell.strip()) for cell in cells) + " |"


def _columns_that_differ(columns: Sequence[ColumnFinding]) -> list[str]:
    differ = [column_line(c) for c in columns if c.differs]
    more = len(differ) - MOST_NAMED
    return differ[:MOST_NAMED] + ([f"and {more:,} more"] if more > 0 else [])


def markdown_text(words: str) -> str:
    """Words as Markdown that shows them as they are: no name of a column is HTML, code, a link, a
    heading, emphasis or the end of a cell."""
    words = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", _inline(words))
    return re.sub(r"^([-#+>=])", r"\\\1", words)


def _inline(words: str) -> str:
    """The same for words inside of a line."""
    words = re.sub(r"[\\`*\[\]<|~&]", r"\\\g<0>", one_line(words))
    return re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", words)


def html(found: Found) -> str:
    """The verdict and a table of the figures, for a notebook."""
    told = "".join(f"<p>{escape(s)}</p>" for s in _sentences(found))
    body = ""
    for group in GROUPS:
        for i, row in enumerate(_rows_of(found, group)[1:]):
            tag = "td" if i else "th"
            body += "<tr>" + "".join(f"<{tag}>{escape(c.strip())}</{tag}>" for c in row) + "</tr>"
    return f"<div>{told}<table>{body}</table></div>"
