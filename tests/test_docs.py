"""Every block of code in the README and the documentation is executed, page by page, in order.

`python`: run as it stands, or as a doctest where it shows a prompt; a page has one namespace.
`console`: lines that start with `$ ` are run, what follows them is compared with what they print,
`...` standing for anything. `json`: parsed. `text`: not code. Nothing else, and no way to skip.
"""

import doctest
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from jensen.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^```(?P<language>\w*)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\((?P<target>[^)\s]+)\)")
PROGRAM = [sys.executable, "-c", "import sys; from jensen.cli import main; sys.exit(main())"]


@dataclass(frozen=True)
class Block:
    """One fenced block: its language, its text, and the line of the page where the text starts."""

    page: str
    line: int
    language: str
    body: str

    @property
    def where(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    name = str(page.relative_to(ROOT))
    return [
        Block(name, text.count("\n", 0, m.start("body")) + 1, m["language"], m["body"])
        for m in FENCE.finditer(text)
    ]


@pytest.fixture
def environment() -> dict[str, str]:
    """What commands run in: plain output."""
    return os.environ | {"COLUMNS": "100", "NO_COLOR": "1"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page(page, tmp_path, monkeypatch, environment):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for block in blocks(page):
        if block.language == "python":
            run_python(block, namespace)
        elif block.language == "console":
            run_console(block, environment)
        elif block.language == "json":
            json.loads(block.body)
        else:
            assert block.language == "text", f"{block.where}: {block.language!r} is not executed"


def run_python(block: Block, namespace: dict) -> None:
    if ">>>" not in block.body:
        source = "\n" * (block.line - 1) + block.body  # so that a traceback names the page's line
        exec(compile(source, block.page, "exec"), namespace)
        return
    test = doctest.DocTestParser().get_doctest(
        block.body, {}, block.where, block.page, block.line - 1
    )
    test.globs = namespace
    told: list[str] = []
    result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=told.append, clear_globs=False)
    assert result.failed == 0, "".join(told)


def run_console(block: Block, environment: dict[str, str]) -> None:
    commands = re.split(r"^\$ ", block.body, flags=re.MULTILINE)
    assert commands[0] == "", f"{block.where} must start with a command"
    for text in commands[1:]:
        line, _, expected = text.partition("\n")
        while line.endswith("\\"):
            more, _, expected = expected.partition("\n")
            line = line[:-1] + more
        got = run_command(line, block.where, environment)
        if expected.strip():
            same = doctest.OutputChecker().check_output(expected, got, FLAGS)
            assert same, f"{block.where}: {line}\nexpected\n{expected}\ngot\n{got}"


def run_command(line: str, where: str, environment: dict[str, str]) -> str:
    """What a command prints; a line with a pipe is a shell's to run."""
    first, *arguments = shlex.split(line)
    if first == "make":
        assert set(arguments) <= make_targets(), f"{where}: {line}"
        return ""
    if first == "jensen" and "|" not in arguments:
        return run_jensen(arguments, f"{where}: {line}")
    assert first in {"jensen", "head", "cat"}, f"{where}: {line!r} is not executed"
    shell = f'jensen() {{ {shlex.join(PROGRAM)} "$@"; }}; {line}'
    done = subprocess.run(
        ["bash", "-c", shell], env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{where}: {line}\n{done.stdout}{done.stderr}"
    return done.stdout


def run_jensen(arguments: list[str], what: str) -> str:
    """What one command prints; in this process, to import and compile everything once."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with redirect_stdout(out):
        code = main(arguments)
    printed = out.buffer.getvalue().decode()
    assert code == 0, f"{what}\n{printed}"
    return printed


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    targets = [m["target"].partition("#")[0] for m in LINK.finditer(text)]
    local = [t for t in targets if t and "://" not in t]
    missing = [t for t in local if not (page.parent / t).exists()]
    assert not missing


def test_the_index_leads_to_every_page():
    text = (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {m["target"] for m in LINK.finditer(text)}
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - {"index.md"} <= linked


def test_an_unclosed_block_cannot_hide_code():
    for page in PAGES:
        fences = re.findall(r"^\s*```", page.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(fences) == 2 * len(blocks(page)), page.name


@pytest.mark.parametrize("title", ["prior", "posterior", "bound", "likelihood", "family"])
def test_a_term_of_ones_own_is_under_30_lines(title):
    page = (ROOT / "docs" / "extend.md").read_text(encoding="utf-8")
    section = re.search(rf"^## An? {title}\b.*?(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert section is not None
    lines = [m["body"].count("\n") for m in FENCE.finditer(section[0])]
    assert len(lines) == 1
    assert lines[0] < 30


def test_make_help_lists_every_target():
    listed = re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(listed) == make_targets()
