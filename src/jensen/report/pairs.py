"""Pairs of columns: a map of all distances, and the most telling ones cell by cell."""

from collections.abc import Callable, Sequence

from jensen.evidence import Axis, Evidence, PairFinding, PairGrid, PairTable
from jensen.evidence.spelling import TIMES, spelt_ends
from jensen.evidence.telling import number
from jensen.report.markup import Markup, joined, legend, short, spelt_ticks, tag

LONGEST, LETTER = 18, 7.4
"""Letters of a name beside the map, and the room for one: that of wide letters, not of the mean."""
STEEP, TALL = 0.87, 12.0
"""Of turned names: the sine of 60°, and room for the height of letters."""
LISTED, BESIDE = 12, 16
"""Pairs in the table, and columns up to which it has room beside the map."""
SHADES = 12
MOST_ALONG, MOST_UP = 4, 11
"""Cells of categories whose names have room along a panel, and up its side."""
ROOM = 10
"""Letters of each end of numbers or times for which there is room beside a panel."""


# ---------------------------------------------------------------- the map


def heat_map(grid: PairGrid) -> Markup:
    """Below the diagonal the samples, above it two draws of the data: the noise."""
    n = len(grid.names)
    cell = 40 if n <= 8 else 30 if n <= 16 else 22
    names = [short(name, LONGEST) for name in grid.names]
    margin = 12 + LETTER * max(map(len, names))
    size = margin + n * cell
    most = max((v for row in (*grid.distance, *grid.floor) for v in row), default=0.0) or 1.0
    parts: list[str] = []
    for i, name in enumerate(grid.names):
        at, told = margin + (i + 0.5) * cell, tag("title", name)
        turned = f"translate({at + 3:g} {margin - 7:g}) rotate(-60)"
        side = {"x": f"{margin - 7:g}", "y": f"{at + 4:g}"}
        parts.append(tag("text", told, names[i], text_anchor="end", **side))
        parts.append(tag("text", told, names[i], transform=turned))
        for j in range(i):
            pair, distance, floor = f"{grid.names[j]} and {name}", *_of(grid, i, j)
            words = f"{pair}: samples {number(distance)}, real rows {number(floor)}"
            low, high = margin + i * cell, margin + j * cell
            parts.append(_cell(high, low, cell, distance / most, words))
            parts.append(_cell(low, high, cell, floor / most, words))
    room = 0.5 * margin  # for the last of the turned names
    above = max(0.0, margin - 7 - TALL - STEEP * (margin - 12))
    box = f"0 {above:g} {size + room:g} {size - above:g}"
    drawn = tag(
        "svg", *parts, class_="heat", viewBox=box, role="img", aria_label=_worst(grid),
        style=f"max-width:{size + room:g}px",
    )  # fmt: skip
    return tag("div", _ramp(most), drawn)


def _worst(grid: PairGrid) -> str:
    """The map in words: its five darkest cells."""
    n = len(grid.names)
    found = [(grid.distance[i][j], i, j) for i in range(n) for j in range(i)]
    return "distances of pairs of columns; the largest: " + "; ".join(
        f"{grid.names[j]} and {grid.names[i]} {number(d)}, real rows {number(grid.floor[i][j])}"
        for d, i, j in sorted(found, reverse=True)[:5]
    )


def _farthest(found: Sequence[PairFinding]) -> Markup:
    """The farthest pairs as a table: real rows beside them, whether they differ, correlations."""
    heads = ("farthest pairs", "TV", "TV of real rows", "differs", "ρ of samples", "ρ of data")
    head = tag("tr", *(tag("th", h, scope="col") for h in heads))
    body = [
        tag(
            "tr",
            tag("td", f"{one.first} × {one.second}", class_="name"),
            tag("td", number(one.distance)),
            tag("td", _or_nothing(one.floor, number)),
            tag("td", "yes" if one.differs else ""),
            tag("td", _or_nothing(one.correlation_synthetic, "{:.2f}".format)),
            tag("td", _or_nothing(one.correlation_real, "{:.2f}".format)),
        )
        for one in found
    ]
    table = tag("table", tag("thead", head), tag("tbody", *body))
    return tag("div", table, class_="farthest")


def _or_nothing(value: float | None, spell: Callable[[float], str]) -> str:
    return "" if value is None else spell(value)


def _of(grid: PairGrid, i: int, j: int) -> tuple[float, float]:
    return grid.distance[i][j], grid.floor[i][j]


def _cell(x: float, y: float, size: int, share: float, told: str) -> Markup:
    return tag(
        "rect", tag("title", told), x=f"{x:g}", y=f"{y:g}", width=size - 1, height=size - 1,
        class_="shade", fill_opacity=f"{0.04 + 0.96 * share:.2f}",
    )  # fmt: skip


def _ramp(most: float) -> Markup:
    """What the shades are."""
    boxes = [tag("i", class_="ramp", style=f"opacity:{0.04 + 0.96 * i / 7:.2f}") for i in range(8)]
    return tag("p", "0 ", *boxes, f" {number(most)} total variation", class_="legend")


# ---------------------------------------------------------------- the most telling pairs


def telling(pairs: Sequence[PairTable]) -> Markup:
    """Each pair three times: the data, the samples, and where they differ."""
    keys = legend(("real", "more data than samples"), ("samples", "more samples than data"))
    return joined([keys, tag("div", *(_card(pair) for pair in pairs), class_="cards pairs")])


def _card(pair: PairTable) -> Markup:
    title = tag("h3", tag("span", pair.first.name, class_="name"), " × ",
                tag("span", pair.second.name, class_="name"))  # fmt: skip
    far = f"TV {number(pair.distance)} (real rows {number(pair.floor)})"
    real, synthetic = (_shares(counts) for counts in (pair.real, pair.synthetic))
    gaps = [
        [a - b for a, b in zip(*rows, strict=True)] for rows in zip(real, synthetic, strict=True)
    ]
    top = max(v for side in (real, synthetic) for row in side for v in row) or 1.0
    widest = max(max(abs(v) for row in gaps for v in row), 0.25 * top, 1e-12)
    about = f"{pair.first.name} against {pair.second.name}"
    panels = (
        _panel(pair, [(real, "real")], top, f"data: {about}, {_crest(pair, real)}"),
        _panel(pair, [(synthetic, "samples")], top,
               f"samples: {about}, {_crest(pair, synthetic)}"),
        _panel(pair, [(gaps, "real"), ([[-v for v in row] for row in gaps], "samples")], widest,
               f"difference: {about}, {far}"),
    )  # fmt: skip
    names = [_beside(pair.second, "up"), *(_beside(pair.first, "along") for _ in panels)]
    captions = (tag("span", name, class_="caption") for name in ("data", "samples", "difference"))
    blank = tag("span", aria_hidden="true")
    drawn = tag("div", names[0], *panels, blank, *names[1:], blank, *captions, class_="panels")
    return tag("article", title, tag("p", far, class_="quiet"), drawn, _axes(pair), class_="card")


def _shares(counts: Sequence[Sequence[int]]) -> list[list[float]]:
    total = max(1, sum(map(sum, counts)))
    return [[c / total for c in row] for row in counts]


def _crest(pair: PairTable, shares: list[list[float]]) -> str:
    """The fullest cell, in words."""
    _, i, j = max((v, i, j) for i, row in enumerate(shares) for j, v in enumerate(row))
    return f"most at {cell_name(pair.first, i)} and {cell_name(pair.second, j)}"


def cell_name(axis: Axis, i: int) -> str:
    """A category, a range, or "missing"."""
    if axis.gaps and i == len(axis) - 1:
        return "missing"
    if axis.labels:
        return axis.labels[i]
    low, high = _ends(axis, axis.edges[i], axis.edges[i + 1])
    return f"{low} to {high}"


def _ends(axis: Axis, low: float, high: float) -> list[str]:
    if axis.kind in TIMES:
        return spelt_ends([low, high], axis.kind)
    return spelt_ticks([low, high])


def _panel(
    pair: PairTable,
    layers: Sequence[tuple[list[list[float]], str]],
    top: float,
    alt: str,
) -> Markup:
    """Cells as squares of a few shades, one path for each shade; missing apart from the rest."""
    tall = len(pair.second)
    paths: list[Markup] = []
    for shares, class_ in layers:
        shaded: dict[int, list[str]] = {}
        for i, row in enumerate(shares):
            for j, value in enumerate(row):
                if value > 0:  # the root, so that thin places are seen beside full ones
                    shade = round(SHADES * min(1.0, value / top) ** 0.5)
                    x, y = _place(pair.first, i), tall - 1 - _place(pair.second, j)
                    shaded.setdefault(shade, []).append(f"M{x:g} {y:g}h1v1h-1z")
        paths += [
            tag("path", d="".join(cells), class_=class_, fill_opacity=f"{shade / SHADES:.2f}")
            for shade, cells in sorted(shaded.items())
            if shade
        ]
    return tag(
        "svg", *paths, class_="cells", viewBox=_box(pair),
        preserveAspectRatio="none", role="img", aria_label=alt,
    )  # fmt: skip


def _beside(axis: Axis, way: str) -> Markup:
    """Names of the cells at their places, where there is room; of numbers the two ends.

    Args:
        axis: whose cells they are.
        way: "along" the foot of a panel, or "up" its side.
    """
    cells = len(axis) - axis.gaps
    room = MOST_ALONG if way == "along" else MOST_UP
    names = axis.labels if len(axis) <= room else ()
    if axis.labels:
        parts = [tag("span", name, style="flex:1") for name in names]
    else:
        ends = _ends(axis, axis.edges[0], axis.edges[-1])
        ends = ends if max(map(len, ends)) <= ROOM else ["", ""]  # the line below has them
        parts = [tag("span", *(tag("span", e) for e in ends), class_="ends", style=f"flex:{cells}")]
    if axis.gaps and parts:
        word = "missing" if way == "up" or axis.labels else "?"
        parts += [tag("span", style="flex:.5"), tag("span", word, style="flex:1")]
    return tag("div", *parts, class_=f"beside {way}", aria_hidden="true")


def _box(pair: PairTable) -> str:
    """Half a cell of room before the one of missing values."""
    right, above = (0.5 * axis.gaps for axis in (pair.first, pair.second))
    return f"0 {-above:g} {len(pair.first) + right:g} {len(pair.second) + above:g}"


def _place(axis: Axis, i: int) -> float:
    return i + 0.5 if axis.gaps and i == len(axis) - 1 else i


def _axes(pair: PairTable) -> Markup:
    """In words, which needs less room than around each panel."""
    told = (f"{arrow} {_span(axis)}" for arrow, axis in (("→", pair.first), ("↑", pair.second)))
    return tag("p", *(tag("span", line, class_="line") for line in told), class_="quiet small")


def _span(axis: Axis) -> str:
    gap = ", then missing" if axis.gaps else ""
    if axis.labels:
        shown = [short(name, 14) for name in axis.labels]
        if len(shown) > 6:
            shown = [*shown[:3], "…", *shown[-2:]]
        return f"{axis.name}: {', '.join(shown)}{gap}"
    low, high = _ends(axis, axis.edges[0], axis.edges[-1])
    return f"{axis.name}: {low} to {high}{gap}"


def pairs(evidence: Evidence) -> Markup | None:
    """The map, then the most telling pairs; None for a single column."""
    grid = evidence.portrait.grid
    if grid is None:
        return None
    total = len(evidence.columns)
    which = "All columns. " if len(grid.names) == total else (
        f"The {len(grid.names)} of {total:,} columns whose pairs are farthest. "
    )  # fmt: skip
    told = tag(
        "p",
        f"{which}Below the diagonal: how far the joint distribution of two columns is from the "
        "data's. Above it: the same of real rows in the samples' place, which is the noise to "
        "compare with.",
    )
    beside = "card split" if len(grid.names) <= BESIDE else "card"
    table = _farthest(evidence.pairs[:LISTED])
    parts = [told, tag("div", heat_map(grid), table, class_=beside)]
    if telling_ones := evidence.portrait.pairs:
        note = "Where both numbers of a pair are close, there is little to see but noise."
        parts += [
            tag("h3", "The most telling pairs"),
            tag("p", note),
            telling(telling_ones),
        ]
    return joined(parts)
