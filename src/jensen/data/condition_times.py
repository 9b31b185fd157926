"""Times inside conditions, read exactly: in the column's own form, then as ISO 8601 has them.

A slash date where the column has none is refused: whether day or month comes first is not guessed.
"""

import datetime as dt
import re
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from jensen.data.clause import Clause, is_missing
from jensen.data.dtypes import dtype_of, ticks_per_second
from jensen.data.origin import TextForm
from jensen.data.text_forms import write_column
from jensen.errors import ConditionError

_CLOCK = r"(\d{1,2}):(\d\d)(?::(\d\d)(\.\d+)?)?(?: ?([ap])m)?"
_ZONE = r" ?(Z|UTC|[+-]\d\d(?::?\d\d)?)"
_TIME = re.compile(rf"{_CLOCK}(?:{_ZONE})?", re.IGNORECASE)
_MOMENT = re.compile(rf"(.+?)(?:[T ] ?({_CLOCK}(?:{_ZONE})?))?", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d\d?)\2(\d\d?)")
_PART = r"(-?)(\d+(?:\.\d+)?) ?(min|ms|us|µs|ns|d|h|m|s)"
_PARTS = re.compile(rf"{_PART}(?: ?{_PART})*")
_ISO = r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(\.\d+)?S)?)?(?<![PT])"
_DAYS = r"(-?)(?:(\d+) days?(?:, | \+| ))?(\d+):(\d\d):(\d\d)(\.\d+)?"

_UNITS = {
    **{"d": Fraction(86400), "h": Fraction(3600), "m": Fraction(60), "min": Fraction(60)},
    **{"s": Fraction(1), "ms": Fraction(1, 10**3), "us": Fraction(1, 10**6)},
    **{"µs": Fraction(1, 10**6), "ns": Fraction(1, 10**9), "ps": Fraction(1, 10**12)},
    **{"fs": Fraction(1, 10**15), "as": Fraction(1, 10**18)},
}

_EPOCH = dt.date(1970, 1, 1)
_EXAMPLE = {
    "date": pl.Series([dt.date(2024, 2, 29)]),
    "datetime": pl.Series([dt.datetime(2024, 2, 29, 12, 30)]),
    "time": pl.Series([dt.time(12, 30)]),
    "duration": pl.Series([dt.timedelta(minutes=90)]),
}
_ISO_EXAMPLE = {
    "date": "2024-02-29",
    "datetime": "2024-02-29T12:30",
    "time": "12:30:00",
    "duration": "90s, 15m, 2h or 3d, or several as in '1h 10m 14s'",
}
_OBJECTS = {
    "date": "a datetime.date, datetime.datetime, numpy.datetime64 or pandas.Timestamp",
    "time": "a datetime.time",
    "duration": "a datetime.timedelta, numpy.timedelta64 or pandas.Timedelta",
}
_OBJECTS["datetime"] = _OBJECTS["date"]


class _Read(NamedTuple):
    """Seconds since 1970 or midnight, or of a duration; and those that a zone is east of UTC."""

    seconds: Fraction
    offset: Fraction | None = None


def ticks_of(clause: Clause, value: Any) -> Fraction:
    """A time in the ticks of its column (of a date: days), not rounded to whole ones.

    Without a zone it is local time of the column's zone; with one it is that instant.

    Args:
        clause: on a column of dates, datetimes, times of day or durations.
        value: text or an object of the standard library, NumPy or pandas.

    Raises:
        ConditionError: it is no such time, or has a zone where the column has none.
    """
    dtype = dtype_of(clause.column.dtype)
    kind = str(dtype).split("(")[0].lower()
    try:
        read = _of_text(value.strip(), kind, clause) if isinstance(value, str) else None
        read = _of_object(value, kind) if not isinstance(value, str) else read
    except (ValueError, OverflowError, pl.exceptions.PolarsError):  # the 30th of February
        read = None
    if read is None:
        raise ConditionError(_unreadable(clause, kind, value))
    zone = dtype.time_zone if isinstance(dtype, pl.Datetime) else None
    if zone is not None:
        return _utc(clause, read, zone, value) * (ticks_per_second(dtype) or 1)
    if read.offset is not None:
        raise ConditionError(
            f"{clause.text!r} must compare {clause.column.name!r}, whose values have no time zone, "
            f"with a {kind} that has none, and {_shown(value)} has one; leave it out."
        )
    return read.seconds * (ticks_per_second(dtype) or _UNITS["d"] ** -1)


def _unreadable(clause: Clause, kind: str, value: Any) -> str:
    what = f"{clause.text!r} must compare {clause.column.name!r}, a column of {kind}s, with "
    if not isinstance(value, str):
        return (
            f"{what}{_OBJECTS[kind]}, or text such as {_ISO_EXAMPLE[kind]}, and {_shown(value)} is "
            f"of type {type(value).__name__}; give one of them."
        )
    own = _written(clause, kind)
    own = f" or, as in the file, {own!r}" if own not in (None, _ISO_EXAMPLE[kind]) else ""
    return f"{what}a value such as {_ISO_EXAMPLE[kind]}{own}, and {value!r} is none; mend it."


def _shown(value: Any) -> str:
    return repr(value) if isinstance(value, str | bytes) else str(value)


def _written(clause: Clause, kind: str) -> str | None:
    """An example in the column's own form."""
    if clause.form is None or clause.form.format is None:
        return None
    example, dtype = _EXAMPLE[kind], dtype_of(clause.column.dtype)
    if isinstance(dtype, pl.Datetime) and dtype.time_zone is not None:
        example = example.dt.replace_time_zone(dtype.time_zone)
    return str(write_column(example.cast(dtype), clause.form)[0])


def _utc(clause: Clause, read: _Read, zone: str, value: Any) -> Fraction:
    """Seconds of UTC; where there is no offset, that of the column's rows in the file or zone."""
    offset = read.offset
    if offset is None and clause.form is not None and clause.form.offset is not None:
        offset = Fraction(clause.form.offset)
    if offset is not None:
        return read.seconds - offset
    whole = read.seconds.__floor__()
    try:
        local = pl.Series([whole * 10**6]).cast(pl.Datetime("us")).dt.replace_time_zone(zone)
    except pl.exceptions.PolarsError as error:
        raise ConditionError(
            f"{clause.text!r} must name one moment, and {_shown(value)} in {zone}, where clocks "
            "were put on or back, is none or two; write its offset from UTC, such as +01:00."
        ) from error
    return read.seconds - whole + Fraction(int(local.cast(pl.Int64)[0]), 10**6)


def _of_text(value: str, kind: str, clause: Clause) -> _Read | None:
    if kind == "duration":
        return _duration(value)
    if kind == "time":
        found = _TIME.fullmatch(value)
        return None if found is None else _clock(*found.groups())
    found = _MOMENT.fullmatch(value)
    day = None if found is None else _day(found[1], clause.form)
    if found is None or day is None:
        return None
    days = (day - _EPOCH).days * _UNITS["d"]
    if found[2] is None:
        return _Read(days)
    clock = _clock(*found.groups()[2:])
    return _Read(days + clock.seconds, clock.offset)


def _clock(
    hour: str,
    minute: str,
    second: str | None,
    fraction: str | None,
    half: str | None,
    zone: str | None,
) -> _Read:
    if half is not None and not 1 <= int(hour) <= 12:
        raise ValueError("no such hour")
    hours = int(hour) if half is None else int(hour) % 12 + 12 * (half in "pP")
    seconds = _seconds_of(dt.time(hours, int(minute), int(second or 0)))
    return _Read(seconds + Fraction(fraction or 0), None if zone is None else _offset(zone))


def _offset(zone: str) -> Fraction:
    digits = re.sub(r"\D", "", zone).ljust(4, "0")
    seconds = 3600 * int(digits[:2]) + 60 * int(digits[2:])
    return Fraction(-seconds if zone[0] == "-" else seconds)


def _day(text: str, form: TextForm | None) -> dt.date | None:
    """A date in the form of the column, or with the year first."""
    if form is not None and form.format is not None and form.kind in ("date", "datetime"):
        own = re.split(r"[T ]?%-?[HI]", form.format)[0]
        # a year of two digits would be read as one of the first century
        found = pl.Series([text]).str.to_date(own, strict=False)[0] if _has_year(text) else None
        if found is not None:
            return found
    iso = _YEAR_FIRST.fullmatch(text)
    return None if iso is None else dt.date(int(iso[1]), int(iso[3]), int(iso[4]))


def _has_year(text: str) -> bool:
    return re.search(r"(?<!\d)\d{4}(?!\d)", text) is not None


def _duration(value: str) -> _Read | None:
    if _PARTS.fullmatch(value):
        parts = re.findall(_PART, value)
        if len({sign for sign, _, _ in parts}) > 1:  # -1h 10m: 50 or 70 minutes?
            return None
        total = sum((Fraction(number) * _UNITS[unit] for _, number, unit in parts), Fraction(0))
        return _Read(-total if parts[0][0] else total)
    found = re.fullmatch(_ISO, value) or re.fullmatch(_DAYS, value)
    if found is None:
        return None
    days, hours, minutes, seconds, fraction = (Fraction(part or 0) for part in found.groups()[1:])
    sign, rest = -1 if found[1] else 1, (hours * 60 + minutes) * 60 + seconds + fraction
    # Python's -1 day, 23:00:00 and pandas' -1 days +23:00:00 are one hour before
    return _Read(days * 86_400 * sign + (rest if re.search("[,+]", value) else rest * sign))


def _of_object(value: Any, kind: str) -> _Read | None:
    if is_missing(value):
        return None
    if kind == "duration":
        if isinstance(value, np.timedelta64):
            return _of_numpy(value)
        return _Read(_seconds_in(value)) if isinstance(value, dt.timedelta) else None
    if kind == "time":
        aware = isinstance(value, dt.time) and value.tzinfo is not None
        offset = Fraction(0) if aware else None  # which one does not matter: there is no date
        return _Read(_seconds_of(value), offset) if isinstance(value, dt.time) else None
    if isinstance(value, np.datetime64):
        return _of_numpy(value)
    if isinstance(value, dt.datetime):
        east = value.utcoffset()
        days = (value.date() - _EPOCH).days * _UNITS["d"]
        return _Read(days + _seconds_of(value), None if east is None else _seconds_in(east))
    return _Read((value - _EPOCH).days * _UNITS["d"]) if isinstance(value, dt.date) else None


def _seconds_of(time: dt.time | dt.datetime) -> Fraction:
    """Since midnight; those of pandas have nanoseconds."""
    whole = 3600 * time.hour + 60 * time.minute + time.second
    nano = 1000 * time.microsecond + int(getattr(time, "nanosecond", 0))
    return whole + Fraction(nano, 10**9)


def _seconds_in(span: dt.timedelta) -> Fraction:
    nano = 1000 * span.microseconds + int(getattr(span, "nanoseconds", 0))
    return 86400 * span.days + span.seconds + Fraction(nano, 10**9)


def _of_numpy(value: Any) -> _Read | None:
    unit, size = np.datetime_data(value.dtype)
    number = int(value.astype(np.int64)) * size
    if unit in ("Y", "M", "W", "D") and isinstance(value, np.datetime64):
        return _Read(int(value.astype("datetime64[D]").astype(np.int64)) * _UNITS["d"])
    units: dict[str, Fraction] = _UNITS | {"D": _UNITS["d"], "W": 7 * _UNITS["d"]}
    return _Read(number * units[unit]) if unit in units else None  # months differ in length
