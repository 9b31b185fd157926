"""The notebook of the equation is the page, and runs from top to bottom."""

import json
import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # docs is no installed package

from docs.notebook import NOTEBOOK, PAGE, notebook


@pytest.fixture
def page():
    return PAGE.read_text(encoding="utf-8")


def test_the_notebook_is_what_the_page_makes(page):
    assert NOTEBOOK.read_text(encoding="utf-8") == notebook(page), "run `make notebook`"


def test_the_notebook_holds_all_of_the_page(page):
    cells = json.loads(notebook(page))["cells"]
    assert len({c["id"] for c in cells}) == len(cells)
    prose = ["".join(c["source"]) for c in cells if c["cell_type"] == "markdown"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    blocks = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert code == [block.rstrip("\n") for block in blocks]
    assert len(code) > 5
    assert not any("```" in text for text in prose)
    words = re.sub(r"^```(python)?$", "", page, flags=re.MULTILINE).split()
    assert " ".join("".join(c["source"]) for c in cells).split() == words


def test_the_cells_run_in_order(monkeypatch):
    monkeypatch.chdir(PAGE.parents[1])
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    namespace = {"__name__": "__main__"}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
