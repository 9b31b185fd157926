"""Options that several commands share; each text of help is written once."""

from typing import Annotated, Any, Literal

import typer

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="The table: CSV, TSV, NDJSON, Parquet, Arrow or Feather; text also compressed "
        "(.gz, .zst, .bz2, .xz); - is standard input.",
    ),
]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A file that `jensen fit` wrote.")]
MaybeNumber = Annotated[
    int | None,
    typer.Option(
        "-n", "--number", metavar="N", help="Rows to write. [default: as many as were fitted]"
    ),
]
TrainGuide = Annotated[
    bool,
    typer.Option(
        "--guide",
        help="Also train what conditions and gaps need, so that `sample --given`, `impute` and "
        "`score --cells` start sooner from the file.",
    ),
]
Force = Annotated[bool, typer.Option("--force", "-f", help="Replace a file that exists.")]

# of the columns
SchemaFile = Annotated[
    str | None,
    typer.Option("--schema", metavar="FILE", help="Take the columns as this file says."),
]
ColumnKinds = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        metavar="NAME=KIND",
        help="Take a column as KIND: continuous, integer, boolean, categorical, ordinal, date, "
        'datetime, time, duration, constant, identifier; or NAME={"field": value, ...} as in a '
        "schema file. Repeatable.",
    ),
]
Ordinals = Annotated[
    list[str] | None,
    typer.Option(
        "--ordinal", metavar="NAME=LOW,..,HIGH", help="The ordered values of a column. Repeatable."
    ),
]
MissingWords = Annotated[
    list[str] | None,
    typer.Option(
        "--missing",
        metavar="WORD",
        help="model: that a value is missing is part of the data, and is sampled too [default]; "
        "ignore: bound the probability of what is observed, and sample rows without gaps; or "
        "NAME=WORD for one column. Repeatable.",
    ),
]
Drops = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="NAME", help="Leave a column out. Repeatable."),
]
NoHeader = Annotated[
    bool,
    typer.Option("--no-header", help="The first line is a row; columns are column_1, column_2, .."),
]

# of the fit, as the arguments of VAE
LatentDim = Annotated[
    int | None, typer.Option(min=1, metavar="L", help="Dimensions of z. [default: 8]")
]
LikelihoodName = Annotated[
    str | None,
    typer.Option(
        metavar="TERM",
        help="p(x|z): autoregressive over the columns, or independent, each by itself given z; "
        "others in docs/terms.md. [default: autoregressive]",
    ),
]
PriorName = Annotated[
    str | None,
    typer.Option(
        metavar="TERM",
        help="p(z): a name of docs/terms.md, as mixture:components=50. [default: normal]",
    ),
]
PosteriorName = Annotated[
    str | None,
    typer.Option(metavar="TERM", help="q(z|x): a name of docs/terms.md. [default: mean_field]"),
]
BoundName = Annotated[
    str | None,
    typer.Option(
        metavar="TERM",
        help="What the fit maximises: a name of docs/terms.md, as iwae:k=8. [default: elbo]",
    ),
]
Width = Annotated[
    int | None,
    typer.Option(min=1, metavar="W", help="Width of the networks. [default: from the table]"),
]
Blocks = Annotated[
    int | None,
    typer.Option(min=1, metavar="B", help="Residual blocks of the networks. [default: 2]"),
]
Steps = Annotated[
    int | None,
    typer.Option(min=1, metavar="S", help="Steps of the optimiser. [default: from the table]"),
]
BatchSize = Annotated[
    int | None,
    typer.Option(min=1, metavar="B", help="Rows of a step. [default: from the table]"),
]
LearningRate = Annotated[
    float | None, typer.Option(metavar="R", help="Size of a step. [default: 0.002]")
]
KlWarmUp = Annotated[
    float | None,
    typer.Option(
        metavar="SHARE",
        help="Share of the steps over which the weight of the KL rises from 0 to 1; 0 is full "
        "weight from the start. [default: 0.3]",
    ),
]
Minutes = Annotated[
    float | None,
    typer.Option(metavar="M", help="Time for the fit; without it, as long as the steps take."),
]

# of the bound
ScoreBound = Annotated[
    str | None,
    typer.Option(
        metavar="BOUND",
        help="elbo; iwae, the importance-weighted bound; or ais, annealed importance sampling "
        "with 8 chains, the tightest and slowest. [default: elbo]",
    ),
]
ScoreK = Annotated[
    int | None,
    typer.Option(
        metavar="K",
        help="elbo: draws of z that its reconstruction is averaged over; iwae: draws whose "
        "weights are averaged; ais: temperatures. [default: 8, 100, 100]",
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option(
        "--given",
        metavar="CONDITION",
        help="Only rows that fulfil this: clauses joined by and, such as species = Adelie, "
        "mass > 4000, 3 <= n < 5, island in {Biscoe, Dream}, sex is missing. Repeatable.",
    ),
]
GivenTable = Annotated[
    str | None,
    typer.Option(
        "--given-table",
        metavar="FILE",
        help="A table of some of the columns: rows for each of its lines, with the line's values; "
        "an empty cell leaves its column free.",
    ),
]
PerLine = Annotated[
    int | None,
    typer.Option("--per-line", min=1, metavar="K", help="Rows for each line of --given-table."),
]
GivenScore = Annotated[
    list[str] | None,
    typer.Option(
        "--given",
        metavar="CONDITION",
        help="Bound log p(x | condition) instead: rows of DATA must fulfil it. Repeatable.",
    ),
]
CellsFlag = Annotated[
    bool,
    typer.Option(
        "--cells",
        help="Score each cell: -log p(value | the rest of its row), the most surprising first.",
    ),
]
CellsFile = Annotated[
    str | None,
    typer.Option(
        "--cells",
        metavar="FILE",
        help="Write a line for each gap too: value, standard error, 90 % interval, effective "
        "number of draws.",
    ),
]
Point = Annotated[
    Literal["mean", "median"],
    typer.Option(
        "--point",
        help="What to write in the gap of a number: the mean has the least squared error, the "
        "median the least absolute one.",
    ),
]
RowsOut = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="OUT",
        help="Where the rows go, in the format of its ending; - is standard output. "
        "[default: data.csv -> data.more.csv, in this directory]",
    ),
]
ModelOut = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="MODEL",
        help="Where the model goes; - is standard output. "
        "[default: data.csv -> data.jensen, in this directory]",
    ),
]
KeptModel = Annotated[
    str | None, typer.Option("--model", metavar="FILE", help="Keep the model too, in this file.")
]
Target = Annotated[
    str | None,
    typer.Option(
        metavar="COLUMN",
        help="Predict this column from samples and from the data; all is each in turn.",
    ),
]
EvidenceFile = Annotated[
    str | None,
    typer.Option(
        "-o",
        "--output",
        metavar="FILE",
        help="Write it all to FILE.html, a page to read; FILE.json; or FILE.md.",
    ),
]
EvidenceForm = Annotated[
    str | None,
    typer.Option("--format", metavar="FORMAT", help="html, json or md. [default: by the ending]"),
]
Report = Annotated[
    str | None,
    typer.Option(
        "--report",
        metavar="FILE",
        help="Write a page on how like DATA the rows are, and no copies of it: FILE.html; or "
        "FILE.json, FILE.md.",
    ),
]
Refine = Annotated[
    int,
    typer.Option(
        metavar="STEPS",
        min=0,
        help="Improve q(z|x) of each row by itself in so many steps: a tighter ELBO, more slowly.",
    ),
]
GapRows = Annotated[
    int, typer.Option(metavar="N", help="Rows of DATA, at most; the seed chooses them.")
]
GapK = Annotated[int, typer.Option(metavar="K", help="Draws of z per row.")]
Temperatures = Annotated[
    int, typer.Option(metavar="T", help="Steps of the annealed importance sampling.")
]
Chains = Annotated[int, typer.Option(metavar="C", help="Its chains per row.")]


# of every command
def _seed(default: str = "") -> Any:
    told = "Same seed, same result." + (f" [default: {default}]" if default else "")
    return typer.Option("--seed", min=0, max=2**32 - 1, metavar="S", help=told)


FitSeed = Annotated[int, _seed()]
ImputeSeed = Annotated[int | None, _seed("the model's own, and 0 for one that is fitted")]
ModelSeed = Annotated[int | None, _seed("the model's own")]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="One JSON object on standard output; on standard error when the data go to the "
        "former.",
    ),
]
Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="No progress and no summary; errors are still told.")
]
Verbose = Annotated[
    bool,
    typer.Option("--verbose", "-v", help="Progress as plain lines, at most one a second."),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show where an unexpected error came from.")]
