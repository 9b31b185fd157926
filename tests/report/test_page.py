"""The page as text: complete, self-contained, escaped, of a modest size, for every table."""

import re
import sys
from dataclasses import replace

import polars as pl
import pytest
from made_evidence import IMAGE, LONG, QUOTES, SCRIPT, full, plain, tables, wide
from parsed import Parsed

import jensen.report
from jensen.errors import OptionError, OutputError
from jensen.evidence import (
    Axis,
    Copying,
    Estimate,
    Evidence,
    Marginal,
    Measure,
    PairTable,
    Portrait,
    gather,
)
from jensen.evidence.gather import modes
from jensen.evidence.likeness import likeness
from jensen.evidence.telling import copies_found, modes_found
from jensen.report import to_html
from jensen.report.histograms import level_bars
from jensen.report.markup import Markup, Scale, joined, short, spelt_ticks, tag
from jensen.report.page import SECTIONS, standing
from jensen.report.pairs import telling
from jensen.report.seen import rows_tested
from jensen.report.strips import extent, strip, verdict

EVIDENCE = {"full": full, "plain": plain, "wide": wide}


@pytest.fixture(scope="module", params=EVIDENCE)
def shown(request) -> tuple[Evidence, str, Parsed]:
    evidence = EVIDENCE[request.param]()
    page = to_html(evidence, "more.csv against data.csv")
    return evidence, page, Parsed(page)


def test_nothing_comes_from_elsewhere_and_nothing_runs(shown):
    _, page, parsed = shown
    names = {name for name, _ in parsed.elements}
    assert not names & {"script", "img", "link", "iframe", "object", "embed", "form", "base"}
    for _, attributes in parsed.elements:
        assert not [a for a in attributes if a.startswith("on") or a in ("src", "srcset")]
        assert (attributes.get("href") or "#").startswith("#")
    assert not re.search(r"https?:|//\w|url\(|@import|javascript:|eval\(", page)
    policy = [m for m in parsed.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy[0]["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_links_lead_to_sections_and_marks(shown):
    _, _, parsed = shown
    anchors = [a["id"] for _, a in parsed.elements if "id" in a]
    assert len(anchors) == len(set(anchors))
    assert {a["href"] for _, a in parsed.elements if "href" in a} <= {f"#{a}" for a in anchors}


def test_headings_go_down_step_by_step(shown):
    levels = [int(name[1]) for name, _ in shown[2].elements if re.fullmatch(r"h\d", name)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert set(levels) <= {1, 2, 3, 4}


def test_every_picture_says_what_it_shows(shown):
    pictures = [a for _, a in shown[2].elements if a.get("role") == "img"]
    assert pictures
    assert all(len(a["aria-label"] or "") > 10 for a in pictures)
    silent = [a for a in shown[2].all("svg") if "role" not in a]
    assert all("aria-hidden" in a or "preserveaspectratio" in a for a in silent)


def test_every_figure_and_every_column_is_there(shown):
    evidence, _, parsed = shown
    words = set(parsed.words)
    assert set(evidence.names) <= words
    assert {c.name for c in evidence.columns} <= words
    labels = " ".join(parsed.labels())
    for measure in evidence.measures:
        if measure.floor is not None:
            assert f"{measure.title}: samples " in labels
    text = "".join(parsed.words).replace("\u00a0", " ")
    for sentence in (likeness(evidence), copies_found(evidence), modes_found(evidence)):
        assert sentence in text


def test_sizes_are_modest(shown):
    evidence, page, _ = shown
    assert len(page.encode()) < (2e6 if len(evidence.columns) > 100 else 4e5)
    assert len(evidence.to_json()) < 1e6


def test_names_and_values_are_text():
    page = to_html(full(), QUOTES)
    parsed = Parsed(page)
    for hostile in (SCRIPT, QUOTES, "<id>"):
        assert hostile not in page
        assert hostile in "".join(parsed.words)
    assert IMAGE not in page
    assert any(IMAGE in words for words in parsed.labels())
    assert LONG in parsed.words


def test_all_parts_of_a_full_report():
    parsed = Parsed(to_html(full()))
    anchors = {a["id"] for a in parsed.all("section")}
    assert anchors == {"verdict", *(s.anchor for s in SECTIONS)}
    words = " ".join(parsed.words)
    for part in (
        "The most telling pairs",
        "What a classifier looks at",
        "the latent space",
        "Each column predicted from the others",
        "distance to the nearest training row",
        "distance of samples to the nearest real row",
        "KL of each latent dimension",
        "Copies, rows counted from 1",
        "product of marginals",
        "Left out: <id> (keys)",
    ):
        assert part in words, part  # fmt: skip


def test_parts_without_content_are_left_out():
    parsed = Parsed(to_html(plain()))
    assert {a["id"] for a in parsed.all("section")} == {
        "verdict", "alike", "columns", "seen", "copies",
    }  # fmt: skip
    bare = replace(full(), portrait=Portrait(), predictions=(), regions=())
    assert {a["id"] for a in Parsed(to_html(bare)).all("section")} >= {"alike", "copies", "bound"}


def test_a_wide_table_shows_its_farthest_columns_and_folds_the_rest():
    words = Parsed(to_html(wide())).words
    assert "476 more columns, nearer to the data's" in words
    grid = wide().portrait.grid
    assert grid is not None
    assert len(grid.names) == 30
    assert [len(row) for row in grid.distance] == list(range(30))


# ---------------------------------------------------------------- the verdict's colours


def test_the_colours_follow_the_verdict():
    assert standing(plain())[1:] == ("good", "good")
    assert standing(full())[1:] == ("poor", "fair")
    signs = replace(full(), copying=Copying("signs of copying", 0.01, "why"))
    assert standing(signs)[1] == "fair"

    def with_auc(value: float, p: float) -> str:
        first, *others = full().measures
        estimate = Estimate(value, value - 0.01, value + 0.01)
        return standing(
            replace(full(), measures=(replace(first, estimate=estimate, p_value=p), *others))
        )[0]

    asked = [(0.5, 0.4), (0.54, 0.001), (0.6, 0.001), (0.9, 0.001), (0.3, 0.9)]
    assert [with_auc(*pair) for pair in asked] == ["good", "good", "fair", "poor", "fair"]


def test_figures_are_as_real_rows_up_to_the_noise_of_both():
    measure = full()["density"]
    assert measure.p_value is None
    near = replace(measure, estimate=Estimate(1.0, 0.9, 1.1), floor=1.13, better="real")
    assert verdict(near) == (True, "✓ as real rows")
    assert verdict(replace(near, floor=1.2)) == (False, "✗ unlike real rows")
    assert verdict(replace(near, floor=0.5, better="higher")) == (True, "✓ as real rows")
    assert verdict(replace(near, floor=None)) is None


def test_a_figure_whose_ideal_is_known_has_no_noise_of_real_rows():
    gap = Measure("tstr_gap", "", "utility", Estimate(0.05, 0.01, 0.09), "lower", 100, floor=0.0)
    assert verdict(gap) == (False, "✗ unlike real rows")
    assert verdict(replace(gap, estimate=Estimate(0.05, 0.0, 0.1))) == (True, "✓ as real rows")


def test_figures_with_a_test_are_as_real_rows_when_it_says_so():
    measure = replace(full()["mmd"], p_value=0.02)
    assert verdict(measure) == (True, "✓ as real rows")
    assert verdict(replace(measure, p_value=0.005)) == (False, "✗ unlike real rows")
    misled = replace(full()["c2st_auc"], p_value=0.9, estimate=Estimate(0.3, 0.25, 0.35))
    assert verdict(misled) == (False, "✗ unlike real rows")


def test_distances_beyond_those_of_real_rows_are_said_to_be_that():
    measure = replace(full()["nndr"], estimate=Estimate(0.95, 0.94, 0.96), floor=0.79)
    assert verdict(measure) == (True, "✓ no nearer than real rows")
    assert verdict(replace(measure, floor=0.99)) == (False, "✗ nearer than real rows")
    assert "as real rows" not in strip(measure)
    assert "not below real rows is ideal" in strip(measure)


def test_what_is_ideal_is_written_at_its_line():
    for measure in full().measures:
        drawn = Parsed(strip(measure))
        lines = [a["x1"] for a in drawn.all("line") if a.get("class") == "ideal"]
        said = [w for w in drawn.words if w.endswith("is ideal") or "is ideal " in w]
        if not said:
            continue
        places = [a["x"] for a in drawn.all("text")]
        assert lines[0] in places, measure.name


def test_figures_that_are_best_at_a_half_share_one_axis():
    halves = [m for m in full().measures if m.better == "half"]
    assert len(halves) == 4
    assert {extent([m]) for m in halves} == {(0.0, 1.0)}


def test_both_shares_of_a_category_are_written():
    axis = Axis("species", "categorical", labels=("Gentoo", "Adelie"))
    words = Parsed(level_bars(Marginal(axis, (0.27, 0.73), (1.0, 0.0)))).words
    assert [w.replace("\u00a0", " ") for w in words if "%" in w and "data" not in w] == [
        "27 %", "100 %", "73 %", "0 %",
    ]  # fmt: skip


def test_cells_have_names_at_their_places_where_there_is_room():
    words = Axis("species", "categorical", labels=("Gentoo", "Adelie"), gaps=True)
    numbers = Axis("mass", "numeric", edges=(0.0, 1.0, 2.0))
    pair = PairTable(words, numbers, ((1, 0), (0, 1), (1, 1)), ((2, 0), (0, 1), (1, 0)), 0.2, 0.1)
    page = telling([pair])
    told = Parsed(page).words
    assert told.count("Gentoo") == told.count("Adelie") == told.count("missing") == 3
    assert told.count("2") == 1  # the upper end of the mass, beside the first panel
    axis = replace(words, labels=tuple("abcdefgh"), gaps=False)
    many = replace(pair, first=axis, real=((1, 0),) * 8, synthetic=((0, 1),) * 8)
    assert "a" not in Parsed(telling([many])).words


def test_regions_say_what_rows_they_were_tested_in(monkeypatch):
    seen: list[tuple[int, int]] = []

    def spy(found, tested):
        seen.append((len(tested[0]), len(tested[1])))
        return ()

    monkeypatch.setattr(sys.modules["jensen.evidence.gather"], "regions", spy)
    for n, m in ((90, 61), (90, 300), (200, 45)):
        made = tables({"x": "numeric"}, *(pl.DataFrame({"x": [*range(k)]}) for k in (n, m)))
        modes(made)
        assert rows_tested({"training": n, "synthetic": m}) == seen[-1]


def test_looks_below_the_picture_are_mentioned():
    words = " ".join(Parsed(to_html(full())).words)
    assert "Drawn at the foot: 1 early look below it, down to -90.00 nats" in words
    assert "held-out bound" not in words
    assert "bound of rows the fit kept out, nats per row" in words


def test_an_axis_holds_all_that_is_drawn_on_it():
    for measure in full().measures:
        low, high = extent([measure])
        beside = [v for v in (measure.floor, measure.marginals, measure.copy) if v is not None]
        assert low <= min([measure.estimate.low, *beside]), measure.name
        assert high >= max([measure.estimate.high, *beside]), measure.name


# ---------------------------------------------------------------- markup


def test_only_markup_is_markup():
    assert tag("p", "<", tag("b", "&"), class_='"') == '<p class="&quot;">&lt;<b>&amp;</b></p>'
    assert joined(["<", Markup("<br>")]) == "&lt;<br>"
    assert short("abcdefghij", 8) == "ab…fghij"


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (0, 1, ["0.00", "0.25", "0.50", "0.75", "1.00"]),
        (0, 1.5e6, ["0.0", "0.5 M", "1.0 M", "1.5 M"]),
        (17, 90, ["20", "40", "60", "80"]),
        (0, 99_999, ["0", "25 k", "50 k", "75 k"]),
        (1e-9, 2e-9, None),
        (-3e20, 5e20, None),
    ],
)
def test_ticks_are_round_and_different(low, high, told):
    words = spelt_ticks(Scale(low, high).ticks())
    assert len(set(words)) == len(words) >= 2
    assert told is None or words == told


# ---------------------------------------------------------------- tables that are hard to draw


def test_columns_of_gaps_infinities_and_extremes_are_drawn():
    inf = float("inf")
    frame = pl.DataFrame(
        {
            "none": pl.Series([None] * 50, dtype=pl.Float64),
            "huge": [1e300, -1e300] * 25,
            "tiny": [1e-300, 2e-300] * 25,
            "large": [2.0**53 + i for i in range(50)],
            "word": [None, "a"] * 25,
        }
    )
    kinds = dict.fromkeys(["none", "tiny", "large"], "numeric") | {"word": "categorical"}
    found = gather(tables(kinds, frame, frame))
    page = to_html(found)
    Parsed(page)
    assert "No values to compare." in page
    assert "nan" not in re.sub(r"[A-Za-z]nan|nan[a-z]", "", page)
    assert str(inf) not in re.findall(r'="(\w+)"', page)


# ---------------------------------------------------------------- files


def test_evidence_saves_itself(tmp_path):
    for ending, start in (("html", "<!DOCTYPE html>"), ("json", "{"), ("md", "### Are they")):
        path = tmp_path / f"report.{ending}"
        plain().save(path)
        assert path.read_text().startswith(start)
    with pytest.raises(OutputError, match="exists and is left as it is"):
        plain().save(path, force=False)
    with pytest.raises(OptionError, match=r"must end in \.html, \.json or \.md"):
        plain().save(tmp_path / "report.pdf")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["report.html", "report.json", "report.md"]


def test_evidence_alone_says_what_writes_pages(monkeypatch, tmp_path):
    monkeypatch.setattr(Evidence, "keeper", None)
    with pytest.raises(OptionError, match=r"import jensen\.report first"):
        plain().save(tmp_path / "report.html")
    assert jensen.report.FORMATS == ("html", "json", "md")
