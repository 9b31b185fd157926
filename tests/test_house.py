"""The habits of the house that a machine can check: sizes, names, nothing that could run code."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
PYTHON = [
    *SOURCES,
    *sorted((ROOT / "tests").rglob("*.py")),
    *sorted((ROOT / "benchmarks").rglob("*.py")),
]
INSTALLING = ["requirements.txt", "requirements-dev.txt", "pyproject.toml", "Makefile", ".ci/run"]

MOST_LINES, LONGEST_FUNCTION = 400, 60
USUAL_FUNCTION, LONG_FUNCTION = 9, 30
"""Median and 90th percentile of the lines of a function, docstrings not counted."""

FORBIDDEN = {"pickle", "cloudpickle", "dill", "shelve", "marshal", "joblib", "urllib", "requests"}
Function = ast.FunctionDef | ast.AsyncFunctionDef


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> Iterator[Function]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def length(function: Function) -> int:
    """Lines of a function without its docstring."""
    body = function.body
    has_docstring = ast.get_docstring(function) is not None
    lines = (function.end_lineno or 0) - function.lineno + 1
    return lines - ((body[0].end_lineno or 0) - body[0].lineno + 1 if has_docstring else 0)


@pytest.mark.parametrize("path", PYTHON, ids=name)
def test_no_file_and_no_function_is_long(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) < MOST_LINES
    long = {f"{f.name}, line {f.lineno}": length(f) for f in functions(path)}
    assert {what: n for what, n in long.items() if n > LONGEST_FUNCTION} == {}


def test_functions_are_short_on_the_whole():
    lengths = [length(f) for path in SOURCES for f in functions(path)]
    assert median(lengths) <= USUAL_FUNCTION
    assert quantiles(lengths, n=10)[-1] <= LONG_FUNCTION


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_nothing_loads_or_runs_foreign_code(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {
        (node.module or "").partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
    }
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not imported & FORBIDDEN
    assert not called & {"eval", "exec", "compile", "__import__"}
    assert "allow_pickle=True" not in path.read_text(encoding="utf-8")


def public(path: Path) -> Iterator[ast.AST]:
    """The module, and every class and function in it, or in a public class, without underscore."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield tree
    for node in tree.body:
        if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (
                    inner
                    for inner in node.body
                    if isinstance(inner, Function) and not inner.name.startswith("_")
                )


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_what_is_public_says_what_it_is(path):
    silent = [getattr(n, "name", "module") for n in public(path) if ast.get_docstring(n) is None]
    assert silent == []


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_user_errors_are_raised_not_asserted(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def tracked() -> list[Path]:
    """Text files under version control, or all that would be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    found = listed.stdout.splitlines() if listed.returncode == 0 else []
    files = [ROOT / f for f in found] or [*PYTHON, *ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
    return [f for f in files if f.is_file() and b"\0" not in f.read_bytes()[:4096]]


def test_no_file_names_a_place_of_one_machine():
    homes = re.compile(r"/(?:work|root|home|Users|tmp)/\w+")
    guilty = {
        f"{name(path)}: {found[0]}"
        for path in tracked()
        if (found := homes.search(path.read_text(encoding="utf-8", errors="ignore")))
    }
    assert guilty == set()


@pytest.mark.parametrize("file", INSTALLING)
def test_what_installs_names_no_host(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not re.search(r"https?://|index-url|find-links", text)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_pin_has_hashes(file):
    text = (ROOT / file).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z][^#\n]*==[^\n]*\\\n(?: +--hash=sha256:\w{64}(?: \\)?\n)+", text, re.M)
    assert len(pins) == len(re.findall(r"^[a-z]", text, re.M)) > 20


def test_the_lock_files_agree():
    core, dev = (
        set(re.findall(r"^([a-z][^ \\]*==[^ \\]*)", (ROOT / file).read_text(), re.M))
        for file in ("requirements.txt", "requirements-dev.txt")
    )
    assert core <= dev


def test_every_core_dependency_has_its_reason():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = {re.split(r"[<>=!~; \[]", text)[0] for text in project["dependencies"]}
    told = set(re.findall(r"^\| `([\w-]+)`", (ROOT / "docs/dependencies.md").read_text(), re.M))
    assert names == told
