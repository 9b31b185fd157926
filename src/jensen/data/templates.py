"""Templates of keys: at each place a set of characters, so that keys can be numbered."""

import string

import numpy as np
from pydantic import BaseModel, ConfigDict

from jensen.data.permutation import mix

_LIMIT = 1 << 62
_ROWS_AT_ONCE = 50_000
DIGITS, LOWER, UPPER = string.digits, string.ascii_lowercase, string.ascii_uppercase
_CLASSES = (
    *(DIGITS, UPPER, LOWER, DIGITS + "abcdef", DIGITS + "ABCDEF"),
    *(DIGITS + UPPER, DIGITS + LOWER, UPPER + LOWER, DIGITS + UPPER + LOWER),
)
_SIGNS = {DIGITS: "#", "123456789": "#", UPPER: "A", LOWER: "a", DIGITS + "abcdef": "x"}


class Template(BaseModel):
    """Keys of one length: the characters possible at each place.

    The places that carry the number of a key are taken from the right as long as there are
    at most 2**62 numbers; any others are filled from a hash of it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slots: tuple[str, ...]
    weight: int = 0  # how many training keys have this length
    attempts: int = 1  # candidates per row, so that one is surely new
    capacity: int = 0  # how many rows it can serve

    @property
    def carrying(self) -> list[int]:
        """The places that carry the number, from the right."""
        places: list[int] = []
        size = 1
        for place in range(len(self.slots) - 1, -1, -1):
            size *= len(self.slots[place])
            if size > _LIMIT:
                break
            places.append(place)
        return places

    @property
    def size(self) -> int:
        """How many numbers there are."""
        size = 1
        for place in self.carrying:
            size *= len(self.slots[place])
        return size

    def text(self) -> str:
        """The template in signs: # a digit, A and a letters, x hexadecimal, ? another set."""
        return "".join(s if len(s) == 1 else _SIGNS.get(s, "?") for s in self.slots)

    def write(self, numbers: np.ndarray, key: int) -> np.ndarray:
        """The keys with the given numbers, uint64 [n], as text [n]."""
        places = self.carrying
        codes = np.empty((len(numbers), len(self.slots)), np.uint32)
        rest = numbers.astype(np.uint64)
        for place in places:
            alphabet, base = _codes(self.slots[place]), np.uint64(len(self.slots[place]))
            codes[:, place] = alphabet[rest % base]
            rest = rest // base
        for place in set(range(len(self.slots))) - set(places):
            alphabet, base = _codes(self.slots[place]), np.uint64(len(self.slots[place]))
            drawn = mix(mix(numbers ^ np.uint64(key)) + np.uint64(place))
            codes[:, place] = alphabet[drawn % base]
        return codes.view(f"U{len(self.slots)}").reshape(len(numbers))

    def numbers(self, texts: np.ndarray) -> np.ndarray:
        """The numbers, uint64, of those of the texts [n] that the template can write."""
        parts = [
            self._numbers(texts[start : start + _ROWS_AT_ONCE])
            for start in range(0, len(texts), _ROWS_AT_ONCE)
        ]
        return np.concatenate([np.zeros(0, np.uint64), *parts])

    def _numbers(self, texts: np.ndarray) -> np.ndarray:
        codes = code_points(texts, len(self.slots))
        total = np.zeros(len(codes), np.uint64)
        fits = np.ones(len(codes), bool)
        for place in reversed(self.carrying):
            alphabet = _codes(self.slots[place])
            order = np.argsort(alphabet)
            at = np.searchsorted(alphabet[order], codes[:, place]).clip(max=len(alphabet) - 1)
            fits &= alphabet[order][at] == codes[:, place]
            total = total * np.uint64(len(alphabet)) + order[at].astype(np.uint64)
        return total[fits]


def _codes(alphabet: str) -> np.ndarray:
    return np.array([ord(c) for c in alphabet], np.uint32)


def code_points(texts: np.ndarray, length: int) -> np.ndarray:
    """Texts [n], all of one length, as code points, uint32 [n, length]."""
    array = np.asarray(texts, dtype=f"U{length}")
    return np.ascontiguousarray(array).view(np.uint32).reshape(len(array), length)


def learn_template(texts: np.ndarray, length: int) -> Template:
    """The template of texts [n] of one length.

    A set of characters seen at a place stands as it is once the texts would show nearly all
    of a wider class; with fewer texts it is widened to the class (digits, letters, ...).
    """
    codes = code_points(texts, length)
    slots: list[str] = []
    for place in range(length):
        seen = "".join(chr(c) for c in np.unique(codes[:, place]).tolist())
        wide = _class_of(seen)
        starts = place == 0 or not slots[-1][0].isdigit()
        if wide == DIGITS and starts and "0" not in seen:
            wide = DIGITS[1:]
        slots.append(seen if len(seen) == 1 or len(codes) >= 10 * len(wide) else wide)
    return Template(slots=tuple(slots), weight=len(texts))


def _class_of(seen: str) -> str:
    return next((c for c in _CLASSES if set(seen) <= set(c)), seen)


def is_regular(template: Template) -> bool:
    """Whether every place is one fixed character or letters and digits alone."""
    return all(len(slot) == 1 or set(slot) <= set(_CLASSES[-1]) for slot in template.slots)


def loosen(template: Template) -> Template:
    """The template with every digit of a varying run of digits free."""
    slots = list(template.slots)
    for start, stop in _digit_runs(slots):
        if all(len(slots[i]) == 1 for i in range(start, stop)):
            continue
        for i in range(start, stop):
            first = i == start and "0" not in slots[i]
            slots[i] = DIGITS[1:] if first else DIGITS
    return template.model_copy(update={"slots": tuple(slots)})


def lengthen(template: Template, extra: int) -> Template:
    """The template with `extra` more places, digits where it has a varying run of digits."""
    slots = list(loosen(template).slots)
    runs = [r for r in _digit_runs(slots) if any(len(slots[i]) > 1 for i in range(*r))]
    if runs:
        at, added = runs[-1][1], DIGITS
    else:
        varying = [i for i, s in enumerate(slots) if len(s) > 1]
        at = varying[-1] + 1 if varying else len(slots)
        added = slots[varying[-1]] if varying else DIGITS
    slots[at:at] = [added] * extra
    return Template(slots=tuple(slots))


def _digit_runs(slots: list[str]) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    for i, slot in enumerate(slots):
        if not set(slot) <= set(DIGITS):
            continue
        if runs and runs[-1][1] == i:
            runs[-1] = (runs[-1][0], i + 1)
        else:
            runs.append((i, i + 1))
    return runs
