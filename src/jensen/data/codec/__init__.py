"""A table as codes and back: invertible, with its log-determinant."""

from jensen.data.codec.bins import Bins
from jensen.data.codec.codec import Codec, CodedColumn
from jensen.data.codec.fit_bins import fit_bins
from jensen.data.codec.numeric import NumericCodec
from jensen.data.codec.regions import Cells, Region, region_of
from jensen.data.codec.restrict import Pieces, pieces_of
from jensen.data.codec.values import DISCRETE, DOMAINS, Row, Space, ValueCodec, misfit, only_codes

__all__ = [
    "DISCRETE",
    "DOMAINS",
    "Bins",
    "Cells",
    "Codec",
    "CodedColumn",
    "NumericCodec",
    "Pieces",
    "Region",
    "Row",
    "Space",
    "ValueCodec",
    "fit_bins",
    "misfit",
    "only_codes",
    "pieces_of",
    "region_of",
]
