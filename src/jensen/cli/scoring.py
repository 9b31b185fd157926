"""`jensen score`."""

from typing import TYPE_CHECKING, Any

from jensen.cli.fitting import named_output, write
from jensen.cli.inputs import named, read
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, count, nats, signed

if TYPE_CHECKING:
    from jensen.bounds import Bound
    from jensen.data import Table
    from jensen.estimator import VAE


def run_score(session: Session, model: str, data: str, seed: int | None, force: bool) -> None:
    """Load, read, score, write and tell."""
    from jensen.data import check_output

    if session.output is not None:
        check_output(session.output, force=force, table=True)
    vae = load(session, model)
    table = read(session, data, header=vae.schema_.origin.header)
    with session.stage("score", f"Scoring {count(len(table), 'row')}"):
        table = vae.schema_.conform(table)
        terms = vae.score_terms(table, seed=seed)
        found = _means(vae, table, terms)
    if session.output is not None:
        write(session, _rows(terms), session.output, force)
    found |= {
        "output": session.output,
        "model": model,
        "seed": vae.seed if seed is None else seed,
        "seconds": session.times(),
    }
    session.result(found, _text(found, named(data), session.output), asked=session.output is None)


def _means(vae: "VAE", table: "Table", terms: "Bound") -> dict[str, Any]:
    from jensen.data.codec import only_codes
    from jensen.estimator.fitted import standard_error

    fitted: Any = vae.fitted_
    codes, log_det = fitted.codec.encode_with_log_det(table)
    marginals = fitted.model.likelihood.codes.log_marginals(only_codes(codes)) + log_det
    marginals = marginals + fitted.codec.value_marginals(table)
    means = {name: float(getattr(terms, name).mean()) for name in ("reconstruction", "kl")}
    return {
        "rows": len(table),
        "bound": float(terms.value.mean()),
        "standard_error": standard_error(terms.value),  # pyright: ignore[reportArgumentType]
        **means,
        "marginals": float(marginals.mean()),
    }


def _rows(terms: "Bound") -> "Table":
    """One line per row of DATA, numbered from 1 as in messages."""
    import numpy as np
    import polars as pl

    from jensen.data import read_table

    columns: dict[str, Any] = {
        "row": np.arange(1, len(terms.value) + 1),
        "bound": terms.value,
        "reconstruction": terms.reconstruction,
        "kl": terms.kl,
    }
    return read_table(pl.DataFrame(columns))


def _text(found: dict[str, Any], data: str, output: str | None) -> str:
    bound = nats(found["bound"], found["standard_error"])
    gain = found["bound"] - found["marginals"]
    pairs = [
        ("bound", f"{bound} nats per row (mean ± standard error)"),
        ("reconstruction", nats(found["reconstruction"])),
        ("KL", nats(found["kl"])),
        ("over marginals", f"{signed(gain)} (product of marginals: {nats(found['marginals'])})"),
    ]
    if output is not None:
        pairs.append(("bound per row", named_output(output)))
    return "\n".join([f"{data}: {count(found['rows'], 'row')}", *aligned(pairs)])
