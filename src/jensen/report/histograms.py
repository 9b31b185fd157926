"""Shares of rows in bins: steps for numbers, bars for categories."""

from collections.abc import Callable, Sequence
from itertools import chain

from jensen.evidence import Axis, ColumnFinding, Evidence, Histogram, Marginal
from jensen.evidence.results import percent
from jensen.evidence.spelling import TIMES, spelt_ends
from jensen.evidence.telling import number
from jensen.report.markup import (
    Markup,
    Scale,
    anchor_at,
    bar,
    joined,
    label,
    legend,
    picture,
    rows,
    rule,
    spelt_ticks,
    stretched,
    tag,
)

TOP, TALL, FEET = 16, 92, 20
SPIKE, CUT = 4.0, 1.8
"""A bin so many times as full as the next is cut at so many times the next, and labelled."""
CLASSES = ("real", "samples")
SHOWN_COLUMNS = 24
REAL_AND_SAMPLES = (("real", "data"), ("samples", "samples"))


def steps(
    edges: Sequence[float],
    groups: Sequence[Sequence[float]],
    alt: str,
    names: Sequence[str],
    spell: Callable[[Sequence[float]], list[str]] = spelt_ticks,
    *,
    ends: bool = False,
    classes: Sequence[str] = CLASSES,
    pointed: bool = True,
) -> Markup:
    """The first group as an area, the other as a line, over equal bins.

    Args:
        edges: of the bins.
        groups: shares of each.
        alt: what it shows.
        names: of the groups.
        spell: how edges are written.
        ends: whether there is room for the ends of the axis alone.
        classes: of the groups, for the style sheet.
        pointed: whether a bin tells its shares when it is pointed at.
    """
    bins = len(edges) - 1
    heights = sorted((max(column) for column in zip(*groups, strict=True)), reverse=True)
    top = heights[0] or 1.0
    spiky = len(heights) > 1 and heights[1] > 0 and heights[0] > SPIKE * heights[1]
    limit = CUT * heights[1] if spiky else top
    shapes = [
        tag("path", d=_outline(shares, limit), class_=f"steps {class_}")
        for class_, shares in zip(classes, groups, strict=True)
    ]
    parts: list[str] = [stretched(TALL, *shapes, y=TOP)]
    if spiky:
        at = max(range(bins), key=lambda i: max(g[i] for g in groups))
        x = 100 * (at + 0.5) / bins
        told = " | ".join(percent(g[at]) for g in groups)
        parts.append(label(x, TOP - 4, told, anchor_at(x), "tick"))
    parts.append(rule(0, TOP + TALL, 100, TOP + TALL, "axis"))
    scale = Scale(edges[0], edges[-1])
    ticks = [edges[0], edges[-1]] if ends else scale.ticks()
    ticks = [sum(edges) / 2] if bins == 1 else ticks  # of a constant
    for tick, words in zip(ticks, spell(ticks), strict=True):
        x = scale(tick)
        parts.append(rule(x, TOP + TALL, x, TOP + TALL + 4, "axis"))
        parts.append(label(x, TOP + TALL + 16, words, anchor_at(x), "tick"))
    if pointed:
        parts += _pointed(edges, groups, names, spell)
    return picture(TOP + TALL + FEET, alt, *parts)


def _pointed(
    edges: Sequence[float],
    groups: Sequence[Sequence[float]],
    names: Sequence[str],
    spell: Callable[[Sequence[float]], list[str]],
) -> list[Markup]:
    """What each bin holds, when it is pointed at."""
    bins = len(edges) - 1
    words = spell(edges)
    told: list[Markup] = []
    for i in range(bins):
        shares = ", ".join(f"{n} {percent(g[i])}" for n, g in zip(names, groups, strict=True))
        text = f"{words[i]} to {words[i + 1]}: {shares}"
        told.append(bar(100 * i / bins, TOP, 100 / bins, TALL, "point", text))
    return told


def _outline(shares: Sequence[float], limit: float) -> str:
    """A path along the tops of the bins, closed at the foot."""
    width = 1000 / len(shares)
    tops = [round(TALL * (1 - min(s / limit, 1.0)), 1) for s in shares]
    walk = chain.from_iterable(
        (f"V{y:g}", f"H{round((i + 1) * width, 1):g}") for i, y in enumerate(tops)
    )
    return f"M0 {TALL}{''.join(walk)}V{TALL}"


def level_bars(marginal: Marginal) -> Markup:
    """Two bars for each category, the share of the data above that of the samples."""
    shares = list(zip(marginal.axis.labels, marginal.real, marginal.synthetic, strict=True))
    most = max((max(real, synthetic) for _, real, synthetic in shares), default=0.0) or 1.0
    lines: list[tuple[str, float, list[Markup]]] = []
    for name, real, synthetic in shares:
        told = f"{name}: data {percent(real)}, samples {percent(synthetic)}"
        bars = [
            bar(0, 2, 70 * real / most, 9, "real", told),
            label(70 * real / most + 2, 10.5, percent(real), "start", "tick"),
            bar(0, 14, 70 * synthetic / most, 9, "samples", told),
            label(70 * synthetic / most + 2, 22.5, percent(synthetic), "start", "tick"),
        ]
        lines.append((name, 27, bars))
    alt = f"{marginal.axis.name}, shares of its categories: " + "; ".join(
        f"{name} {percent(real)} of the data, {percent(synthetic)} of the samples"
        for name, real, synthetic in shares
    )
    return rows(alt, lines)


def _spell(axis: Axis) -> Callable[[Sequence[float]], list[str]]:
    if axis.kind not in TIMES:
        return spelt_ticks
    return lambda values: spelt_ends(values, axis.kind)


def column_card(marginal: Marginal, finding: ColumnFinding, *, pointed: bool = True) -> Markup:
    """One column: how far it is from the data's, and its picture."""
    axis = marginal.axis
    if finding.distance is None:
        lost = finding.missing_synthetic == 1 > finding.missing_real
        words = "No value in the samples." if lost else "No values to compare."
        drawn = tag("p", words, class_="quiet")
        told = "differs" if finding.differs else ""
    else:
        floor = "" if finding.floor is None else f" (real rows {number(finding.floor)})"
        kind = "TV" if axis.kind == "categorical" else "KS"
        told = f"{kind} {number(finding.distance)}{floor}{', differs' if finding.differs else ''}"
        drawn = level_bars(marginal) if axis.labels else _steps_of(marginal, told, pointed)
    return tag(
        "article",
        tag("h3", axis.name, class_="name"),
        tag("p", told, class_="quiet warn" if finding.differs else "quiet"),
        drawn,
        _missing(finding),
        class_="card",
    )


def _steps_of(marginal: Marginal, told: str, pointed: bool) -> Markup:
    axis = marginal.axis
    alt = f"{axis.name}, histograms of the data and of the samples, {told}; "
    spell = _spell(axis)
    ends = spell([axis.edges[0], axis.edges[-1]])
    alt += f"from {ends[0]} to {ends[1]}"
    drawn = steps(
        axis.edges, (marginal.real, marginal.synthetic), alt, ("data", "samples"), spell,
        ends=axis.kind in TIMES, pointed=pointed,
    )  # fmt: skip
    if not any(axis.beyond):
        return drawn
    where = " and ".join(
        w for w, is_so in zip(("first", "last"), axis.beyond, strict=True) if is_so
    )
    return joined([drawn, tag("p", f"The {where} bin holds all beyond.", class_="quiet small")])


def _missing(finding: ColumnFinding) -> Markup:
    """Two bars for the shares of missing values."""
    real, synthetic = finding.missing_real, finding.missing_synthetic
    if not real and not synthetic:
        return Markup("")
    told = f"missing: {percent(real)} of the data, {percent(synthetic)} of the samples"
    drawn = picture(
        18, told, bar(0, 0, 100, 18, "ground"), bar(0, 1, 100 * real, 7, "real"),
        bar(0, 10, 100 * synthetic, 7, "samples"),
    )  # fmt: skip
    return tag("div", tag("p", told, class_="quiet small"), drawn, class_="missing")


def columns(evidence: Evidence) -> Markup:
    """All columns, the farthest first; most of a wide table's are folded away."""
    of = {m.axis.name: m for m in evidence.portrait.columns}
    known = [c for c in evidence.columns if c.name in of]
    cards = [column_card(of[c.name], c, pointed=i < SHOWN_COLUMNS) for i, c in enumerate(known)]
    shown, folded = cards[:SHOWN_COLUMNS], cards[SHOWN_COLUMNS:]
    parts = [legend(*REAL_AND_SAMPLES), tag("div", *shown, class_="cards")]
    if folded:
        summary = tag("summary", f"{len(folded):,} more columns, {_folded(known)}")
        parts.append(tag("details", summary, tag("div", *folded, class_="cards"), class_="more"))
    return joined(parts)


def _folded(known: Sequence[ColumnFinding]) -> str:
    """What is to be said of the columns that are folded away."""
    differ = sum(column.differs for column in known[SHOWN_COLUMNS:])
    return "nearer to the data's" + (f"; {differ:,} of them differ" if differ else "")


def histogram(drawn: Histogram) -> Markup:
    """A histogram of two groups with its own legend: first the area, then the line."""
    order = range(len(drawn.names))
    if drawn.names[0] == "samples" or "training" in drawn.names[0]:
        order = reversed(order)
    names, groups = zip(*((drawn.names[i], drawn.shares[i]) for i in order), strict=True)
    classes = ("real", "samples" if "samples" in names else "copy")
    pairs = zip(drawn.names, drawn.medians, strict=True)
    medians = "; ".join(f"{name}: median {number(value)}" for name, value in pairs)
    alt = f"{drawn.what}: {medians}"
    picture_of = steps(drawn.edges, groups, alt, names, classes=classes)
    keys = legend(*zip(classes, names, strict=True))
    title, foot = tag("h3", drawn.what), tag("p", medians, class_="quiet small")
    return tag("article", title, keys, picture_of, foot, class_="card")
