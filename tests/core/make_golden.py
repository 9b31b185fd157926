"""Make the golden model file anew: only ever for a new format, beside those of the old ones.

python tests/core/make_golden.py
"""

import json
from pathlib import Path

from jensen import VAE
from jensen.data import read_table
from jensen.estimator.file import FORMAT

HERE = Path(__file__).resolve().parent / "golden"
PENGUINS = HERE.parents[2] / "examples" / "penguins.csv"
N_ROWS = 20


def describe(vae: VAE) -> dict[str, object]:
    """What a model must go on to say: rows of its sample, scores of rows of data, its bound."""
    rows = vae.sample_table(0, N_ROWS).frame
    data = read_table(PENGUINS).head(N_ROWS)
    return {
        "rows": rows.to_dict(as_series=False),
        "types": {name: str(dtype) for name, dtype in rows.schema.items()},
        "scores": vae.score_samples(data).tolist(),
        "held_out": vae.held_out_.model_dump(mode="json"),
    }


def main() -> None:
    """Fit a very small model of the penguins, save it, and write down what it says."""
    vae = VAE(latent_dim=2, width=8, n_blocks=1, steps=100, seed=7).fit(PENGUINS)
    name = f"penguins-{FORMAT}"
    vae.save(HERE / f"{name}.jensen", force=False)
    (HERE / f"{name}.json").write_text(json.dumps(describe(vae), indent=1) + "\n")


if __name__ == "__main__":
    main()
