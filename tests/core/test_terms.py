"""Terms by name: their settings, their errors, and that the page of terms has every one."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from jensen import VAE
from jensen.errors import OptionError
from jensen.estimator.terms import OBJECT, TERMS, resolve, spelled

PAGE = Path(__file__).resolve().parents[2] / "docs" / "terms.md"
NAMES = [(term, name) for term, known in TERMS.items() for name in known]


@pytest.mark.parametrize(("term", "name"), NAMES)
def test_every_name_is_a_record_with_defaults(term: str, name: str):
    record = resolve(term, name)
    assert is_dataclass(record)
    assert spelled(term, name) == name
    for field in fields(record):
        value = getattr(record, field.name)
        if isinstance(value, int | float | str):
            again = resolve(term, f"{name}:{field.name}={value}")
            assert again == record, f"{field.name} cannot be given as text"


def test_the_page_of_terms_has_every_name_and_no_other():
    on_page = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(), flags=re.MULTILINE)
    there_are = [name for term, name in NAMES if term != "likelihood"]
    assert sorted(on_page) == sorted(there_are)


WRONG = {
    "an unknown name": ("prior", "normol", "prior must be one of.*'normol'.*'normal'"),
    "no such setting": ("bound", "elbo:draws=3", "has no setting 'draws=3'; it has n_samples"),
    "a near miss": ("bound", "elbo:n_sample=3", "Did you mean 'n_samples'"),
    "not of the type": ("bound", "elbo:n_samples=many", "must be of type int, and is 'many'"),
    "a setting without a value": ("bound", "elbo:n_samples", "NAME=VALUE"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(case: str):
    term, text, message = WRONG[case]
    with pytest.raises(OptionError, match=message):
        resolve(term, text)
    with pytest.raises(OptionError, match=message):
        VAE(**{term: text}).fit([[1.0], [2.0]])


def test_an_object_is_spelled_by_its_type():
    assert spelled("prior", resolve("prior", "normal")) == OBJECT + "StandardNormal"
