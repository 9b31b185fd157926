"""`docs/benchmarks.md` from what is recorded."""

from __future__ import annotations

from pathlib import Path

from benchmarks.peers import figures
from benchmarks.peers.figures import Grid
from benchmarks.peers.methods import GENERAL, METHODS, PEERS
from benchmarks.rendering import table

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
PICTURE = "![The XGB score of every method over its wall time, table by table](pictures/peers.png)"
TEMPLATE = Path(__file__).with_name("page.md")


def write(results: dict, page: Path = PAGE) -> None:
    """The page and, in the folder of pictures beside it, its picture."""
    from docs.pictures import peers

    write_text(results, page)
    (page.parent / "pictures").mkdir(exist_ok=True)
    peers.draw(results, page.parent / "pictures" / "peers.png")


def write_text(results: dict, page: Path = PAGE) -> None:
    """The page alone."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(document(results), encoding="utf-8")


def document(results: dict) -> str:
    """The page as Markdown."""
    grid = Grid(results)
    return TEMPLATE.read_text(encoding="utf-8").format(
        made_by=made_by(results),
        summary=summary(grid),
        by_set="\n".join(by_set(grid, key) for key in ("xgb", "seconds")),
        picture=PICTURE if grid.sets else "",
        each="\n".join(of_set(results, grid, name) for name in grid.sets),
        methods=methods(grid),
    )


def made_by(results: dict) -> str:
    """The commands, the machine and the days."""
    runs = [run for _, _, _, run in figures.every_run(results)]
    if not runs:
        return "No run is recorded yet: `python -m benchmarks.peers` makes them."
    commands = "".join(f"    {command}\n" for command in results["commands"])
    machine = ", ".join(f"{key} {value}" for key, value in results["machine"].items())
    days = sorted({run["date"] for run in runs})
    when = " to ".join(dict.fromkeys((days[0], days[-1])))
    remark = f" {results['remark']}" if results.get("remark") else ""
    return f"{commands}\n{when}; {machine}.{remark}"


def summary(grid: Grid) -> str:
    """Means over the sets that every method for any table finished, and how many each finished."""
    if not grid.sets:
        return ""
    common = grid.common(GENERAL)
    shown = [name for name in METHODS if name not in PEERS or name in GENERAL]
    shown = [name for name in shown if grid.sets_of(name)]
    columns = [figure for figure in figures.SUMMARY if grid.known(figure.key, common)]
    cells = {name: [grid.over(name, figure.key, common) for figure in columns] for name in shown}
    lines = []
    for name in shown:
        told = figures.row(name, cells, columns)
        lines.append([METHODS[name].title, *told, *finished(grid, name)])
    headings = ["", *(figure.heading for figure in columns), "finished", "best XGB"]
    which = ", ".join(common) or "none"
    said = (
        f"Means over the tables that all of these finished ({which}), not counting those that "
        "finished less than half of theirs, or less than half as many as another.\n"
    )
    return f"{said}\n{table(headings, lines)}"


def finished(grid: Grid, method: str) -> list[str]:
    """Tables that a method finished, of those it tried; on how many its XGB score is the best."""
    if method not in PEERS:
        return ["", ""]
    first = sum(method in grid.best(name, "xgb") for name in grid.sets)
    return [f"{len(grid.sets_of(method))} of {len(grid.tried(method))}", str(first)]


def by_set(grid: Grid, key: str) -> str:
    """One figure: a line for each data set, a column for each method."""
    figure = figures.FIGURES[key]
    shown = [m for m in METHODS if any(grid.value(name, m, key) is not None for name in grid.sets)]
    lines = []
    for name in grid.sets:
        cells = {m: [grid.value(name, m, key)] for m in shown}
        told = [figures.row(m, cells, [figure])[0] or grid.short(name, m) for m in shown]
        lines.append([name, *told])
    if not lines:
        return ""
    return f"{figure.heading}:\n\n" + table(["", *(METHODS[m].title for m in shown)], lines)


def of_set(results: dict, grid: Grid, name: str) -> str:
    """All figures of one data set, a line for each method that finished, and why others did not."""
    entry = results["data"][name]
    shown = [method for method in METHODS if name in grid.sets_of(method)]
    columns = [f for f in figures.EACH if grid.known(f.key, [name])]
    cells = {m: [grid.value(name, m, figure.key) for figure in columns] for m in shown}
    spreads = {m: [grid.spread(name, m, figure.key) for figure in columns] for m in shown}
    lines = [[METHODS[m].title, *figures.row(m, cells, columns, spreads[m])] for m in shown]
    rows = f"{entry['rows']:,} training rows"
    if entry["rows"] < entry["rows_of_the_set"]:
        rows += f" of {entry['rows_of_the_set']:,}"
    said = f"{rows}, {entry['columns']} columns, {entry['held_out_rows']:,} held-out rows."
    without = [f"- {METHODS[m].title}: {reason}" for m in PEERS if (reason := grid.reason(name, m))]
    parts = [f"### {name}\n", f"{said}\n", table(["", *(f.heading for f in columns)], lines)]
    return "\n".join(parts) + ("\n" + "\n".join(without) + "\n" if without else "")


def methods(grid: Grid) -> str:
    """How each method is run, in which version."""
    lines = []
    for name in PEERS:
        version = f" ({found})" if (found := grid.version(name)) else ""
        lines.append(f"- **{METHODS[name].title}**{version}: {METHODS[name].note}.")
    return "\n".join(lines) + "\n"
