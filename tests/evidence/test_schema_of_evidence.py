"""The published JSON Schema, held against what checks write, by a validator of its own."""

import json
from dataclasses import fields

import pytest
from jsonschema import Draft202012Validator
from planted import table, tables
from published_schema import DIALECT, FILE, OF_THE_COMMAND, records, schema, told

from jensen.evidence import Estimate, FitPortrait, Measure, gather

FIT = FitPortrait((0, 10), (-9.0, -8.0), (-8.5, -7.0), (0.5, 1.0), 10, -8.5, (1.0, 0.0), (1, 2),
                  ((0.0, 1.0),), ((1.0, 0.0),))  # fmt: skip
ELBO = Measure("elbo", "ELBO", "bound", Estimate(-8.0, -9.0, -7.0), "higher", 34, marginals=-8.5)
PUBLISHED = json.loads(FILE.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def written() -> list[dict]:
    """Two checks: all that there can be, and the least."""
    real, held_out = table(150, 0), table(100, 2)
    copied = real.head(75).vstack(table(75, 1))
    full = gather(
        tables(real, copied, held_out), target="all", left_out={"id": "keys"}, bound=[ELBO], fit=FIT
    )
    least = gather(tables(real.select("job"), table(150, 1).select("job")))
    return [json.loads(one.to_json()) for one in (full, least)]


def test_the_published_schema_is_that_of_the_records():
    # When a record changes: python tests/evidence/published_schema.py
    assert json.loads(json.dumps(schema())) == PUBLISHED


def test_it_is_a_schema_with_a_dialect_and_a_name():
    Draft202012Validator.check_schema(PUBLISHED)
    assert PUBLISHED["$schema"] == DIALECT
    assert PUBLISHED["$id"].startswith("urn:")


def test_every_field_is_described_and_required():
    for part in (PUBLISHED, *PUBLISHED["$defs"].values()):
        assert part["description"]
        for name, shape in part["properties"].items():
            assert len(shape["description"]) > 5, name
            assert name in part["required"] or name in OF_THE_COMMAND
    for record in records().values():
        assert set(told(record).fields) == {field.name for field in fields(record)}, record


def test_what_checks_write_is_valid_and_nothing_in_it_is_undescribed(written):
    validator = Draft202012Validator(json.loads(json.dumps(schema(closed=True))))
    for one in written:
        assert [*validator.iter_errors(one)] == []
    assert written[0]["copying"]["rows"]
    assert written[0]["predictions"]
    assert written[1]["portrait"]["grid"] is None


@pytest.mark.parametrize("name", ["verdict", "portrait", "format", "measures", "predictions"])
def test_a_field_that_is_missing_is_an_error(written, name):
    less = {key: value for key, value in written[0].items() if key != name}
    assert not Draft202012Validator(PUBLISHED).is_valid(less)


def test_wrong_values_are_errors(written):
    validator = Draft202012Validator(PUBLISHED)
    assert validator.is_valid(written[0])
    for wrong in ({"format": 2}, {"seed": "0"}, {"crossed": "c2st_auc"}, {"measures": [{}]}):
        assert not validator.is_valid(written[0] | wrong), wrong
