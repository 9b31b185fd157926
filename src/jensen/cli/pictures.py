"""Pictures as SVG text: a few lines of our own in place of a plotting library to install."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 84, 190, 46, 54
NOTE = "bars: ± standard error of the rise above K = 1; band: of AIS above IWAE"
INK, FAINT, LINE, BAND = "#222", "#ddd", "#2166ac", "#b2182b"


class Point(NamedTuple):
    """A mean at some x > 0, and the standard error of its rise above another one."""

    x: float
    value: float
    error: float


def tightening_picture(
    curve: Sequence[Point], level: Point | None, *, title: str, level_name: str
) -> str:
    """How a bound rises with the number of its draws, on a logarithmic axis, as an SVG file.

    Args:
        curve: the bound at each number of draws, as a bar the error of its rise above the first.
        level: another bound, drawn as a horizontal line, and as a band the error of its rise
            above the last of the curve; x is not used.
        title: what is shown.
        level_name: what stands beside that line.
    """
    points = [*curve] if level is None else [*curve, level]
    low = min(p.value - p.error for p in points)
    high = max(p.value + p.error for p in points)
    margin = 0.06 * ((high - low) or 1.0)
    y = _Axis(low - margin, high + margin, HEIGHT - BOTTOM, TOP)
    ends = math.log10(curve[0].x), math.log10(curve[-1].x)
    x = _Axis(ends[0], ends[1] if ends[1] > ends[0] else ends[0] + 1.0, LEFT + 14, WIDTH - RIGHT)
    told = f"{title}: from {curve[0].value:.3f} with {curve[0].x:,.0f} draw to "
    told += f"{curve[-1].value:.3f} nats per row with {curve[-1].x:,.0f} draws"
    if level is not None:
        told += f"; {level_name} {level.value:.3f}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="sans-serif" font-size="13">',
        f"<title>{escape(told)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        _text(LEFT, 24, title, size=15),
        _text(LEFT + 14, TOP - 8, NOTE),
        *_y_axis(y),
        *_x_axis(x, curve),
        *([] if level is None else _level(y, level, level_name)),
        *_curve(x, y, curve, level),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Axis(NamedTuple):
    """A line from `low` to `high` on the page from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """About five round numbers in between."""
        raw = (self.high - self.low) / 5
        power = 10.0 ** math.floor(math.log10(raw))
        step = min((s for s in (1, 2, 5, 10) if s * power >= raw), default=10) * power
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [i * step for i in range(first, last + 1)]


def _text(x: float, y: float, words: str, *, anchor: str = "start", size: int = 13) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"'
    return f'<text {place} fill="{INK}">{escape(words)}</text>'


def _line(a: float, b: float, c: float, d: float, colour: str, width: float = 1.0) -> str:
    place = f'x1="{a:.1f}" y1="{b:.1f}" x2="{c:.1f}" y2="{d:.1f}"'
    return f'<line {place} stroke="{colour}" stroke-width="{width}"/>'


def _y_axis(y: _Axis) -> list[str]:
    ticks = y.ticks()
    digits = max(0, -math.floor(math.log10(abs(ticks[1] - ticks[0])))) if len(ticks) > 1 else 2
    out = [_line(LEFT, y(t), WIDTH - RIGHT, y(t), FAINT) for t in ticks]
    out += [_text(LEFT - 8, y(t) + 4, f"{t:.{digits}f}", anchor="end") for t in ticks]
    return [*out, _text(8, TOP - 8, "nats per row")]


def _x_axis(x: _Axis, curve: Sequence[Point]) -> list[str]:
    base = HEIGHT - BOTTOM
    decades = [10.0**i for i in range(math.ceil(x.low), math.floor(x.high) + 1)]
    shown = decades if len(decades) > 1 else [curve[0].x, curve[-1].x]
    places = [(v, x(math.log10(v))) for v in shown]
    out = [_line(at, base, at, base + 5, INK) for _, at in places]
    out += [_text(at, base + 20, f"{v:,.0f}", anchor="middle") for v, at in places]
    middle = (LEFT + WIDTH - RIGHT) / 2
    words = "K, draws of z per row; with K = 1 it is the ELBO"
    axis = _line(LEFT, base, WIDTH - RIGHT, base, INK)
    return [axis, *out, _text(middle, base + 42, words, anchor="middle")]


def _level(y: _Axis, level: Point, name: str) -> list[str]:
    top, bottom = y(level.value + level.error), y(level.value - level.error)
    place = f'x="{LEFT}" y="{top:.1f}" width="{WIDTH - RIGHT - LEFT}" height="{bottom - top:.1f}"'
    return [
        f'<rect {place} fill="{BAND}" opacity="0.15"/>',
        _line(LEFT, y(level.value), WIDTH - RIGHT, y(level.value), BAND, 1.5),
        _text(WIDTH - RIGHT + 8, y(level.value) + 4, name),
    ]


def _curve(x: _Axis, y: _Axis, curve: Sequence[Point], level: Point | None) -> list[str]:
    places = [(x(math.log10(p.x)), p) for p in curve]
    path = " ".join(f"{at:.1f},{y(p.value):.1f}" for at, p in places)
    out = [f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>']
    for at, p in places:
        out.append(_line(at, y(p.value - p.error), at, y(p.value + p.error), LINE))
        out.append(f'<circle cx="{at:.1f}" cy="{y(p.value):.1f}" r="3" fill="{LINE}"/>')
    under = level is None or level.value >= curve[-1].value  # the name of the level is above
    name_y = y(curve[-1].value) + (20 if under else -12)
    return [*out, _text(places[-1][0] + 10, name_y, "IWAE, K draws")]
