"""Holds rows against the columns of the catalog."""

from collections.abc import Iterable
from typing import Any

import pandas as pd

NUMBERS = ("integer", "number")


def reasons(frame: pd.DataFrame, columns: Iterable[dict[str, Any]], needed: set[str]) -> pd.Series:
    """Return for each row why it breaks its columns; an empty text when it does not.

    Columns that the catalog lists and the rows lack are no matter, unless the model needs them:
    that is for the caller to see. A value of a column that is needed must not be missing.
    """
    found = pd.Series("", index=frame.index, dtype=object)
    for column in columns:
        name = column["name"]
        if name in frame:
            _column(frame[name], column, name in needed or bool(column.get("required")), found)
    return found


def typed(frame: pd.DataFrame, columns: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return rows that keep their columns with numbers as numbers: one bad value made all texts."""
    numbers = [one["name"] for one in columns if one["type"] in NUMBERS and one["name"] in frame]
    return frame.assign(**{name: pd.to_numeric(frame[name]) for name in numbers})


def _column(values: pd.Series, column: dict[str, Any], required: bool, found: pd.Series) -> None:
    """Add what is wrong with one column to what was found."""

    def mark(bad: Any, reason: str) -> None:
        found[bad & (found == "")] = f"{column['name']} {reason}"

    missing = values.isna()
    if required:
        mark(missing, "has no value")
    if column["type"] in NUMBERS:
        numbers = pd.to_numeric(values, errors="coerce")
        mark(numbers.isna() & ~missing, "is no number")
        if column["type"] == "integer":
            mark(numbers.notna() & (numbers % 1 != 0), "is no integer")
        if column.get("minimum") is not None:
            mark(numbers < float(column["minimum"]), f"is below {column['minimum']}")
        if column.get("maximum") is not None:
            mark(numbers > float(column["maximum"]), f"is above {column['maximum']}")
    if column.get("values"):
        allowed = {str(value) for value in column["values"]}
        mark(~values.astype(str).isin(allowed) & ~missing, "is none of the values of the catalog")
