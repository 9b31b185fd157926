"""SDV's synthesizers of single tables: tvae, ctgan, copula."""

from __future__ import annotations

import pandas as pd

from benchmarks.synthesizers.frame import main

TABLE = "table"
SDTYPES = {"numeric": "numerical", "categorical": "categorical"}
NAMES = {
    "tvae": "TVAESynthesizer",
    "ctgan": "CTGANSynthesizer",
    "copula": "GaussianCopulaSynthesizer",
}


def fit(method: str, table: pd.DataFrame, meta: dict, seed: int):
    import sdv.single_table
    import torch
    from sdv.metadata import Metadata

    torch.manual_seed(seed)
    columns = {name: {"sdtype": SDTYPES[kind]} for name, kind in meta["kinds"].items()}
    columns |= {name: {"sdtype": "datetime"} for name in meta["times"]}
    metadata = Metadata.load_from_dict({"tables": {TABLE: {"columns": columns}}})
    synthesizer = getattr(sdv.single_table, NAMES[method])(metadata)
    synthesizer.fit({TABLE: table})
    return synthesizer


def draw(synthesizer, n: int) -> pd.DataFrame:
    return synthesizer.sample(num_rows=n)[TABLE]


if __name__ == "__main__":
    main("sdv", fit, draw)
