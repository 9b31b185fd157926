"""Unique keys: the form they share, and fresh ones of that form, never one already used.

Row i of seed s gets the key whose number is perm_s(a * capacity + i), the first a for which
that key is not in use; perm_s is a keyed permutation, so two rows never share a key, and a
row's key does not depend on which other rows are asked for.
"""

import math
from typing import Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, ConfigDict

from jensen.data.dtypes import dtype_of
from jensen.data.permutation import key_of, mix, permute
from jensen.data.templates import Template, is_regular, learn_template, lengthen, loosen
from jensen.errors import OptionError

ENOUGH = 64 * 10**9  # at least so many keys beyond those in use, where the type has room
_LENGTHS, _LONGEST = 12, 64
_SAMPLE = 100_000
_DENSE = 0.5
_CHANCE = 18  # a row fails to find a free key with probability below 10**-18
_COUNTED = r"^(.*?)(\d{1,18})(\D*)$"


class IdentifierForm(BaseModel):
    """What the keys of a column look like, and how many more of them there are."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["counter", "template"]
    dtype: str
    prefix: str = ""
    suffix: str = ""
    width: int = 0
    """Counter: digits, with leading zeros; 0 for none."""
    start: int = 0
    """Counter: the first number not in use."""
    templates: tuple[Template, ...] = ()
    """One per length in use, then longer ones for when these run out."""
    salt: int = 0

    def words(self) -> str:
        """The form in words."""
        if self.kind == "counter":
            return f"counting on from {self._count(self.start)}"
        own = [t.text() for t in self.templates if t.weight and t.capacity]
        wide = [t.text() for t in self.templates if not t.weight and t.capacity]
        rows = max((t.capacity for t in self.templates if t.weight), default=0)
        parts = [f"like {', '.join(own)} (up to {rows:,} new)"] if own else []
        if wide:
            parts.append(f"{'then ' if own else ''}longer, like {wide[0]}")
        return "; ".join(parts)

    def _count(self, number: int) -> str:
        return f"{self.prefix}{str(number).zfill(self.width)}{self.suffix}"


def looks_like_keys(observed: pl.Series) -> bool:
    """Whether unique texts [n] share a form as keys do: few lengths, digits in each, and at
    every place one fixed character or letters and digits alone."""
    sample = observed.head(10_000)
    if not sample.str.contains(r"\d").all():
        return False
    lengths = sample.str.len_chars()
    if int(lengths.max() or 0) > _LONGEST or lengths.n_unique() > _LENGTHS:  # pyright: ignore[reportArgumentType]
        return False
    shared = [t for t in _by_length(sample) if t.weight > 1]
    covered = sum(t.weight for t in shared) >= len(sample) / 2
    return covered and all(is_regular(t) for t in shared)


def learn(values: pl.Series) -> tuple[IdentifierForm, np.ndarray]:
    """Learn the form of unique keys.

    Args:
        values: [n], whole numbers or text, all different, none missing.

    Returns:
        The form, and uint64 [m], sorted: salted hashes of the keys in use (not the keys).
    """
    counter = _counter(values)
    if counter is not None:
        return counter, np.zeros(0, np.uint64)
    texts = values.cast(pl.String)
    array = texts.to_numpy()
    lengths = texts.str.len_chars().to_numpy()
    templates: list[Template] = []
    found: list[np.ndarray] = []
    for template in _by_length(texts):
        group = array[lengths == len(template.slots)]
        fitted, numbers = _fit(template, group, values.dtype)
        templates.append(fitted)
        found.append(numbers)
    salt = key_of(len(values), *[int(np.bitwise_xor.reduce(n, initial=0)) for n in found])
    hashes = [_hash(n, i, salt) for i, n in enumerate(found)]
    used = np.unique(np.concatenate([np.zeros(0, np.uint64), *hashes]))
    longest = int(lengths.max()) if len(lengths) else 0
    wide = _longer(templates, longest, _most_digits(values.dtype))
    form = IdentifierForm(
        kind="template", dtype=str(values.dtype), templates=(*templates, *wide), salt=salt
    )
    return form, used


def _counter(values: pl.Series) -> IdentifierForm | None:
    """The form of keys that count up without a gap (or that may be negative)."""
    if values.dtype.is_integer():
        low, high = int(values.min() or 0), int(values.max() or 0)  # pyright: ignore[reportArgumentType]
        if low >= 0 and high - low + 1 != len(values):
            return None
        return IdentifierForm(kind="counter", dtype=str(values.dtype), start=high + 1)
    parts = values.str.extract_groups(_COUNTED).struct.unnest()
    prefix, digits, suffix = (parts.to_series(i) for i in range(3))
    if digits.null_count() or prefix.n_unique() > 1 or suffix.n_unique() > 1:
        return None
    counts = digits.cast(pl.Int64)
    high = int(counts.max() or 0)  # pyright: ignore[reportArgumentType]
    widths = digits.str.len_bytes()
    fixed = widths.n_unique() == 1
    padded = digits.str.starts_with("0") & (widths > 1)
    if high - int(counts.min() or 0) + 1 != len(values) or (padded.any() and not fixed):  # pyright: ignore[reportArgumentType]
        return None
    return IdentifierForm(
        kind="counter",
        dtype="String",
        prefix=str(prefix[0]),
        suffix=str(suffix[0]),
        width=int(widths[0]) if fixed else 0,
        start=high + 1,
    )


def _by_length(texts: pl.Series) -> list[Template]:
    """A template for each of the most frequent lengths."""
    lengths = texts.str.len_chars()
    counts = lengths.alias("length").value_counts(sort=True, name="n").head(_LENGTHS)
    templates: list[Template] = []
    for length, count in counts.sort("length").iter_rows():
        if length == 0:
            continue
        group = texts.filter(lengths == length).head(_SAMPLE).to_numpy()
        learned = learn_template(group, length)
        templates.append(learned.model_copy(update={"weight": count}))
    return templates


def _fit(template: Template, texts: np.ndarray, dtype: pl.DataType) -> tuple[Template, np.ndarray]:
    """Give a template its capacity, freeing its digits first if it is nearly used up."""
    template = _within_type(template, dtype)
    numbers = np.unique(template.numbers(texts))
    if len(numbers) > 0.1 * template.size:
        template = _within_type(loosen(template), dtype)
        numbers = np.unique(template.numbers(texts))
    density = len(numbers) / template.size
    if density > _DENSE or not template.weight:
        return template, numbers
    attempts = max(4, math.ceil(_CHANCE / -math.log10(max(density, 1e-18))))
    update = {"attempts": attempts, "capacity": template.size // attempts}
    return template.model_copy(update=update), numbers


def _within_type(template: Template, dtype: pl.DataType) -> Template:
    """For integers, leave out first digits that could lead beyond the type."""
    if not dtype.is_integer() or not template.slots:
        return template
    limit, rest = np.iinfo(str(dtype).lower()).max, "".join(max(s) for s in template.slots[1:])
    first = "".join(c for c in template.slots[0] if int(c + rest) <= limit)
    slots = (first or min(template.slots[0]), *template.slots[1:])
    weight = template.weight if first else 0
    return template.model_copy(update={"slots": slots, "weight": weight})


def _longer(templates: list[Template], longest: int, most: int) -> list[Template]:
    """Longer templates than any key in use, each with a place more, until there are enough."""
    base = max(templates, key=lambda t: (t.weight, len(t.slots)), default=Template(slots=()))
    wide: list[Template] = []
    for length in range(longest + 1, min(longest + 40, most) + 1):
        template = lengthen(base, length - len(base.slots))
        wide.append(template.model_copy(update={"capacity": template.size}))
        if template.size >= ENOUGH:
            break
    return wide


def _most_digits(dtype: pl.DataType) -> int:
    if not dtype.is_integer():
        return 1 << 30
    return len(str(np.iinfo(str(dtype).lower()).max)) - 1


def _hash(numbers: np.ndarray, template: int, salt: int) -> np.ndarray:
    return mix(numbers ^ np.uint64(key_of(salt, template)))


def fresh(form: IdentifierForm, used: np.ndarray, seed: int, rows: np.ndarray) -> pl.Series:
    """New keys: unique among themselves, of the form, and none of those in use.

    Args:
        form: as `learn` returns it.
        used: uint64 [m], as `learn` returns it.
        seed: which keys; a counter has only one way to go on.
        rows: int64 [n], which rows; a row's key depends on the form, `used`, the seed and its
            own number alone.

    Returns:
        [n], of the column's type.

    Raises:
        OptionError: more rows than there are keys.
    """
    rows = np.asarray(rows, np.int64)
    if form.kind == "counter":
        return _count_on(form, rows)
    chosen = _choose(form, seed, rows)
    out = np.empty(len(rows), dtype=f"U{max((len(t.slots) for t in form.templates), default=1)}")
    for index in np.unique(chosen).tolist():
        here = chosen == index
        out[here] = _draw(form, index, used, seed, rows[here])
    keys = pl.Series(out.tolist(), dtype=pl.String)
    return keys if form.dtype == "String" else keys.cast(dtype_of(form.dtype))


def _count_on(form: IdentifierForm, rows: np.ndarray) -> pl.Series:
    dtype = dtype_of(form.dtype)
    if dtype == pl.String:
        numbers = pl.Series(rows + form.start).cast(pl.String).str.zfill(form.width)
        return pl.Series([form.prefix]) + numbers + pl.Series([form.suffix])
    last = form.start + int(rows.max(initial=0))
    if last > np.iinfo(str(dtype).lower()).max:
        raise OptionError(
            f"the keys must fit in {dtype}, and number {last} does not; ask for fewer rows, or "
            "store the column in a wider type."
        )
    offset = form.start if last < 2**63 else 0
    keys = pl.Series(rows + offset)
    return keys.cast(dtype) if offset == form.start else keys.cast(dtype) + form.start


def _choose(form: IdentifierForm, seed: int, rows: np.ndarray) -> np.ndarray:
    """Which template serves each row: one in use, as often as it is, while it has room."""
    weights = np.array([t.weight if t.capacity else 0 for t in form.templates], float)
    capacity = np.array([t.capacity for t in form.templates], float)
    wide = [i for i, t in enumerate(form.templates) if not t.weight and t.capacity]
    chosen = np.full(len(rows), -1)
    if weights.sum() > 0:
        key = np.uint64(key_of(seed, form.salt))
        draw = mix(rows.astype(np.uint64) ^ key) / 2.0**64
        chosen = np.searchsorted(np.cumsum(weights) / weights.sum(), draw, side="right")
        chosen = chosen.clip(max=len(weights) - 1)
        chosen = np.where(rows < capacity[chosen], chosen, -1)
    for index in wide:
        chosen = np.where((chosen < 0) & (rows < capacity[index]), index, chosen)
    if np.any(chosen < 0):
        most = int(max(capacity.max(initial=0), 0))
        raise OptionError(
            f"the keys must be new, and of their form ({form.words()}) there are not enough for "
            f"row {int(rows.max())}; ask for at most {most} rows, or drop the column."
        )
    return chosen


def _draw(
    form: IdentifierForm, index: int, used: np.ndarray, seed: int, rows: np.ndarray
) -> np.ndarray:
    template = form.templates[index]
    key = key_of(seed, form.salt, index)
    numbers = np.zeros(len(rows), np.uint64)
    waiting = np.arange(len(rows))
    for attempt in range(template.attempts):
        asked = rows[waiting].astype(np.uint64) + np.uint64(attempt * template.capacity)
        candidates = permute(asked, template.size, key)
        taken = _is_used(_hash(candidates, index, form.salt), used) if template.weight else None
        numbers[waiting] = candidates
        waiting = waiting[:0] if taken is None else waiting[taken]
        if len(waiting) == 0:
            return template.write(numbers, key)
    raise OptionError(
        f"no new key was found for row {int(rows[waiting[0]])}; another seed will find one."
    )


def _is_used(hashes: np.ndarray, used: np.ndarray) -> np.ndarray:
    if len(used) == 0:
        return np.zeros(len(hashes), bool)
    at = np.searchsorted(used, hashes).clip(max=len(used) - 1)
    return used[at] == hashes
