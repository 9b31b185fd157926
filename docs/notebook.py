"""Write the page of the equation as a notebook: `make notebook`.

Cells are what lies between the fences of the page and in them, without outputs. The id of a cell is
its number, so that the notebook changes just where the page does.
"""

import json
import re
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PAGE, NOTEBOOK = HERE / "derivation.md", HERE / "derivation.ipynb"
CODE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def cell(number: int, text: str) -> dict[str, Any]:
    """A cell: the even ones are prose, the odd ones code."""
    one = {"id": f"cell-{number:02d}", "metadata": {}, "source": text.splitlines(keepends=True)}
    if number % 2 == 0:
        return {"cell_type": "markdown", **one}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **one}


def notebook(page: str) -> str:
    """The page as the JSON of a notebook, format 4.5."""
    parts = [text.strip("\n") for text in CODE.split(page)]
    python = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": [cell(number, text) for number, text in enumerate(parts) if text],
        "metadata": {"kernelspec": python, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    NOTEBOOK.write_text(notebook(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
