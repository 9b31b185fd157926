"""Where the difference is seen: regions, columns that a classifier needs, columns as targets."""

from collections.abc import Mapping, Sequence

from jensen.evidence import Estimate, Evidence, Look, Prediction, Region
from jensen.evidence.results import percent
from jensen.evidence.sides import MOST_ROWS
from jensen.evidence.telling import number
from jensen.report.histograms import histogram
from jensen.report.markup import (
    Markup,
    Scale,
    bar,
    joined,
    label,
    legend,
    mark,
    picture,
    rows,
    rule,
    tag,
)

MOST_COLUMNS = 15
ROW = 24
SCORES = {
    "AUC": "two classes; at ½, the dashed line, nothing is learned",
    "accuracy": "more classes; marginals show what the most frequent ones reach",
    "R²": "numbers; at 0 nothing is learned, and what lies below 0 counts as 0",
}
"""What each score says."""


def regions(evidence: Evidence) -> Markup:
    """Each region: its rule, and the two shares with their intervals, all on one scale."""
    found = evidence.regions
    items = [
        tag(
            "li",
            tag("p", "rows with ", tag("b", r.rule, class_="name")),
            _two_shares(r, max(r.real.high, r.synthetic.high)),
            class_="region",
        )
        for r in found
    ]
    real, synthetic = rows_tested(evidence.rows)
    told = (
        f"Shares of {real:,} rows of the data and {synthetic:,} of the samples, other rows than "
        "those that the regions were found in; lines are 95 % intervals."
    )
    keys = legend(("real", "share of the data"), ("samples", "share of the samples"))
    return joined([tag("p", told), keys, tag("ol", *items, class_="regions")])


def rows_tested(rows: Mapping[str, int]) -> tuple[int, int]:
    """Real and synthetic rows that regions are tested in: half of those that are looked at."""
    half = min(rows["training"] // 2, rows["synthetic"], MOST_ROWS)
    looked_at = min(2 * half, rows["synthetic"])
    return half, looked_at - looked_at // 2


def _two_shares(region: Region, most: float) -> Markup:
    """Bars from 0, their numbers and intervals beside them, and the ends of the scale."""
    scale = Scale(0.0, most, 0, 54)
    parts: list[str] = []
    for i, (estimate, class_) in enumerate(((region.real, "real"), (region.synthetic, "samples"))):
        y = 2 + 18 * i
        ends = f"({percent(estimate.low)} to {percent(estimate.high)})"
        parts.append(bar(0, y, scale(estimate.value), 12, class_))
        parts.append(rule(scale(estimate.low), y + 6, scale(estimate.high), y + 6, "whisker"))
        parts.append(label(56, y + 10, f"{percent(estimate.value)} {ends}", "start", "tick"))
    parts.append(rule(0, 40, 54, 40, "axis"))
    parts.append(label(0, 53, "0", "start", "tick"))
    parts.append(label(54, 53, percent(most), "end", "tick"))
    return picture(56, str(region), *parts)


def classifier(look: Look) -> Markup:
    """What the classifier gives to both tables, and which columns it needs for that."""
    told = (
        f"Boosted trees were fitted to two thirds of {look.rows:,} rows a side. On the others "
        f"their AUC is {number(look.auc)}; shuffling one column there tells how much of it hangs "
        "on that column and what goes with it. This is one fit on one part of the rows, so its AUC "
        "is not quite the figure c2st_auc above, the mean of three. "
    )
    if look.auc < 0.55:
        told += "With so low an AUC there is little to see, and what is seen is mostly noise."
    cards = tag("div", histogram(look.scores), _needed(look), class_="cards two")
    return joined([tag("p", told), cards])


def _needed(look: Look) -> Markup:
    shown = look.importances[:MOST_COLUMNS]
    most = max((max(one.drop, 0.0) for one in shown), default=0.0) or 1.0
    lines: list[tuple[str, float, list[Markup]]] = []
    for one in shown:
        drop = max(one.drop, 0.0)
        told = f"{one.name}: AUC falls by {number(drop)}"
        value = label(80 * drop / most + 2, 14, number(drop), "start", "tick")
        lines.append((one.name, 20, [bar(0, 3, 80 * drop / most, 13, "samples", told), value]))
    alt = "fall of the AUC when a column is shuffled: " + "; ".join(
        f"{one.name} {number(one.drop)}" for one in shown
    )
    more = len(look.importances) - len(shown)
    foot = tag("p", f"and {more:,} more columns", class_="quiet small") if more else Markup("")
    title = tag("h3", "fall of the AUC when a column is shuffled")
    return tag("article", title, rows(alt, lines), foot, class_="card")


def predictions(found: Sequence[Prediction]) -> Markup:
    """Each column as a target: fitted to samples beside fitted to real rows, scores apart."""
    of = {score: [one for one in found if one.score == score] for score in SCORES}
    cards = (
        tag("div", tag("h4", score), tag("p", SCORES[score], class_="quiet small"),
            _scores(ones, 0.5 if score == "AUC" else None))
        for score, ones in of.items()
        if ones
    )  # fmt: skip
    return tag("div", *cards, class_="stack")


def _scores(found: Sequence[Prediction], chance: float | None) -> Markup:
    """One score from 0 to 1, what is no better than chance marked where it is known."""
    scale = Scale(0.0, 1.0, 4, 96)
    ticks = (0.0, 0.5, 1.0)
    grid = [rule(scale(t), 0, scale(t), ROW, "grid") for t in ticks if t != chance]
    if chance is not None:
        grid.append(rule(scale(chance), 0, scale(chance), ROW, "ideal"))
    lines: list[tuple[str, float, list[Markup]]] = []
    for one in found:
        e, y = one.estimate, ROW / 2
        low, high = scale(e.low), scale(e.high)
        marks = [
            mark(scale(one.marginals), y, "marginals"),
            mark(scale(one.real), y, "real"),
            bar(low, y - 3, high - low, 6, "interval", _told(one, e)),
            mark(scale(e.value), y, "samples"),
        ]
        lines.append((one.target, ROW, [*grid, *marks]))
    words = zip(ticks, ("0", "½", "1"), strict=True)
    lines.append(("", 18, [label(scale(t), 13, w, "middle", "tick") for t, w in words]))
    alt = "scores of models fitted to samples and to real rows: " + "; ".join(
        _told(one, one.estimate) for one in found
    )
    return rows(alt, lines)


def _told(one: Prediction, e: Estimate) -> str:
    return (
        f"{one.target} ({one.score}): samples {number(e.value)}, real rows {number(one.real)}, "
        f"marginals {number(one.marginals)}"
    )


def copied_rows(evidence: Evidence) -> Markup:
    """The rows that equal, or all but equal, a training row."""
    copied = evidence.copying.rows
    if not copied:
        return Markup("")
    head = tag("tr", *(tag("th", h, scope="col") for h in ("sample", "training row", "distance")))
    body = [
        tag(
            "tr",
            tag("td", f"{c.synthetic_row:,}"),
            tag("td", f"{c.training_row:,}"),
            tag("td", "equal" if c.exact else number(c.distance)),
        )
        for c in copied
    ]
    caption = tag("caption", _copies_in_all(evidence))
    table = tag("table", caption, tag("thead", head), tag("tbody", *body))
    return tag("div", table, class_="farthest")


def _copies_in_all(evidence: Evidence) -> str:
    """How many of all samples are listed, and how many there are."""
    n = evidence.rows["synthetic"]
    of = {m.name: m.estimate.value for m in evidence.measures}
    equal = round(n * of.get("exact_copies", 0.0))
    total = f"; {equal:,} of {n:,} samples equal a training row"
    first = f": the first {len(evidence.copying.rows):,}"
    return f"Copies, rows counted from 1{first}{total}"
