"""Terms by name: their settings, their errors, and that the page of terms has every one."""

import re
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from jensen import VAE
from jensen.errors import OptionError
from jensen.estimator.terms import OBJECT, TERMS, resolve, spelled
from jensen.likelihoods import FAMILIES
from jensen.likelihoods.families.mixture import MIXED

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {
    name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("terms", "likelihoods")
}
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


def rows_of(page: str) -> list[list[str]]:
    """Cells of the lines of its tables that are about a name: the name first, then the others."""
    lines = re.findall(r"^\| `\w+[:`].*\|$", PAGES[page], flags=re.MULTILINE)
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [[re.match(r"`(\w+)", name)[1], *rest] for name, *rest in cells]  # type: ignore[index]


def test_the_page_of_terms_has_every_name_and_no_other():
    there_are = [name for term, name in NAMES if term != "likelihood"]
    assert sorted(name for name, *_ in rows_of("terms")) == sorted(there_are)


def test_the_page_of_likelihoods_has_every_family_and_no_other():
    assert sorted(name for name, *_ in rows_of("likelihoods")) == sorted(FAMILIES)
    mixed = re.search(r"A mixture can be of (.*?)\.", PAGES["likelihoods"], flags=re.DOTALL)
    assert mixed is not None
    assert re.findall(r"`(\w+)`", mixed[1]) == list(MIXED)


ROWS = [(page, *cells) for page in PAGES for cells in rows_of(page)]


@pytest.mark.parametrize(
    ("page", "name", "formula", "source"),
    [(page, name, rest[0], rest[-1]) for page, name, *rest in ROWS],
    ids=[f"{page} {name}" for page, name, *_ in ROWS],
)
def test_every_entry_has_a_formula_and_a_source(page: str, name: str, formula: str, source: str):
    """A formula has brackets, a power or a weight, not words alone; a source has its year."""
    assert re.search(r"[(^²Σ∏−]", formula), f"{name} on {page}.md has no formula: {formula!r}"
    assert re.search(r"\w+.* (19|20)\d\d\b", source), f"{name} on {page}.md: {source!r}"


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
