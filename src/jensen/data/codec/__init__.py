"""A table as codes and back: invertible, with its log-determinant."""

from jensen.data.codec.bins import Bins
from jensen.data.codec.codec import Codec, CodedColumn
from jensen.data.codec.fit_bins import fit_bins

__all__ = ["Bins", "Codec", "CodedColumn", "fit_bins"]
