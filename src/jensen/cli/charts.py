"""Pictures made of characters."""

from collections.abc import Sequence
from itertools import pairwise

_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def bar(value: float, largest: float, width: int = 30) -> str:
    """A bar as long as value / largest of the width, to an eighth of a character."""
    eighths = round(8 * width * min(max(value, 0.0) / largest, 1.0)) if largest > 0 else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")


def line_chart(
    x: Sequence[float],
    y: Sequence[float],
    *,
    width: int = 60,
    height: int = 8,
    whole: bool = False,
    ends: tuple[str, str] | None = None,
) -> list[str]:
    """A line through points, in braille dots, with the ends of both axes.

    The first steps of a fit start far below the rest: what lies below the lowest value of the
    later three quarters is drawn at the lower edge, so that the rest can be seen.

    Args:
        x, y: the points.
        width, height: in characters.
        whole: draw all of y.
        ends: what to write at the ends of the x axis, where x is not its own label.
    """
    low, high = min(y if whole else y[len(y) // 4 :]), max(y)
    span = (high - low) or 1.0
    reach = (max(x) - x[0]) or 1.0
    columns = [round((v - x[0]) / reach * (2 * width - 1)) for v in x]
    rows = [round((high - max(v, low)) / span * (4 * height - 1)) for v in y]
    cells = [[0] * width for _ in range(height)]
    for column, row in _line(columns, rows):
        cells[row // 4][column // 2] |= _DOTS[column % 2][row % 4]
    labels = [f"{high:.2f}", *[""] * (height - 2), f"{low:.2f}"]
    margin = max(map(len, labels))
    lines = [
        f"{label:>{margin}} ┤" + "".join(chr(0x2800 + dots) for dots in line)
        for label, line in zip(labels, cells, strict=True)
    ]
    first, last = ends or (f"{x[0]:,.0f}", f"{max(x):,.0f}")
    return [*lines, f"{'':>{margin}}  {first}{last:>{width - len(first)}}"]


def _line(columns: Sequence[int], rows: Sequence[int]) -> list[tuple[int, int]]:
    """All dots on the way from point to point."""
    dots = list(zip(columns, rows, strict=True))
    for (a, b), (c, d) in pairwise(zip(columns, rows, strict=True)):
        n = max(abs(c - a), abs(d - b), 1)
        dots += [(a + round(i * (c - a) / n), b + round(i * (d - b) / n)) for i in range(n)]
    return dots
