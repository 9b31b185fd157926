"""Dates, times of day, moments and durations written as text."""

import re
from collections.abc import Iterator
from datetime import timedelta

import polars as pl

from jensen.data.origin import TextForm

_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y"),
    *("%m-%d-%Y", "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_UNPADDED = tuple(f.replace("%d", "%-d").replace("%m", "%-m") for f in _DATES)
_MOMENT = re.compile(
    r"^(?P<date>.*\d)(?P<gap>T| )(?P<time>\d{1,2}:\d\d.*?)(?P<zone> ?Z| ?UTC|[+-]\d\d:?\d\d)?$"
)
_CLOCK = re.compile(r"^\d{1,2}:\d\d(?P<seconds>:\d\d(?P<fraction>\.\d+)?)?(?P<half> ?[AaPp][Mm])?$")
_ISO = r"^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,6}))?S)?)?$"
_DAYS = r"^(-?)(?:(\d+) days?(?:, | \+| ))(\d+):(\d\d):(\d\d)(?:\.(\d{1,9}))?$"
_SECOND = 1_000_000


def read_times(text: pl.Series) -> tuple[pl.Series, TextForm] | None:
    """Read text [n] (null where missing) as dates, moments, times or durations.

    Returns:
        The typed column and the form, or None: some value does not fit, or day and month
        could be either way round.
    """
    sample = text.drop_nulls().head(200)
    first = str(sample[0])
    if not any(c.isdigit() for c in first) or not 4 <= len(first) <= 64:
        return None
    if re.match(r"^-?P", first) or " day" in first:
        return _read_duration(text)
    if _CLOCK.match(first):
        return _first_that_fits(text, sample, "time", list(_clock_formats(sample)))
    moment = _MOMENT.match(first)
    if moment is None:
        return _first_that_fits(text, sample, "date", [*_DATES, *_UNPADDED])
    return _read_moment(text, sample, moment)


def _clock_formats(sample: pl.Series) -> Iterator[str]:
    """The time formats that the sample's shapes allow, the most exact first."""
    match = _CLOCK.match(str(sample[0]))
    half = (match.group("half") or "") if match else ""
    suffix = half.lower().replace("am", "%p").replace("pm", "%p")
    hour = "%I" if half else "%H"
    if match is not None and match.group("seconds") is None:
        yield from (f"{hour}:%M{suffix}", f"{hour.replace('%', '%-')}:%M{suffix}")
        return
    lengths = sample.str.extract(r"\.(\d+)").str.len_bytes().unique().drop_nulls().to_list()
    if not lengths:
        yield from (f"{hour}:%M:%S{suffix}", f"{hour.replace('%', '%-')}:%M:%S{suffix}")
    elif lengths in ([3], [6], [9]):
        yield f"{hour}:%M:%S%.{lengths[0]}f{suffix}"
    yield f"{hour}:%M:%S%.f{suffix}"


def _read_moment(
    text: pl.Series, sample: pl.Series, moment: "re.Match[str]"
) -> tuple[pl.Series, TextForm] | None:
    zone, gap = moment.group("zone") or "", moment.group("gap")
    clock = sample.str.extract(r"(\d{1,2}:\d\d[^Z+-]*?)(?: ?Z| ?UTC|[+-]\d\d:?\d\d)?$")
    if clock.null_count() or not _CLOCK.match(str(clock[0])):
        return None
    offset: int | None = None
    if zone:
        suffixes = text.drop_nulls().str.extract(r"( ?Z| ?UTC|[+-]\d\d:?\d\d)$").unique()
        if suffixes.null_count():
            return None
        offset = _offset(zone) if len(suffixes) == 1 else None
        zone = zone if len(suffixes) == 1 else ("%:z" if ":" in zone else "%z")
    times = list(_clock_formats(clock))
    formats = [f"{d}{gap}{t}{zone}" for t in times for d in (*_DATES, *_UNPADDED)]
    found = _first_that_fits(text, sample, "datetime", formats)
    if found is None or not zone:
        return found
    values, form = found
    if offset is not None:
        values = _shift(values, -offset).dt.replace_time_zone("UTC")
    return values, form.model_copy(update={"offset": offset})


def _shift(values: pl.Series, seconds: int) -> pl.Series:
    unit = values.dtype.time_unit if isinstance(values.dtype, pl.Datetime) else "us"
    return values + pl.Series([timedelta(seconds=seconds)]).cast(pl.Duration(unit))


def _offset(zone: str) -> int:
    digits = zone.replace(":", "").strip()
    if digits in ("Z", "UTC"):
        return 0
    seconds = int(digits[1:3]) * 3600 + int(digits[3:5]) * 60
    return -seconds if digits[0] == "-" else seconds


def _first_that_fits(
    text: pl.Series, sample: pl.Series, kind: str, formats: list[str]
) -> tuple[pl.Series, TextForm] | None:
    """The one format that reads every value and writes it back the same.

    Two formats that both do, and differ in what they read, leave the column text.
    """
    unit = "ns" if sample.str.contains(r"\.\d{7,}").any() else "us"
    chosen: tuple[pl.Series, TextForm] | None = None
    for form in formats:
        if _parse(sample, kind, form, unit) is None:
            continue
        values = _parse(text, kind, form, unit)
        if values is None:
            continue
        if chosen is None:
            chosen = values, TextForm.model_validate({"kind": kind, "format": form})
        elif not (chosen[0] == values).all():
            return None
    return chosen


def _parse(text: pl.Series, kind: str, form: str, unit: str) -> pl.Series | None:
    if kind == "date":
        values = text.str.to_date(form, strict=False)
    elif kind == "time":
        values = text.str.to_time(form, strict=False)
    else:
        resolution = "ns" if unit == "ns" else "us"
        values = text.str.to_datetime(form, strict=False, time_unit=resolution)
    if values.null_count() > text.null_count():
        return None
    loose = "%.f" in form or form.endswith("z")  # the same value may be written otherwise
    return values if loose or (values.dt.to_string(form) == text).all() else None


def _read_duration(text: pl.Series) -> tuple[pl.Series, TextForm] | None:
    for style, pattern in (("iso", _ISO), ("days", _DAYS)):
        observed = text.drop_nulls()
        if not observed.str.contains(pattern).all() or observed.str.contains(r"[PT]$").any():
            continue
        parts = [text.str.extract(pattern, i) for i in range(1, 7)]
        sign = 1 - 2 * (parts[0] == "-").cast(pl.Int64)
        # pandas' -1 days +23:00:00 and Python's -1 day, 23:00:00 are one hour before
        of_rest = sign.set(text.str.contains(r"[,+]").fill_null(False), 1)
        days, hours, minutes, seconds = (p.cast(pl.Int64).fill_null(0) for p in parts[1:5])
        micro = parts[5].fill_null("").str.pad_end(9, "0").str.head(6).cast(pl.Int64)
        rest = ((hours * 60 + minutes) * 60 + seconds) * _SECOND + micro
        values = days * (86_400 * _SECOND) * sign + rest * of_rest
        values = values.set(text.is_null(), None).cast(pl.Duration("us")).alias(text.name)
        return values, TextForm(kind="duration", format=style)
    return None


def write_times(values: pl.Series, form: TextForm) -> pl.Series:
    """Write dates, times, moments or durations [n] as text, in their form or as ISO 8601."""
    dtype = values.dtype
    if isinstance(dtype, pl.Duration):
        fits = form.kind == "duration" and form.format == "days"
        return _write_days(values) if fits else values.dt.to_string("iso")
    fits = form.format is not None and form.kind == str(dtype).split("(")[0].lower()
    if isinstance(dtype, pl.Datetime):
        if fits and form.offset is not None and dtype.time_zone:
            utc = values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
            values = _shift(utc, form.offset)
        return values.dt.to_string(form.format if fits and form.format else "iso:strict")
    return values.dt.to_string(form.format if fits and form.format else "iso")


def _write_days(values: pl.Series) -> pl.Series:
    """As pandas does: 1 days 02:03:04, and -1 days +23:00:00 for an hour before."""
    micro = values.cast(pl.Duration("us")).cast(pl.Int64)
    days = micro // (86_400 * _SECOND)
    rest = micro - days * (86_400 * _SECOND)
    seconds = rest // _SECOND

    def two(part: pl.Series) -> pl.Series:
        return (part % 60).cast(pl.String).str.zfill(2)

    hours = (seconds // 3600).cast(pl.String).str.zfill(2)
    fraction = (rest % _SECOND).cast(pl.String).str.zfill(6)
    gap = pl.Series([" days ", " days +"]).gather((days < 0).cast(pl.UInt32))
    text = days.cast(pl.String) + gap + hours + ":" + two(seconds // 60) + ":" + two(seconds)
    return (text + "." + fraction).zip_with(rest % _SECOND != 0, text).alias(values.name)
