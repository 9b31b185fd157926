"""`jensen sample`."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jensen.cli.fitting import named_output, sample, write
from jensen.cli.inputs import named
from jensen.cli.requests import row_range, split_name
from jensen.cli.session import Session
from jensen.cli.words import count

if TYPE_CHECKING:
    from jensen.estimator import VAE
    from jensen.estimator.given import Condition

_ENDINGS = {"ndjson": ".ndjson", "parquet": ".parquet", "arrow": ".arrow"}


def load(session: Session, model: str) -> "VAE":
    """The model in a file; - is standard input."""
    with session.stage("load", f"Loading {named(model)}"):
        from jensen.estimator import load

        return load("/dev/stdin" if model == "-" else model)


def n_fitted(vae: "VAE") -> int:
    """The number of rows that a model was fitted to."""
    measured = vae.held_out_
    return max(measured.n_train, 1) + measured.n_rows


def run_sample(
    session: Session,
    model: str,
    n: int | None,
    rows: str | None,
    seed: int | None,
    force: bool,
    given: Sequence[str] = (),
) -> None:
    """Load, sample, write."""
    start, stop = row_range(rows, n)
    if session.output is not None:
        _check(session.output, force)
    vae = load(session, model)
    if session.output is None:
        session.output = default_output(vae, model)
        _check(session.output, force)
    stop = n_fitted(vae) if stop is None else stop
    condition = _condition(session, vae, given)
    table = sample(session, vae, start, stop, seed, condition)
    write(session, table, session.output, force)
    found = {
        "rows": len(table),
        "start": start,
        "stop": stop,
        "output": session.output,
        "model": model,
        "seed": vae.seed if seed is None else seed,
        "given": None if condition is None else _told(condition, given),
        "seconds": session.times(),
    }
    text = f"{named_output(session.output)}: {count(len(table), 'row')} of {named(model)}"
    text += f", in {session.times()['total']:.1f} s"
    session.result(found, text if condition is None else f"{text}\n{_in_words(condition)}")


def _condition(session: Session, vae: "VAE", given: Sequence[str]) -> "Condition | None":
    if not given:
        return None
    with session.stage("condition", "Reading the condition"):
        return vae.condition(list(given), report=session.display.stage)


def _told(condition: "Condition", given: Sequence[str]) -> dict[str, Any]:
    from jensen.conditionals.walk import STEPS
    from jensen.estimator.doubts import doubts_of_condition

    return {
        "condition": list(given),
        "log_probability": condition.log_p,
        "standard_error": condition.log_p_error,
        "ess": condition.ess,
        "draws": condition.draws,
        "guided": condition.guide is not None,
        "chain_steps": 0 if condition.walker is None else STEPS,
        "expected_training_rows": condition.expected,
        "log_lift": condition.log_lift,
        "warnings": doubts_of_condition(condition),
    }


def _in_words(condition: "Condition") -> str:
    from jensen.conditionals.walk import STEPS
    from jensen.estimator.doubts import doubts_of_condition

    log_p, draws = condition.log_p, count(condition.draws, "draw")
    p = math.exp(log_p if condition.is_density else min(log_p, 0.0))
    what = "density" if condition.is_density else "probability"
    effective = condition.draws * condition.efficiency
    lines = [
        f"  the condition has {what} {p:.3g} (± {100 * condition.log_p_error:.0f} %); each "
        f"row was chosen from {draws}, {effective:.1f} of them effective"
    ]
    if (walker := condition.walker) is not None:
        lines.append(
            f"  since these are few, a chain went {count(STEPS, 'step')} on from each row, worth "
            f"{walker.ess:.1f} more"
        )
    return "\n".join([*lines, *(f"  Warning: {doubt}" for doubt in doubts_of_condition(condition))])


def _check(output: str, force: bool) -> None:
    from jensen.data import check_output

    check_output(output, force=force, table=True)


def default_output(vae: "VAE", model: str) -> str:
    """Where `sample` writes: adult.jensen -> adult.more.csv, or the format of the fitted table."""
    if model == "-":
        return "-"
    origin = vae.schema_.origin
    tabs = origin.kind == "csv" and origin.separator == "\t"
    ending = ".tsv" if tabs else _ENDINGS.get(origin.kind, ".csv")
    return f"{split_name(model)[0]}.more{ending}"
