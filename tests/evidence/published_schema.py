"""The JSON Schema of a check, made of the records and their docstrings.

python tests/evidence/published_schema.py    # writes it where it is published
"""

import json
import re
from dataclasses import dataclass, fields, is_dataclass
from inspect import cleandoc
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from jensen.evidence import Evidence, evidence, portrait, results

FILE = Path(evidence.__file__).with_name("evidence.schema.json")
IDENTIFIER = "urn:jensen:evidence:1"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERDICT = "In plain words: are they alike, is anything copied, what is missing."
OF_THE_COMMAND = {
    "output": {
        "description": "Of `jensen check --json` alone: the file that was written, null for none.",
        "type": ["string", "null"],
    },
    "crossed": {
        "description": "Of `jensen check --json` alone: what `--fail-if` found, a sentence each.",
        "type": "array",
        "items": {"type": "string"},
    },
    "seconds": {
        "description": "Of `jensen check --json` alone: stage of the work -> seconds it took.",
        "type": "object",
        "additionalProperties": {"type": "number"},
    },
}


@dataclass(frozen=True)
class Told:
    """What a docstring says of a record, and of each of its fields."""

    record: str
    fields: dict[str, str]


def told(record: type) -> Told:
    """The docstring, its "Attributes:" apart; a line may be about several fields."""
    head, _, body = cleandoc(record.__doc__ or "").partition("Attributes:\n")
    found: dict[str, str] = {}
    for names, words in re.findall(r"^ {4}(\w+(?:, \w+)*): (.+(?:\n {8}.+)*)", body, re.MULTILINE):
        found |= dict.fromkeys(names.split(", "), _sentence(words))
    return Told(_sentence(head), found)


def _sentence(words: str) -> str:
    words = " ".join(words.split())
    return words[:1].upper() + words[1:]


def records() -> dict[str, type]:
    """Name -> class of every record that the JSON can hold."""
    rooms = (results, portrait)
    found = {name: one for room in rooms for name, one in vars(room).items() if is_dataclass(one)}
    return found | {"Evidence": Evidence}


def schema(*, closed: bool = False) -> dict[str, Any]:
    """Of what `to_json` writes, and of what the command adds to it.

    Args:
        closed: allow no field that it does not describe. Published is the open one, since a field
            may be added without a new format.
    """
    made = TypeAdapter(Evidence).json_schema(mode="serialization")
    known = records()
    for name, part in made["$defs"].items():
        _describe(part, known[name])
    _describe(made, Evidence)
    verdict = {"description": VERDICT, "type": "string"}
    made["properties"] = {"verdict": verdict} | made["properties"] | OF_THE_COMMAND
    made["properties"]["format"]["const"] = evidence.FORMAT
    made["required"] = ["verdict", *made["required"]]
    if closed:
        for part in (made, *made["$defs"].values()):
            part["additionalProperties"] = False
    head = {"$schema": DIALECT, "$id": IDENTIFIER, "title": "Evidence of jensen check"}
    return head | {key: made[key] for key in made if key not in head}


def _describe(part: dict[str, Any], record: type) -> None:
    """Words for the record and its fields, all of which are always written."""
    said = told(record)
    part["description"] = said.record
    part["required"] = [field.name for field in fields(record)]
    for name, shape in part["properties"].items():
        shape.pop("default", None)
        shape.pop("title", None)
        part["properties"][name] = {"description": said.fields[name]} | shape


if __name__ == "__main__":
    FILE.write_text(json.dumps(schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
