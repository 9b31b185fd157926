"""The terms of the bound by name: "mixture", or "mixture:components=50" with a setting."""

from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

from jensen.bounds.objectives import OBJECTIVES
from jensen.errors import OptionError
from jensen.likelihoods import FAMILIES, LIKELIHOODS
from jensen.posteriors import POSTERIORS
from jensen.priors import PRIORS

TERMS: Mapping[str, Mapping[str, Any]] = {
    "prior": PRIORS,
    "likelihood": {**LIKELIHOODS, **FAMILIES},
    "posterior": POSTERIORS,
    "bound": OBJECTIVES,
}
"""What each term can be, by name."""

OBJECT = "object "
"""How the configuration names a term that came as an object: by its type, as a reminder."""


def spelled(term: str, value: Any) -> str:
    """A term as text for the configuration; a name that is known, or the type of an object.

    Raises:
        OptionError: an unknown name or setting; the sentence names the nearest.
    """
    if not isinstance(value, str):
        return OBJECT + type(value).__name__
    if not value.startswith(OBJECT):
        resolve(term, value)
    return value


def resolve(term: str, text: str) -> Any:
    """The record of settings that "NAME:setting=value,..." stands for.

    Args:
        term: "prior", "likelihood", "posterior" or "bound".
        text: a name, with settings or without.

    Raises:
        OptionError: an unknown name or setting, or a value of another type.
    """
    name, _, rest = text.partition(":")
    known = TERMS[term]
    if name not in known:
        raise OptionError(
            f"{term} must be one of {', '.join(known)}, or an object; got {name!r}."
            + _nearest(name, list(known))
        )
    kind = known[name]
    settings = dict(_setting(term, name, kind, part) for part in rest.split(",") if part.strip())
    try:
        return kind(**settings)
    except ValueError as error:
        raise OptionError(f"{term} {name!r}: {error}") from error


def maximised(value: Any) -> tuple[str, bool]:
    """The name of what a fit maximises, and whether it is a bound on log p(x).

    Args:
        value: a name with its settings, or an object; an object that is not at hand, known by
            its type alone, is not called a bound.
    """
    name = spelled("bound", value)
    if name.startswith(OBJECT) and isinstance(value, str):
        return name, False
    return name, bool((resolve("bound", value) if isinstance(value, str) else value).is_bound)


def _setting(term: str, name: str, kind: Any, part: str) -> tuple[str, Any]:
    key, equals, value = (s.strip() for s in part.partition("="))
    types = {f.name: type(f.default) for f in fields(kind) if f.init}
    if key not in types or not equals:
        has = f"it has {', '.join(types)}" if types else "it has none"
        raise OptionError(
            f"{term} {name!r} must be given settings as NAME=VALUE, and has no setting {part!r}; "
            f"{has}." + _nearest(key, list(types))
        )
    try:
        if types[key] is bool:
            return key, {"true": True, "false": False}[value.lower()]
        return key, types[key](value)
    except (ValueError, KeyError) as error:
        raise OptionError(
            f"{term} {name!r}: {key} must be of type {types[key].__name__}, and is {value!r}."
        ) from error


def _nearest(name: str, known: list[str]) -> str:
    near = get_close_matches(name, known, n=1)
    return f" Did you mean {near[0]!r}?" if near else ""
