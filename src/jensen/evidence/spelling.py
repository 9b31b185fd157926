"""Numbers, times and durations as users write them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from jensen.evidence.sample import CLOCK, DURATION, TIME

DAY, HOUR, MINUTE = 86400.0, 3600.0, 60.0
UNITS = (DAY, HOUR, MINUTE, 1.0)
TIMES = (TIME, CLOCK, DURATION)
"""Kinds whose numbers are seconds."""


def spelt(value: float, kind: str) -> str:
    """A threshold as users write it: 99,000, 0.35, 2020-01-31, 14:05, 1h 30m."""
    if kind == TIME:
        moment = datetime.fromtimestamp(value, UTC)
        form = "%Y-%m-%d %H:%M" if value % MINUTE == 0 else "%Y-%m-%d %H:%M:%S"
        return moment.strftime("%Y-%m-%d" if value % DAY == 0 else form)
    if kind == CLOCK:
        moment = datetime.fromtimestamp(float(np.clip(value, 0.0, DAY - 1e-6)), UTC)
        return moment.strftime("%H:%M" if value % MINUTE == 0 else "%H:%M:%S")
    if kind == DURATION:
        return _duration(value)
    text = f"{value:,.6f}".rstrip("0").rstrip(".") if 1e-4 <= abs(value) < 1e15 else f"{value:g}"
    return "0" if value == 0 else text


def _duration(value: float) -> str:
    """As a condition may have it: 3d, 1h 10m 14s, 0.5s."""
    rest, parts = abs(value), list[str]()
    for unit, letter in zip(UNITS[:-1], "dhm", strict=True):
        if whole := int(rest // unit):
            parts.append(f"{whole}{letter}")
        rest -= whole * unit
    if (rest := round(rest, 6)) or not parts:
        parts.append(f"{rest:g}s")
    return ("-" if value < 0 else "") + " ".join(parts)


def spelt_ends(values: Sequence[float], kind: str) -> list[str]:
    """Ends of cells, in rising order: as finely as it takes to tell them apart."""
    if kind in TIMES and len(values) > 1:
        step = min(b - a for a, b in pairwise(values))
        unit = next((u for u in UNITS if u <= step), None)
        if unit is not None:
            values = [float(np.floor(v / unit + 0.5)) * unit for v in values]
    return [spelt(v, kind) for v in values]


def round_between(low: float, high: float, kind: str) -> float:
    """The roundest t with low ≤ t < high: a day, an hour, ..; or a decimal of few digits, whole
    between whole numbers."""
    if kind in TIMES:
        rounded = [np.ceil(low / unit) * unit for unit in UNITS]
    else:
        middle = low / 2 + high / 2 if np.isfinite(high) else low
        rounded = [float(f"{middle:.{digits}g}") for digits in range(1, 16)]
        if low.is_integer() and high.is_integer():
            rounded = [t for t in rounded if t.is_integer()]
    return next((float(t) for t in rounded if low <= t < high), low)
