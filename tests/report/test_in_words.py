"""Evidence outside of its page: in a notebook, in a line, in the terminal; a collapse in all."""

import re
from dataclasses import replace
from itertools import accumulate

import pytest
from made_evidence import full, plain
from parsed import Parsed

from jensen.evidence import Estimate, Evidence
from jensen.evidence.likeness import likeness
from jensen.evidence.telling import COLLAPSE, copies_found, modes_found
from jensen.report import to_html
from jensen.report.page import standing

EVIDENCE = {"full": full, "plain": plain}

# ---------------------------------------------------------------- notebooks


@pytest.mark.parametrize("name", EVIDENCE)
def test_a_notebook_shows_the_verdict_figures_farthest_columns_and_regions(name):
    evidence = EVIDENCE[name]()
    drawn = evidence._repr_html_()
    parsed = Parsed(drawn)
    assert parsed.elements[0][0] == "div"  # one element, nothing beside it
    assert len(drawn.encode()) < 1.2e5
    text = "".join(parsed.words).replace("\u00a0", " ")
    for sentence in (likeness(evidence), copies_found(evidence), modes_found(evidence)):
        assert sentence in text
    assert set(evidence.names) <= set(parsed.words)
    pictures = " ".join(parsed.labels())
    for column in [c for c in evidence.columns if c.distance is not None][:6]:
        assert f"{column.name}, " in pictures
    for region in evidence.regions:
        assert str(region) in pictures
    anchors = {f"#{a['id']}" for _, a in parsed.elements if "id" in a}
    assert {a["href"] for a in parsed.all("use")} <= anchors


def test_the_style_of_a_notebook_stays_within_its_element():
    style = full()._repr_html_().partition("<style>")[2].partition("</style>")[0]
    style = re.sub(r"\s+", " ", style)
    assert style.startswith(".jensen-evidence { ")
    assert style.count("{") == style.count("}")
    for outside in (":root", "body {", "html {", "@page"):
        assert outside not in style
    opened = [*accumulate((c == "{") - (c == "}") for c in style.strip())]
    first = style.index("{")
    assert all(depth > 0 for depth in opened[first:-1])  # one rule holds all others
    assert opened[-1] == 0


def test_marks_bring_their_colours_along():
    for name in ("samples", "real", "marginals", "copy"):
        marks = [a for _, a in Parsed(full()._repr_html_()).elements if a.get("id") == f"m-{name}"]
        assert (marks[0]["style"] or "").startswith(f"fill:var(--{name});")


def test_without_the_room_of_pages_a_notebook_shows_a_table(monkeypatch):
    monkeypatch.setattr(Evidence, "drawer", None)
    assert full()._repr_html_().startswith("<div><p>")


def test_its_representation_is_one_short_line():
    assert repr(full()).startswith("<Evidence: training 300 rows, synthetic 300 rows, held-out 150")
    assert "copies; 1 region with" in repr(full())
    assert len(repr(full())) < 250


# ---------------------------------------------------------------- collapse


def test_a_collapse_is_said_in_the_terminal_on_the_page_and_in_markdown():
    def told(evidence: Evidence) -> list[str]:
        page = "".join(Parsed(to_html(evidence)).words)
        return [evidence.verdict, str(evidence), evidence.to_markdown(), page]

    assert not any("posterior collapse" in words for words in told(full()))
    measures = tuple(
        replace(m, estimate=Estimate(0.0, 0.0, 0.0), note=f"of 3; {COLLAPSE}")
        if m.name == "active_units"
        else m
        for m in full().measures
    )
    dead = replace(full(), measures=measures)
    for words in told(dead):
        plainly = words.replace("\n", " ").replace("\u00a0", " ")
        assert "The model suffers from posterior collapse" in plainly
        assert "(0 latent dimensions are active, KL 2.000 nats)" in plainly
    cards = [a for a in Parsed(to_html(dead)).all("div") if a.get("class") == "verdict poor"]
    assert len(cards) == 1 + [*standing(full())].count("poor")


def test_counts_have_neither_digits_nor_an_interval():
    line = next(x for x in str(full()).splitlines() if "active latent dimensions" in x)
    assert line.split() == ["active", "latent", "dimensions", "2"]
