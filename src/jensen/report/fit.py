"""A model's fit: how the bound rose, what each latent dimension carries, where rows lie."""

from collections.abc import Sequence

from jensen.evidence import FitPortrait
from jensen.evidence.telling import number
from jensen.report.markup import (
    Markup,
    Scale,
    anchor_at,
    bar,
    label,
    legend,
    mark,
    picture,
    rule,
    spelt_ticks,
    stretched,
    tag,
)

TOP, TALL = 14, 150
LEFT, RIGHT = 12.0, 98.0
MOST_DIMENSIONS = 40
KEPT_OUT = "rows the fit kept out"
"""Not the held-out rows that a check was given, whose figures stand above."""
SIDE, RIM = 380, 34


def fit(drawn: FitPortrait) -> Markup:
    """The bound and the KL while the model was fitted, then its latent space."""
    cards: list[str] = []
    if len(drawn.steps) > 1:
        cards += [_history(drawn), _kl_history(drawn)]
    if drawn.kl_per_dimension:
        cards.append(_dimensions(drawn))
    if len(drawn.dimensions) == 2 and drawn.real:
        cards.append(_latent(drawn))
    return tag("div", *cards, class_="cards two")


def _history(drawn: FitPortrait) -> Markup:
    """The first looks may lie far below the rest: then they are at the lower edge, as is said."""
    later = drawn.held_out[len(drawn.held_out) // 4 :]
    low, high = min(later), max(drawn.held_out)
    if low > drawn.marginals > low - 2 * (high - low):
        low = drawn.marginals
    margin = 0.06 * ((high - low) or 1.0)
    at = drawn.steps.index(drawn.best) if drawn.best in drawn.steps else len(drawn.steps) - 1
    best = drawn.held_out[at]
    y = Scale(low - margin, high + margin, TOP + TALL, TOP)
    alt = (
        f"bound of {KEPT_OUT} over {drawn.steps[-1]:,} steps, from {number(drawn.held_out[0])} to "
        f"{number(best)} nats per row at step {drawn.best:,}, whose weights were kept; product of "
        f"marginals {number(drawn.marginals)}"
    )
    level: list[str] = []
    if y.low <= drawn.marginals <= y.high:
        at_y = y(drawn.marginals)
        level = [rule(LEFT, at_y, RIGHT, at_y, "ideal"),
                 label(RIGHT, at_y - 5, "product of marginals", "end", "tick")]  # fmt: skip
    x = Scale(drawn.steps[0], drawn.steps[-1], LEFT, RIGHT)
    marks = [mark(x(drawn.best), y(best), "samples")]
    below = sum(value < y.low for value in drawn.held_out)
    told = f"● the weights that were kept: step {drawn.best:,}, {number(best)} nats"
    if below:
        looks = "1 early look" if below == 1 else f"{below:,} early looks"
        told += f". Drawn at the foot: {looks} below it, down to {number(min(drawn.held_out))} nats"
    return tag("article", tag("h3", f"bound of {KEPT_OUT}, nats per row"),
               _lines(drawn.steps, drawn.held_out, y, alt, [*level, *marks]),
               tag("p", told, class_="quiet small"), class_="card")  # fmt: skip


def _kl_history(drawn: FitPortrait) -> Markup:
    y = Scale(0.0, 1.08 * max(drawn.kl) or 1.0, TOP + TALL, TOP)
    alt = f"KL(q(z|x) ‖ p(z)) of {KEPT_OUT}, {number(drawn.kl[0])} at first, "
    alt += f"{number(drawn.kl[-1])} nats at the end"
    return tag("article", tag("h3", f"KL(q(z|x) ‖ p(z)) of {KEPT_OUT}, nats"),
               _lines(drawn.steps, drawn.kl, y, alt, []), class_="card")  # fmt: skip


def _lines(
    steps: Sequence[float], values: Sequence[float], y: Scale, alt: str, more: Sequence[str]
) -> Markup:
    x = Scale(steps[0], steps[-1], LEFT, RIGHT)
    parts: list[str] = []
    ticks = y.ticks()
    for tick, words in zip(ticks, spelt_ticks(ticks), strict=True):
        parts.append(rule(LEFT, y(tick), RIGHT, y(tick), "grid"))
        parts.append(label(LEFT - 1.5, y(tick) + 4, words, "end", "tick"))
    ticks = [t for t in x.ticks() if t > 0] or [steps[-1]]
    for tick, words in zip(ticks, spelt_ticks(ticks), strict=True):
        parts.append(label(x(tick), TOP + TALL + 18, words, anchor_at(x(tick)), "tick"))
    parts.append(label(LEFT, TOP + TALL + 18, "steps", "middle", "tick"))
    points = " ".join(
        f"{10 * x(s):.1f},{y(v) - TOP:.1f}" for s, v in zip(steps, values, strict=True)
    )
    line = tag("polyline", points=points, class_="steps samples")
    return picture(TOP + TALL + 24, alt, *parts, stretched(TALL, line, y=TOP), *more)


def _dimensions(drawn: FitPortrait) -> Markup:
    order = sorted(enumerate(drawn.kl_per_dimension, 1), key=lambda pair: -pair[1])
    shown = order[:MOST_DIMENSIONS]
    most = max(kl for _, kl in shown) or 1.0
    parts: list[str] = []
    for i, (dimension, kl) in enumerate(shown):
        y = 20 * i + 4
        parts.append(label(10, y + 11, f"z{dimension}", "end", "level"))
        parts.append(bar(12, y, 72 * max(kl, 0.0) / most, 13, "samples"))
        parts.append(label(13.5 + 72 * max(kl, 0.0) / most, y + 11, number(kl), "start", "tick"))
    alt = "KL of each latent dimension, nats: " + "; ".join(f"z{d} {number(kl)}" for d, kl in shown)
    return tag("article", tag("h3", "KL of each latent dimension, nats"),
               picture(20 * len(shown) + 8, alt, *parts), class_="card")  # fmt: skip


def _latent(drawn: FitPortrait) -> Markup:
    """Posterior means of real rows and of samples, in the two dimensions that carry most."""
    points = [*drawn.real, *drawn.synthetic]
    ends = [(min(v), max(v)) for v in zip(*points, strict=True)]
    pads = [0.05 * ((high - low) or 1.0) for low, high in ends]
    x = Scale(ends[0][0] - pads[0], ends[0][1] + pads[0], RIM, SIDE - 4)
    y = Scale(ends[1][0] - pads[1], ends[1][1] + pads[1], SIDE - RIM, 4)
    parts: list[str] = []
    for scale, horizontal in ((x, True), (y, False)):
        ticks = scale.ticks()
        for tick, words in zip(ticks, spelt_ticks(ticks), strict=True):
            at = f"{scale(tick):.1f}"
            place = {"x": at, "y": SIDE - RIM + 15} if horizontal else {"x": RIM - 5, "y": at}
            line = {"x1": at, "x2": at, "y1": 4, "y2": SIDE - RIM} if horizontal else {
                "y1": at, "y2": at, "x1": RIM, "x2": SIDE - 4}  # fmt: skip
            parts.append(tag("line", class_="grid", **line))
            parts.append(
                tag(
                    "text",
                    words,
                    text_anchor="middle" if horizontal else "end",
                    class_="tick",
                    **place,
                )
            )
    for class_, side in (("real", drawn.real), ("samples", drawn.synthetic)):
        parts += [
            tag("circle", cx=f"{x(p[0]):.1f}", cy=f"{y(p[1]):.1f}", r="2.4", class_=f"{class_} dot")
            for p in side
        ]
    a, b = drawn.dimensions
    alt = f"posterior means of {len(drawn.real)} real rows and {len(drawn.synthetic)} samples in "
    alt += f"latent dimensions {a} and {b}"
    drawing = tag("svg", *parts, class_="latent", viewBox=f"0 0 {SIDE} {SIDE}", role="img",
                  aria_label=alt)  # fmt: skip
    foot = f"→ z{a}, ↑ z{b}, the two that carry most. Samples like the data lie where it does."
    return tag("article", tag("h3", "the latent space: E[z|x] of single rows"),
               legend(("real", "data"), ("samples", "samples")), drawing,
               tag("p", foot, class_="quiet small"), class_="card")  # fmt: skip
