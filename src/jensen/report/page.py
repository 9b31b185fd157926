"""The page: a verdict on top, then what it rests on."""

from collections.abc import Callable
from importlib.resources import files
from typing import NamedTuple

from jensen.evidence import Evidence
from jensen.evidence.likeness import alike, likeness
from jensen.evidence.telling import GROUPS, collapse_found, copies_found, modes_found
from jensen.report.fit import fit
from jensen.report.histograms import columns, histogram
from jensen.report.markup import Markup, joined, tag
from jensen.report.pairs import pairs
from jensen.report.seen import classifier, copied_rows, predictions, regions
from jensen.report.strips import figures

TITLE = "Are they from the same distribution?"
NOTHING_FROM_ELSEWHERE = "default-src 'none'; style-src 'unsafe-inline'"
"""No script, no font, no picture, no request: a browser keeps the page to itself."""
SHAPES = (
    ("samples", "circle", {"r": "5"}),
    ("real", "path", {"d": "M0-6 6 0 0 6-6 0z"}),
    ("marginals", "path", {"d": "M0-6 5.5 4.5h-11z"}),
    ("copy", "rect", {"x": "-4.5", "y": "-4.5", "width": "9", "height": "9"}),
)
KEYS = (
    ("samples", "samples, with a 95 % interval"), ("real", "real rows in their place: the noise"),
    ("marginals", "right columns, no dependence"), ("copy", "training rows drawn again"),
)  # fmt: skip


class Section(NamedTuple):
    """A part of the page, if there is anything in it."""

    anchor: str
    title: str
    body: Callable[[Evidence], Markup | None]


def to_html(evidence: Evidence, title: str | None = None) -> str:
    """Everything that a check found as one HTML page that needs nothing else.

    Args:
        evidence: as `jensen.check` returns it.
        title: what was compared with what, such as "more.csv against data.csv".
    """
    made = [(s, body) for s in SECTIONS if (body := s.body(evidence)) is not None]
    contents = tag(
        "nav",
        tag("ul", *(tag("li", tag("a", s.title, href=f"#{s.anchor}")) for s, _ in made)),
        aria_label="Contents",
    )
    main = tag(
        "main",
        _verdict(evidence),
        contents,
        *(tag("section", tag("h2", s.title), body, id=s.anchor) for s, body in made),
    )
    body = tag("body", shapes(), _header(evidence, title), main, _footer(evidence))
    return f'<!DOCTYPE html>\n<html lang="en">{_head(title)}{body}</html>\n'


def _head(title: str | None) -> Markup:
    style = files("jensen.report").joinpath("page.css").read_text(encoding="utf-8")
    metas = (
        Markup('<meta charset="utf-8">'),
        Markup(f'<meta http-equiv="Content-Security-Policy" content="{NOTHING_FROM_ELSEWHERE}">'),
        Markup('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        Markup('<meta name="color-scheme" content="light dark">'),
    )
    name = f"{title}: {TITLE}" if title else TITLE
    return tag("head", *metas, tag("title", name), tag("style", Markup(style)))


def shapes() -> Markup:
    """The marks, defined once; the least of an SVG that still counts as drawn.

    Each brings its colours along: no rule that names an element around it reaches a mark that is
    used elsewhere.
    """
    made = (
        tag(
            kind, id=f"m-{name}", **place,
            style=f"fill:var(--{name});stroke:var(--card);stroke-width:1.2",
        )
        for name, kind, place in SHAPES
    )  # fmt: skip
    return tag(
        "svg", tag("defs", *made), width="0", height="0", class_="shapes", aria_hidden="true"
    )


def _header(evidence: Evidence, title: str | None) -> Markup:
    rows = ", ".join(f"{n:,} {name.replace('_', '-')} rows" for name, n in evidence.rows.items())
    told = f"{title}: {rows}" if title else rows
    return tag("header", tag("p", "jensen check", class_="brand"), tag("h1", TITLE), tag("p", told))


# ---------------------------------------------------------------- the verdict


def standing(evidence: Evidence) -> tuple[str, str, str]:
    """ "good", "fair" or "poor": likeness, copies, missing modes; as the sentences say it."""
    listed = "fair" if evidence.copying.rows else "good"
    copied = {"no sign of copying": listed, "signs of copying": "fair"}
    modes = "fair" if evidence.regions else "good"
    return alike(evidence).grade, copied.get(evidence.copying.verdict, "poor"), modes


def _verdict(evidence: Evidence) -> Markup:
    title = tag("h2", "Verdict", class_="unseen")
    return tag("section", title, verdict_cards(evidence), id="verdict")


def verdict_cards(evidence: Evidence) -> Markup:
    """A card for each question, with its sentence and a colour and sign for how it stands."""
    signs = {"good": "✓", "fair": "!", "poor": "✗"}
    asked = ["Like the data?", "Copied?", "Anything missing?"]
    sentences = [likeness(evidence), copies_found(evidence), modes_found(evidence)]
    grades = [*standing(evidence)]
    if (collapse := collapse_found(evidence)) is not None:
        asked, sentences = [*asked, "Does z carry anything?"], [*sentences, collapse]
        grades.append("poor")
    cards = (
        tag(
            "div",
            tag("p", tag("span", signs[grade], class_="sign", aria_hidden="true"), question),
            tag("p", sentence, class_="sentence"),
            class_=f"verdict {grade}",
        )
        for question, sentence, grade in zip(asked, sentences, grades, strict=True)
    )
    return tag("div", *cards, class_="verdicts")


# ---------------------------------------------------------------- the sections


def figure_keys(*shown: str) -> Markup:
    """What the marks of the figures are: those named, or all."""
    items = (
        tag(
            "span",
            tag(
                "svg", tag("use", href=f"#m-{name}", x="7", y="7"), class_="glyph", width="14",
                height="14", aria_hidden="true",
            ),
            words,
        )
        for name, words in KEYS
        if name in (shown or dict(KEYS))
    )  # fmt: skip
    return tag("p", *items, class_="legend")


def _fidelity(evidence: Evidence) -> Markup:
    return joined([figure_keys(), figures(evidence, "fidelity")])


def _columns(evidence: Evidence) -> Markup | None:
    return columns(evidence) if evidence.portrait.columns else None


def _seen(evidence: Evidence) -> Markup | None:
    parts: list[str] = []
    if evidence.regions:
        parts += [tag("h3", "Regions with too few or too many samples"), regions(evidence)]
    else:
        parts.append(tag("p", modes_found(evidence)))
    if evidence.portrait.look is not None:
        parts += [tag("h3", "What a classifier looks at"), classifier(evidence.portrait.look)]
    return joined(parts)


def _utility(evidence: Evidence) -> Markup | None:
    drawn = figures(evidence, "utility")
    if not drawn:
        return None
    parts: list[str] = [drawn]
    if evidence.predictions:
        parts.append(tag("h3", "Each column predicted from the others"))
        parts.append(figure_keys("samples", "real", "marginals"))
        parts.append(tag("div", predictions(evidence.predictions), class_="card narrow"))
    return joined(parts)


def _copying(evidence: Evidence) -> Markup:
    drawn = [histogram(h) for h in evidence.portrait.distances]
    told = (
        "Were rows copied, the line would pile up at the left, above the filled area, which is of "
        "real rows that were not fitted."
    )
    return joined(
        [
            tag("p", copies_found(evidence)),
            figures(evidence, "copying"),
            tag("h3", "Distances to the nearest row"),
            tag("p", told),
            tag("div", *drawn, class_="cards two"),
            copied_rows(evidence),
        ]
    )


def _bound(evidence: Evidence) -> Markup | None:
    drawn = figures(evidence, "bound")
    if not drawn:
        return None
    parts: list[str] = [drawn]
    if (collapse := collapse_found(evidence)) is not None:
        parts.insert(0, tag("p", collapse, class_="warn"))
    if evidence.portrait.fit is not None:
        parts.append(fit(evidence.portrait.fit))
    return joined(parts)


SECTIONS = (
    Section("alike", GROUPS["fidelity"], _fidelity),
    Section("columns", "Columns", _columns),
    Section("pairs", "Pairs of columns", pairs),
    Section("seen", "Where is the difference?", _seen),
    Section("use", GROUPS["utility"], _utility),
    Section("copies", GROUPS["copying"], _copying),
    Section("bound", GROUPS["bound"], _bound),
)


def _footer(evidence: Evidence) -> Markup:
    left = "; ".join(f"{name} ({why})" for name, why in evidence.columns_left_out.items())
    lines = [
        "An interval says how far a figure would vary with other rows; real rows in the samples' "
        "place say how good it can be. A figure that is as good for “marginals” sees no "
        "dependence; one that is best for “copy” cannot tell a synthesizer from a copier.",
        *([f"Left out: {left}."] if left else []),
        *(f"Note: {note}." for note in evidence.notes),
        f"Made by jensen, seed {evidence.seed}. This page needs no other file and no network.",
    ]
    return tag("footer", *(tag("p", line) for line in lines))
