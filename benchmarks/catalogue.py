"""What the tables of the shared data folder are: file, categorical columns, target, test file."""

from __future__ import annotations

from dataclasses import dataclass

MAGIC_COLUMNS = "fLength fWidth fSize fConc fConc1 fAsym fM3Long fM3Trans fAlpha fDist class"
HYPOTHYROID_NUMERIC = "age TSH T3 TT4 T4U FTI TBG"
NEWS_FLAGS = (
    "data_channel_is_lifestyle data_channel_is_entertainment data_channel_is_bus"
    " data_channel_is_socmed data_channel_is_tech data_channel_is_world weekday_is_monday"
    " weekday_is_tuesday weekday_is_wednesday weekday_is_thursday weekday_is_friday"
    " weekday_is_saturday weekday_is_sunday is_weekend"
)
BINARY_SETS = "accidents baudio bnetflix dna jester moviereview mushrooms nips nltcs plants"

# The four tables whose figures are published under one protocol (TabSyn, TabDiff, TabPC).
PAPER_TABLES = ("adult", "shoppers", "magic", "default")


@dataclass(frozen=True)
class Source:
    """A table's file and columns; names are separated by spaces, or by commas where they hold one.

    ``categorical`` lists the categorical columns; where ``numeric`` is given instead, it lists the
    numeric ones and all others are categorical. ``target`` is categorical unless listed numeric.
    """

    file: str
    categorical: str = ""
    numeric: str | None = None
    target: str | None = None
    test: str | None = None
    times: str = ""
    dropped: str = ""
    header: str | None = None
    skipped_rows: int = 0

    def is_categorical(self, name: str) -> bool:
        if self.numeric is not None:
            return name not in self.numeric.split()
        return name in (
            self.categorical.split(",") if "," in self.categorical else self.categorical.split()
        )


SOURCES = {
    "adult": Source(
        "adult/train.csv.gz",
        "workclass education marital-status occupation relationship race sex native-country income",
        target="income",
        test="adult/test.csv.gz",
    ),
    "default": Source(
        "default/default.csv.gz",
        "SEX,EDUCATION,MARRIAGE,PAY_0,PAY_2,PAY_3,PAY_4,PAY_5,PAY_6,default payment next month",
        target="default payment next month",
        dropped="ID",
    ),
    "shoppers": Source(
        "shoppers/online_shoppers_intention.csv.gz",
        "Month OperatingSystems Browser Region TrafficType VisitorType Weekend Revenue",
        target="Revenue",
    ),
    # TabSyn reads the first row of Magic as a header and so loses it.
    "magic": Source(
        "magic/magic04.data.gz", "class", target="class", header=MAGIC_COLUMNS, skipped_rows=1
    ),
    "news_subset": Source("news_subset/news_subset.csv.gz", NEWS_FLAGS, target="shares"),
    "htru2": Source("htru2/HTRU_2.csv.gz", "is_pulsar", target="is_pulsar"),
    "protein": Source("protein/protein.csv.gz", target="target"),
    "exoplanets": Source("exoplanets/planets.csv.gz", "method", target="method"),
    "nyc_weather": Source("nyc_weather/weather.csv.gz", "origin", times="time_hour"),
    "hypothyroid": Source(
        "hypothyroid/hypothyroid.csv.gz", numeric=HYPOTHYROID_NUMERIC, target="Class"
    ),
    "california_housing": Source(
        "california_housing/housing.csv.gz", "ocean_proximity", target="median_house_value"
    ),
    "diamonds": Source("diamonds/diamonds.csv.gz", "cut color clarity", target="price"),
    "penguins": Source("penguins/penguins.csv.gz", "species island sex", target="species"),
    "wine_red": Source("winequality/winequality-red.csv.gz", target="quality"),
    "wine_white": Source("winequality/winequality-white.csv.gz", target="quality"),
    "abalone": Source("abalone/abalone.csv.gz", "Sex", target="Rings"),
    "pbmc68k": Source("pbmc68k_reduced/pbmc68k_reduced.npz", "bulk_labels", target="bulk_labels"),
    **{name: Source(f"debd/{name}.npz", numeric="") for name in BINARY_SETS.split()},
}
