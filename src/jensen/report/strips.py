"""Figures on axes: the interval of the samples, and what stands beside it."""

from jensen.evidence import Evidence, Measure
from jensen.evidence.likeness import MISLED, SURE
from jensen.evidence.results import Better
from jensen.evidence.telling import count_or_number, number
from jensen.report.markup import (
    Markup,
    Scale,
    anchor_at,
    bar,
    label,
    mark,
    picture,
    rule,
    tag,
)

BESIDE = (("floor", "real", "real rows"), ("marginals", "marginals", "marginals"),
          ("copy", "copy", "copy"))  # fmt: skip
HEIGHT, UPPER, LOWER, FEET, LINE = 54, 11, 27, 49, 13
NARROW = 32
"""Percent of the width at either end without room for centred words and the number there."""


BOTH = 2**0.5
"""How much wider than an interval the noise of a difference is: what it is compared with varies
as much."""


def figure(measure: Measure, ends: tuple[float, float] | None = None) -> Markup:
    """One figure: its name, its number, its picture, and how it was made."""
    note = [measure.note, f"{measure.rows:,} rows a side" if measure.rows else "", measure.source]
    told = "; ".join(n for n in note if n)
    how = tag("details", tag("summary", "how"), tag("p", told))
    return tag(
        "div",
        tag(
            "div",
            tag("h4", measure.title, " ", tag("code", measure.name)),
            _numbers(measure),
            how,
        ),
        tag("div", strip(measure, ends) if _has_picture(measure) else Markup("")),
        tag("p", told, class_="printed", aria_hidden="true"),
        class_="figure",
    )


def _numbers(measure: Measure) -> Markup:
    e = measure.estimate
    told = [tag("span", _key("samples"), tag("b", count_or_number(measure)), class_="n")]
    if e.high > e.low:
        told.append(tag("span", f"({number(e.low)} to {number(e.high)})", class_="n"))
    for field, shape, name in BESIDE:
        value = getattr(measure, field)
        if value is not None:
            told.append(tag("span", _key(shape), f"{name} {number(value)}", class_="n"))
    if measure.p_value is not None:
        p = f"{measure.p_value:.3g}" if measure.p_value >= 0.001 else "below 0.001"
        told.append(tag("span", f"p {p}" if p.startswith("b") else f"p = {p}", class_="n"))
    said = verdict(measure)
    if said is not None:
        good, words = said
        told.append(tag("span", words, class_="chip good" if good else "chip off"))
    return tag("p", *told, class_="numbers")


def _key(shape: str) -> Markup:
    use = tag("use", href=f"#m-{shape}", x="6", y="6")
    return tag("svg", use, class_="glyph", width="12", height="12", aria_hidden="true")


SAFE: dict[str, Better] = {"nndr": "higher"}
"""Which way is no sign of copying, of distances that real rows have too."""
EXACT = ("tstr_gap",)
"""Figures that real rows have a known value of: a difference of theirs from their own is 0."""
CLASSIFIERS = ("c2st_auc", "c2st_logistic_auc")


def verdict(measure: Measure) -> tuple[bool, str] | None:
    """Whether the samples are no worse than real rows would be, as far as test or interval tell."""
    floor = measure.floor
    if floor is None:
        return None
    good = _as_tested(measure) if measure.p_value is not None else _near(measure, floor)
    if measure.name in SAFE:
        return good, "✓ no nearer than real rows" if good else "✗ nearer than real rows"
    return good, "✓ as real rows" if good else "✗ unlike real rows"


def _as_tested(measure: Measure) -> bool:
    """By the p-value; a classifier that is misled by copies is no better for it."""
    misled = measure.name in CLASSIFIERS and measure.estimate.high < 0.5 - MISLED
    return (measure.p_value or 0.0) > SURE and not misled


def _near(measure: Measure, floor: float) -> bool:
    """By the interval, widened for the noise of what it is compared with, if that has any."""
    e = measure.estimate
    wider = 1.0 if measure.name in EXACT else BOTH
    below, above = (wider * (end - e.value) for end in (e.low, e.high))
    better = SAFE.get(measure.name, measure.better)
    beyond = {"lower": e.value <= floor, "higher": e.value >= floor}.get(better, False)
    return below <= floor - e.value <= above or beyond


def _has_picture(measure: Measure) -> bool:
    beside = any(getattr(measure, field) is not None for field, _, _ in BESIDE)
    return beside or (measure.group != "bound" and measure.estimate.high > measure.estimate.low)


def strip(measure: Measure, ends: tuple[float, float] | None = None) -> Markup:
    """The interval of the samples above an axis, and on it marks for what stands beside it."""
    e = measure.estimate
    beside = [(getattr(measure, f), shape, name) for f, shape, name in BESIDE]
    beside = [(v, shape, name) for v, shape, name in beside if v is not None]
    low, high = ends or extent([measure])
    scale = Scale(low, high, 3, 97)
    parts = [rule(scale(low), LOWER, scale(high), LOWER, "axis"), *_ideal(measure, scale)]
    parts += [mark(scale(v), LOWER, shape) for v, shape, _ in reversed(beside)]
    x, y = scale(e.low), scale(e.high)
    parts += [bar(x, UPPER - 3, y - x, 6, "interval"), mark(scale(e.value), UPPER, "samples")]
    better, below = _better(measure, scale)
    return picture(HEIGHT + below, _alt(measure), *parts, *_ends(scale), better)


def extent(measures: list[Measure]) -> tuple[float, float]:
    """The ends of an axis for some figures: all that is drawn, and what is ideal.

    Figures that are best at ½ are shares of 1: with one axis for all, they can be compared by eye.
    """
    if all(m.better == "half" for m in measures):
        return 0.0, 1.0
    values: list[float] = []
    for m in measures:
        values += [m.estimate.low, m.estimate.high]
        values += [v for f, _, _ in BESIDE if (v := getattr(m, f)) is not None]
    low, high = min(values), max(values)
    if all(m.group != "bound" for m in measures):
        for m in measures:
            if m.better == "lower" and low >= 0:
                low = 0.0
            if m.better == "higher" and high <= 1:
                high = 1.0
    margin = 0.04 * ((high - low) or 1.0)
    return low - (margin if low else 0.0), high + (margin if high != 1 else 0.0)


def _ideal(measure: Measure, scale: Scale) -> list[Markup]:
    """A dashed line where the figure should be."""
    at = {"half": 0.5, "real": measure.floor, "lower": 0.0, "higher": 1.0}[measure.better]
    if at is None or measure.group == "bound" or not scale.low <= at <= scale.high:
        return []
    return [rule(scale(at), 2, scale(at), 36, "ideal")]


def _ends(scale: Scale) -> list[Markup]:
    """The ends of the axis in numbers."""
    return [
        label(scale(v), FEET, number(v), anchor_at(scale(v)), "tick")
        for v in (scale.low, scale.high)
    ]


def _better(measure: Measure, scale: Scale) -> tuple[Markup, int]:
    """Which way is better, or what is ideal right under its line; and the room that it takes."""
    safe = "not below real rows is ideal" if measure.name in SAFE else "as real rows is ideal"
    at, told = {
        "lower": (0.0 if scale.low < 0 else None, "0 is ideal"),
        "higher": (None, ""),
        "half": (0.5, "½ is ideal"),
        "real": (measure.floor, safe),
    }[measure.better]
    if at is None or measure.group == "bound":
        words = "◂ better" if measure.better == "lower" else "better ▸"
        return label(50, FEET, words, "middle", "tick"), 0
    x = scale(at)
    anchor = "start" if x < NARROW else "end" if x > 100 - NARROW else "middle"
    words = {"start": f"◤ {told}", "end": f"{told} ◥", "middle": f"▴ {told}"}[anchor]
    below = LINE if anchor != "middle" else 0  # the number at this end of the axis stands above
    return label(x, FEET + below, words, anchor, "tick"), below


def _alt(measure: Measure) -> str:
    e = measure.estimate
    told = f"{measure.title}: samples {number(e.value)}, 95 % interval {number(e.low)} to "
    told += number(e.high)
    for field, _, name in BESIDE:
        if (value := getattr(measure, field)) is not None:
            told += f"; {name} {number(value)}"
    real = "not below real rows" if measure.name in SAFE else "as real rows"
    better = {"lower": "lower", "higher": "higher", "half": "½", "real": real}
    return f"{told}; better: {better[measure.better]}"


def figures(evidence: Evidence, group: str) -> Markup:
    """All figures of one question, those of the bound in nats on a common axis."""
    measures = [m for m in evidence.measures if m.group == group]
    nats = [m for m in measures if m.name in ("elbo", "iwae")]
    common = extent(nats) if nats else None
    drawn = [figure(m, common if m in nats else None) for m in measures]
    return tag("div", *drawn, class_="figures") if drawn else Markup("")
