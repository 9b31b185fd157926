"""Evidence as a notebook shows it: the verdict, the figures, what is farthest, as on the page."""

from importlib.resources import files

from jensen.evidence import Evidence
from jensen.evidence.telling import GROUPS
from jensen.report.histograms import REAL_AND_SAMPLES, column_card
from jensen.report.markup import Markup, joined, legend, tag
from jensen.report.page import figure_keys, shapes, verdict_cards
from jensen.report.seen import regions
from jensen.report.strips import figures

FARTHEST = 6
"""Columns that are drawn; all of them are on the page."""


def in_notebook(evidence: Evidence) -> str:
    """The short form of the page as one element, whose style touches nothing around it."""
    parts = [_style(), shapes(), verdict_cards(evidence), figure_keys()]
    for group, question in GROUPS.items():
        if drawn := figures(evidence, group):
            parts += [tag("h3", question), drawn]
    parts += _farthest(evidence)
    if evidence.regions:
        title = tag("h3", "Regions with too few or too many samples")
        parts += [title, regions(evidence)]
    parts.append(tag("p", "All of it, with pairs: ", tag("code", 'evidence.save("report.html")')))
    return tag("div", tag("section", *parts), class_="jensen-evidence")


def _style() -> Markup:
    """The style of the page inside this element: nested rules, `:root` and `body` being it."""
    style = files("jensen.report").joinpath("page.css").read_text(encoding="utf-8")
    within, _, _ = style.partition("/* of a whole page")
    within = within.replace(":root {", "& {")
    around = "padding: 12px 16px; max-width: 1120px; border-radius: 10px;"
    return tag("style", Markup(f".jensen-evidence {{ {around}\n{within}}}\n"))


def _farthest(evidence: Evidence) -> list[Markup]:
    of = {m.axis.name: m for m in evidence.portrait.columns}
    known = [c for c in evidence.columns if c.name in of][:FARTHEST]
    if not known:
        return []
    cards = (column_card(of[c.name], c, pointed=False) for c in known)
    count = f"{len(known)} of {len(evidence.columns):,}"
    title = "Columns" if len(known) == len(evidence.columns) else f"Farthest columns ({count})"
    keys = legend(*REAL_AND_SAMPLES)
    return [tag("h3", title), joined([keys, tag("div", *cards, class_="cards")])]
