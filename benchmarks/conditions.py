"""Rows under conditions, on Adult: how long they take, and how real they look.

    python -m benchmarks.conditions [--model adult.jensen] [--rows 1000]

Each condition is put to a model just loaded, in a process of its own: seconds of the first 1,000
rows, which compile and, where needed, train the guide; the same from a file that has the guide
(`jensen fit --guide`); and of 1,000 others after them. Where 500 real rows fulfil the condition, as
many samples as there are real rows are told from them by the XGB score, beside as many rows of the
whole table told from as many samples without a condition.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

from benchmarks.datasets import Dataset, load
from benchmarks.detection import xgb_score

CONDITIONS = {
    "a middle column": "sex = Female",
    "the last column": "income = '>50K'",
    "the first category": "workclass = Private",
    "1 in 340": "native-country = Cuba",
    "1 in 1,000, two clauses": "education = Doctorate and sex = Female and age < 40",
    "1 in 1,000, a set and a range": "occupation in {Sales, Tech-support} and age > 72",
    "five clauses, 1 in 8,000": (
        "race = Black and sex = Female and income = '>50K' and workclass = State-gov "
        "and education = Masters"
    ),
    "five clauses, 1 in 100,000": (
        "race = Amer-Indian-Eskimo and sex = Female and income = '>50K' "
        "and workclass = Self-emp-inc and education = Masters"
    ),
}
LARGEST, FEWEST = 12_000, 500


def alone(model: Path, text: str, rows: int) -> None:
    """What one process does: load, draw twice, tell it as JSON."""
    import jensen
    from jensen.errors import ConditionError

    vae = jensen.load(model)
    start = time.perf_counter()
    try:
        condition = vae.condition(text)
        first = vae.sample(rows, seed=1, given=condition)
    except ConditionError as error:
        told = {"refused": str(error), "first": time.perf_counter() - start}
        print(json.dumps(told))
        return
    middle = time.perf_counter()
    vae.sample(rows, seed=2, given=text)
    end = time.perf_counter()
    told = {"log_p": condition.log_p, "ess": condition.ess, "guided": condition.guide is not None}
    told |= {"first": middle - start, "again": end - middle, "rows": len(first)}
    print(json.dumps(told))


def in_a_process(model: Path, text: str, rows: int) -> dict:
    """The figures of one condition."""
    command = [sys.executable, "-m", "benchmarks.conditions", "--model", str(model)]
    command += ["--alone", text, "--rows", str(rows)]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def likeness(vae, data: Dataset, text: str) -> dict[str, float]:
    """XGB scores under the condition, and of as many rows without it."""
    from jensen.data.conditions import parse

    keep = pl.Series([True] * len(data.train_text))
    typed = vae._conform(data.train_text).frame  # the values as the model reads them
    for name, allowed in parse(text, vae.schema_).items():
        keep = keep & pl.Series(allowed.holds(typed[name]))
    real = data.train.filter(keep)
    if len(real) < FEWEST:
        return {"real_rows": len(real)}
    n = min(len(real), LARGEST)
    drawn = data.typed(vae.sample(n, seed=3, given=text))
    whole, plain = data.train.sample(n, seed=0), data.typed(vae.sample(n, seed=3))
    return {
        "real_rows": len(real),
        "xgb": xgb_score(real.sample(n, seed=0), drawn, data.kinds),
        "xgb_without": xgb_score(whole, plain, data.kinds),
    }


def main() -> None:
    """Print a line for each condition; keep all in results/conditions.json."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, help="of Adult; fitted when left out")
    parser.add_argument("--rows", type=int, default=1_000)
    parser.add_argument("--alone", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/conditions.json"))
    options = parser.parse_args()
    if options.alone:
        alone(options.model, options.alone, options.rows)
        return
    import jensen

    data = load("adult")
    with tempfile.TemporaryDirectory() as folder:
        model = options.model
        if model is None:
            model = Path(folder) / "adult.jensen"
            jensen.VAE().fit(data.write(folder)).save(model)
        vae, with_guide = jensen.load(model), Path(folder) / "guided.jensen"
        vae.train_guide().save(with_guide)
        results = {}
        names = (
            "first s",
            "guide kept s",
            "again s",
            "probability",
            "ess",
            "guide",
            "real rows",
            "xgb",
            "without",
        )
        print("| condition | " + " | ".join(names) + " |\n" + "|---" * (1 + len(names)) + "|")
        for name, text in CONDITIONS.items():
            found = in_a_process(model, text, options.rows)
            if found.get("guided"):
                found["kept"] = in_a_process(with_guide, text, options.rows)["first"]
            if "refused" not in found:
                found |= likeness(vae, data, text)
            results[name] = {"condition": text} | found
            print(row(name, found), flush=True)
            options.out.write_text(json.dumps(results, indent=1) + "\n")


def row(name: str, found: dict) -> str:
    """One line of the table that is printed."""
    if "refused" in found:
        return f"| {name} | {found['first']:.1f} | refused: {found['refused']} |"
    cells = [f"{found[k]:.1f}" if k in found else "" for k in ("first", "kept", "again")]
    cells.append(f"{math.exp(found['log_p']):.2g}")
    cells += [f"{found['ess']:.1f}", "yes" if found["guided"] else "no", str(found["real_rows"])]
    cells += [f"{found[k]:.1f}" if k in found else "" for k in ("xgb", "xgb_without")]
    return "| " + " | ".join([name, *cells]) + " |"


if __name__ == "__main__":
    main()
