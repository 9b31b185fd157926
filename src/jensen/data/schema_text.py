"""A schema file read with care: each mistake in it becomes a sentence that says where."""

import json
from typing import Any, TypeVar, cast

from pydantic import BaseModel, ValidationError

from jensen.data.table import nearest
from jensen.errors import SchemaError

Model = TypeVar("Model", bound=BaseModel)


def parse_schema(text: str, where: str, model: type[Model], version: int) -> Model:
    """Read JSON text as a schema.

    Raises:
        SchemaError: see `Schema.from_json`.
    """
    try:
        data: Any = json.loads(text)
    except json.JSONDecodeError as e:
        raise SchemaError(
            f"{where} must be JSON, and line {e.lineno}, column {e.colno} is not ({e.msg})."
        ) from e
    if not isinstance(data, dict):
        raise SchemaError(f"{where} must be a JSON object with columns, and is a {type(data)}.")
    fields = cast(dict[str, Any], data)
    found = fields.get("version", version)
    if found != version:
        raise SchemaError(
            f"{where} must be a schema of version {version}, and is of version {found}; write it "
            "again with this version of jensen."
        )
    try:
        schema = model.model_validate_json(text)
    except ValidationError as e:
        raise SchemaError(_sentence(e, fields, where, model)) from e
    _check_names(fields, where)
    return schema


def _check_names(fields: dict[str, Any], where: str) -> None:
    names = [column["name"] for column in fields["columns"]]
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise SchemaError(f"{where} must describe each column once, and has {twice!r} twice.")


def _sentence(error: ValidationError, data: dict[str, Any], where: str, model: Any) -> str:
    problem = error.errors()[0]
    place = problem["loc"]
    owner = _owner(place, data)
    field = next((str(p) for p in reversed(place) if isinstance(p, str)), "")
    if problem["type"] == "extra_forbidden":
        known = _known_fields(place, model)
        return f"{where} must have known fields only, and {owner} has {field!r}; " + nearest(
            field, known
        )
    if problem["type"] == "missing":
        return f"{where} must give {field!r} for {owner}, and does not; add it."
    return (
        f"{where} does not fit in the field {field!r} of {owner}: {problem['msg']} (it is "
        f"{problem['input']!r:.80}); mend it."
    )


def _owner(place: tuple[int | str, ...], data: dict[str, Any]) -> str:
    if len(place) >= 2 and place[0] == "columns" and isinstance(place[1], int):
        try:
            return f"column {data['columns'][place[1]]['name']!r}"
        except (KeyError, TypeError):
            return f"column number {place[1] + 1}"
    return "the origin" if place and place[0] == "origin" and len(place) > 1 else "the schema"


def _known_fields(place: tuple[int | str, ...], model: Any) -> list[str]:
    """The fields of the model that the last part of `place` was looked for in."""
    current: Any = model
    for part in place[:-1]:
        field = getattr(current, "model_fields", {}).get(part)
        if field is not None:
            inner = field.annotation
            while getattr(inner, "__args__", None):
                inner = next(a for a in reversed(inner.__args__) if a is not ...)
            current = inner
    return list(getattr(current, "model_fields", {}))
