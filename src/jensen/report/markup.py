"""HTML and SVG as text. What is not markup already is escaped, so nothing from data can be."""

import math
from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

MOST_LETTERS = 22


class Markup(str):
    """Text that is HTML already; only `tag` and `joined` make it."""

    __slots__ = ()


def tag(name: str, *content: str, **attributes: object) -> Markup:
    """An element; content that is no `Markup` is escaped, attributes always are.

    Args:
        name: of the element.
        content: what is inside.
        attributes: `class_` is class, other underscores are hyphens; None leaves one out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = joined(content)
    return Markup(f"<{name}{given}>{inner}</{name}>")


def joined(parts: Iterable[str]) -> Markup:
    """One after the other, escaped where they are no `Markup`."""
    return Markup("".join(p if isinstance(p, Markup) else _escaped(p) for p in parts))


def _escaped(words: str) -> str:
    """With a space that does not break between a number and its percent sign."""
    return escape(words, quote=False).replace(" %", "\u00a0%")


def short(words: str, most: int = MOST_LETTERS) -> str:
    """A name that fits beside a picture; the end is kept, where names of columns differ."""
    if len(words) <= most:
        return words
    return f"{words[: most - 6]}…{words[-5:]}"


# ---------------------------------------------------------------- pictures


def picture(height: float, alt: str, *parts: str, class_: str = "plot") -> Markup:
    """A picture as wide as its place: x in percent, y in pixels, so that letters keep their size.

    Args:
        height: in pixels.
        alt: what it shows, for those who cannot see it.
        parts: elements.
        class_: for the style sheet.
    """
    return tag("svg", *parts, class_=class_, height=f"{height:g}", role="img", aria_label=alt)


def rows(alt: str, lines: Iterable[tuple[str, float, Sequence[str]]]) -> Markup:
    """A picture of rows, each with its name at the left, cut off only where there is no room.

    Args:
        alt: what it shows.
        lines: name, height in pixels, elements.
    """
    made = (
        tag(
            "div",
            tag("span", name, class_="name", title=name or None),
            tag("svg", *parts, class_="plot", height=f"{height:g}", aria_hidden="true"),
            class_="row",
        )
        for name, height, parts in lines
    )
    return tag("div", *made, class_="rows", role="img", aria_label=alt)


def stretched(height: float, *parts: str, y: float = 0.0) -> Markup:
    """Shapes in units of 1000 × `height`, drawn out over the whole width."""
    return tag(
        "svg", *parts, y=f"{y:g}", width="100%", height=f"{height:g}",
        viewBox=f"0 0 1000 {height:g}", preserveAspectRatio="none",
    )  # fmt: skip


def label(
    x: float, y: float, words: str, anchor: str = "middle", class_: str | None = None
) -> Markup:
    """Words at x percent and y pixels."""
    return tag(
        "text", words, x=f"{x:.2f}%", y=f"{y:g}", text_anchor=anchor, class_=class_
    )  # fmt: skip


def bar(x: float, y: float, width: float, height: float, class_: str, told: str = "") -> Markup:
    """A box from x percent, `width` percent wide; `told` when it is pointed at."""
    inside = (tag("title", told),) if told else ()
    return tag(
        "rect", *inside, x=f"{x:.2f}%", y=f"{y:g}", width=f"{max(width, 0.0):.2f}%",
        height=f"{height:g}", class_=class_,
    )  # fmt: skip


def rule(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A line, x in percent."""
    place = {"x1": f"{x1:.2f}%", "y1": f"{y1:g}", "x2": f"{x2:.2f}%", "y2": f"{y2:g}"}
    return tag("line", class_=class_, **place)


def mark(x: float, y: float, shape: str) -> Markup:
    """One of the shapes that the page defines: samples, real, marginals, copy."""
    return tag("use", href=f"#m-{shape}", x=f"{x:.2f}%", y=f"{y:g}")


def legend(*shown: tuple[str, str]) -> Markup:
    """What the colours are: (class of a swatch, words)."""
    keys = (tag("span", tag("i", class_=f"key {class_}"), words) for class_, words in shown)
    return tag("p", *keys, class_="legend")


# ---------------------------------------------------------------- numbers on axes


class Scale:
    """From values to percent of the width, between two margins."""

    def __init__(self, low: float, high: float, start: float = 0.0, end: float = 100.0):
        self.low, self.start, self.end = low, start, end
        self.high = high if high > low else low + 1.0

    def __call__(self, value: float) -> float:
        """Percent; what lies beyond an end is at the end."""
        share = (value - self.low) / (self.high - self.low)
        return self.start + min(max(share, 0.0), 1.0) * (self.end - self.start)

    def ticks(self, about: int = 4) -> list[float]:
        """Round numbers in between."""
        raw = (self.high - self.low) / about
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(s * power for s in (1, 2, 2.5, 5, 10) if s * power >= raw * 0.999)
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [i * step for i in range(first, last + 1)]


def spelt_ticks(ticks: Sequence[float]) -> list[str]:
    """With as many digits as tell them apart, and letters for many zeros: 1.5 M."""
    largest = max((abs(t) for t in ticks), default=0.0)
    unit, letter = next(
        ((u, w) for u, w in ((1e12, " T"), (1e9, " G"), (1e6, " M"), (1e4, " k")) if largest >= u),
        (1.0, ""),
    )
    if letter == " k":
        unit = 1e3
    step = min((abs(b - a) for a, b in pairwise(ticks)), default=largest)
    step = (step or 1.0) / unit
    if largest and (step < 1e-5 or largest >= 1e15):
        return [f"{t:.2g}" for t in ticks]
    digits = next(d for d in range(8) if abs(round(step, d) - step) < 1e-3 * step or d == 7)
    words = [f"{t / unit:,.{digits}f}" for t in ticks]
    return [f"{w}{letter}" if w.strip("-0.,") else w.lstrip("-") for w in words]


def anchor_at(x: float) -> str:
    """Words near an end of the picture stay inside."""
    return "start" if x < 8 else "end" if x > 92 else "middle"
