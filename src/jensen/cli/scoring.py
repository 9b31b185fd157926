"""`jensen score`."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jensen.cli.fitting import named_output, write
from jensen.cli.inputs import named, read
from jensen.cli.sampling import load
from jensen.cli.session import Session
from jensen.cli.words import aligned, count, nats, signed

if TYPE_CHECKING:
    from jensen.data import Table
    from jensen.estimator import VAE


def run_score(
    session: Session,
    model: str,
    data: str,
    seed: int | None,
    force: bool,
    bound: str = "elbo",
    k: int | None = None,
    refine: int = 0,
    given: Sequence[str] = (),
) -> None:
    """Load, read, score, write and tell."""
    from jensen.data import check_output
    from jensen.estimator.score import CHAINS, DEFAULT_K, check_bound
    from jensen.estimator.vae import SCORE_DRAWS

    check_bound(bound, k, refine)
    if session.output is not None:
        check_output(session.output, force=force, table=True)
    vae = load(session, model)
    table = read(session, data, header=vae.schema_.origin.header)
    k = k or (SCORE_DRAWS if bound == "elbo" else DEFAULT_K)
    with session.stage("score", f"Scoring {count(len(table), 'row')}"):
        table = vae.schema_.conform(table)
        if bound == "elbo":
            terms: Any = vae.score_terms(table, n_samples=k, refine=refine, seed=seed)
        else:
            terms = vae.score_bound(table, bound=bound, k=k, seed=seed)
        terms, of_condition = _given(session, vae, table, terms, given)
        found = {"kind": bound, "k": k, "refine": refine} | _means(vae, table, terms)
        found |= _trust(terms, CHAINS if bound == "ais" else k) | of_condition
    if session.output is not None:
        write(session, _rows(terms), session.output, force)
    found |= {
        "output": session.output,
        "model": model,
        "seed": vae.seed if seed is None else seed,
        "seconds": session.times(),
    }
    session.result(found, _text(found, named(data), session.output), asked=session.output is None)


def _given(
    session: Session, vae: "VAE", table: "Table", terms: Any, given: Sequence[str]
) -> tuple[Any, dict[str, Any]]:
    """Bounds on log p(x | condition) = log p(x) - log p(condition), and what to tell of the latter.

    A clause that asks for one value of a density makes log p(condition) differ by row.
    """
    if not given:
        return terms, {}
    condition = vae.condition(list(given), report=session.display.stage)
    condition.refuse_others(table)
    fitted: Any = vae.fitted_
    log_p = condition.log_p_of(fitted.codec, table)
    changed = {"value": terms.value - log_p}
    if hasattr(terms, "reconstruction"):
        changed["reconstruction"] = terms.reconstruction - log_p
    told = {
        "given": list(given),
        "log_probability": float(log_p.mean()),
        "log_probability_error": condition.log_p_error,
        "single_value": condition.is_point,
    }
    return terms._replace(**changed), told


def _means(vae: "VAE", table: "Table", terms: Any) -> dict[str, Any]:
    from jensen.data.codec import only_codes
    from jensen.estimator.build import codes_of
    from jensen.estimator.fitted import standard_error

    fitted: Any = vae.fitted_
    codes, log_det = fitted.codec.encode_with_log_det(table)
    marginals = codes_of(fitted.codec).log_marginals(only_codes(codes)) + log_det
    marginals = marginals + fitted.codec.value_marginals(table)
    means = {n: float(getattr(terms, n).mean()) for n in _PARTS if hasattr(terms, n)}
    return {
        "rows": len(table),
        "bound": float(terms.value.mean()),
        "standard_error": standard_error(terms.value),
        **means,
        "marginals": float(marginals.mean()),
    }


_PARTS = ("reconstruction", "kl", "ess")


def _trust(terms: Any, n: int) -> dict[str, Any]:
    """How far a mean of n weights in each row can be trusted."""
    from jensen.bounds import doubtful

    if not hasattr(terms, "ess"):
        return {}
    trouble = doubtful(terms.ess, n)
    return {"least_ess": float(terms.ess.min()), "weights": n, "warning": trouble}


def _rows(terms: Any) -> "Table":
    """One line per row of DATA, numbered from 1 as in messages."""
    import numpy as np
    import polars as pl

    from jensen.data import read_table

    columns: dict[str, Any] = {"row": np.arange(1, len(terms.value) + 1), "bound": terms.value}
    columns |= {name: getattr(terms, name) for name in _PARTS if hasattr(terms, name)}
    return read_table(pl.DataFrame(columns))


_KINDS = {
    "elbo": "ELBO, {k:,} draws",
    "iwae": "IWAE, {k:,} draws",
    "ais": "AIS, {k:,} temperatures, {weights} chains",
}


def _text(found: dict[str, Any], data: str, output: str | None) -> str:
    bound = nats(found["bound"], found["standard_error"])
    gain = found["bound"] - found["marginals"]
    kind = _KINDS[found["kind"]].format_map(found)
    if found["refine"]:
        kind += f", q refined in {count(found['refine'], 'step')}"
    pairs = [("bound", f"{bound} nats per row (mean ± standard error; {kind})")]
    if "given" in found:
        error = f"± {found['log_probability_error']:.3f} nats"
        if found["single_value"]:  # a density has no probability at a point
            told = f"a condition of log-density {found['log_probability']:.3f} {error}"
        else:
            p = math.exp(min(found["log_probability"], 0.0))
            told = f"a condition of probability {p:.3g} (its logarithm {error})"
        pairs.append(("given", told))
    if found["kind"] == "elbo":
        pairs += [("reconstruction", nats(found["reconstruction"])), ("KL", nats(found["kl"]))]
    else:
        ess = f"{found['ess']:.1f} of {found['weights']:,}, in the worst row"
        pairs.append(("effective", f"{ess} {found['least_ess']:.1f}"))
    if "given" not in found:  # the marginals know of no condition
        over = f"{signed(gain)} (product of marginals: {nats(found['marginals'])})"
        pairs.append(("over marginals", over))
    if output is not None:
        pairs.append(("bound per row", named_output(output)))
    lines = [f"{data}: {count(found['rows'], 'row')}", *aligned(pairs)]
    if found.get("warning"):
        lines.append(f"  Warning: the bound may be far below log p(x): {found['warning']}.")
    return "\n".join(lines)
