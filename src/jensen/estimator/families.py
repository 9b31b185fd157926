"""Which column has which family of distributions: by its schema, or by the term of the bound."""

from typing import Any

from jensen.data import Column, Schema
from jensen.data.codec import Codec, Space, ValueCodec, misfit
from jensen.errors import OptionError, SchemaError
from jensen.estimator.terms import OBJECT, resolve
from jensen.likelihoods import FAMILIES, LIKELIHOODS, IndependentColumns, ValueColumn
from jensen.likelihoods.families import is_family, is_joint


def space_of(family: Any) -> Space:
    """Where the values of a family lie."""
    return Space(family.domain, float(getattr(family, "period", 0.0)))


def with_families(schema: Schema, term: Any, name: str) -> Schema:
    """The schema with the family of every column in it.

    A family as the likelihood of the whole table goes to every column that it suits and that
    has none; a density takes all of a column's values, so its exact values lose their atoms.

    Args:
        schema: of the table.
        term: the likelihood: a family, or a decoder.
        name: of the term, as the configuration spells it.

    Raises:
        SchemaError: a column that its family does not suit, or no column that it does.
        OptionError: an unknown family or setting.
    """
    if is_family(term):
        schema = _spread(schema, term, name)
    columns = [c for c in schema.columns if c.likelihood is not None]
    for column in columns:
        family = term if column.likelihood == name else family_of(column)
        why = misfit(column, space_of(family))
        if why is not None:
            raise SchemaError(
                f"column {column.name!r} cannot have the likelihood {column.likelihood!r}: {why}; "
                + _advice(column)
            )
        schema = schema.with_column(column.model_copy(update={"atoms": ()}))
    return schema


def _spread(schema: Schema, family: Any, name: str) -> Schema:
    """The schema with this family wherever it suits."""
    free = [c for c in schema.columns if c.likelihood is None and c.kind != "identifier"]
    reasons = {c.name: misfit(c, space_of(family)) for c in free}
    suited = [c for c in free if reasons[c.name] is None]
    if not suited and name not in [c.likelihood for c in schema.columns]:
        why = "; ".join(f"{n!r}: {reason}" for n, reason in list(reasons.items())[:3])
        raise SchemaError(
            f"the likelihood {name!r} must suit at least one column, and suits none ({why}); take "
            "another family, or change the kinds of the columns (--column NAME=KIND)."
        )
    for column in suited:
        schema = schema.with_column(column.model_copy(update={"likelihood": name}))
    return schema


def _advice(column: Column) -> str:
    fits = [n for n, kind in FAMILIES.items() if misfit(column, space_of(kind())) is None]
    if not fits:
        return "no family fits, so leave it to its bins or levels."
    return f"choose one of {', '.join(fits)}, or leave it to its bins or levels."


def family_of(column: Column, term: Any = None) -> Any:
    """The family of a parametric column.

    Args:
        column: whose `likelihood` is not None.
        term: the family that came as an object.
    """
    text = column.likelihood or ""
    if text.startswith(OBJECT) and term is not None:
        return term
    if text.partition(":")[0] in LIKELIHOODS:
        raise OptionError(
            f"the likelihood of column {column.name!r} must be a family, one of "
            f"{', '.join(FAMILIES)}, and {text!r} is for whole rows."
        )
    try:
        return resolve("likelihood", text)
    except OptionError as error:
        raise OptionError(f"column {column.name!r}: {error}") from error


def spaces(schema: Schema, term: Any) -> dict[str, Space]:
    """The parametric columns, and where their values lie."""
    parametric = [c for c in schema.columns if c.likelihood is not None]
    return {c.name: space_of(family_of(c, term)) for c in parametric}


def value_columns(codec: Codec, term: Any) -> list[ValueColumn]:
    """What a decoder must know of the parametric columns of a table.

    Args:
        codec: of the table.
        term: the likelihood: a family, or a decoder.

    Raises:
        OptionError: a joint family where a column can be missing, or where columns are
            predicted one after the other.
    """
    out: list[ValueColumn] = []
    for j in codec.parametric:
        value, column = codec.coded[j].codec, codec.coded[j].column
        if isinstance(value, ValueCodec):
            family = family_of(column, term)
            independent = isinstance(decoder_of(term), IndependentColumns)
            _check_joint(column, family, independent)
            out.append(ValueColumn(j, family, *value.moments))
    return out


def _check_joint(column: Column, family: Any, independent: bool) -> None:
    if not is_joint(family):
        return
    if column.missing:
        raise OptionError(
            f"column {column.name!r} must have no missing values under {column.likelihood!r}, "
            "which has one density for all its columns together; fill them in, or choose a "
            "family with one for each."
        )
    if not independent:
        raise OptionError(
            f"column {column.name!r} must be decoded at once with the others of "
            f"{column.likelihood!r}, and the autoregressive decoder takes columns one after the "
            "other; say likelihood='independent', or choose another family."
        )


def decoder_of(term: Any) -> Any:
    """What decodes the codes: the term itself, or for a family the independent decoder."""
    return IndependentColumns() if is_family(term) else term
