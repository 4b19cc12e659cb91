"""The checks of a delivery against the contract."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ${{ values.package }}.contract import Column, Contract

SHOWN = 3


@dataclass(frozen=True)
class Breach:
    """What is wrong with a column, and in which rows (counted from 1, without the heading)."""

    column: str
    reason: str
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Return a line for people."""
        if not self.rows:
            return f"{self.column}: {self.reason}"
        first = ", ".join(str(row) for row in self.rows[:SHOWN])
        more = f" and {len(self.rows) - SHOWN:,} more" if len(self.rows) > SHOWN else ""
        return f"{self.column}: {self.reason}, in row {first}{more}"


def read(file: Path, contract: Contract) -> pd.DataFrame:
    """Read CSV or Parquet; texts of a CSV file stay texts until they are looked at."""
    if file.suffix.lower() in (".parquet", ".pq"):
        return pd.read_parquet(file)
    return pd.read_csv(file, dtype=str, keep_default_na=False, na_values=[""])


def breaches(frame: pd.DataFrame, contract: Contract) -> list[Breach]:
    """Return all that breaks the contract; nothing when it is kept."""
    known = {column.name for column in contract.columns}
    found = [Breach(str(name), "is not in the contract") for name in frame if name not in known]
    for column in contract.columns:
        if column.name not in frame:
            found.append(Breach(column.name, "is missing"))
        else:
            found.extend(_column(frame[column.name], column))
    return found


def _column(values: Iterable[Any], column: Column) -> list[Breach]:
    """Hold one column against what the contract says of it."""
    rows: dict[str, list[int]] = {}
    allowed = {str(value) for value in column.values}
    seen: set[Any] = set()
    for row, value in enumerate(values, start=1):
        reason = _reason(value, column, allowed, seen)
        if reason:
            rows.setdefault(reason, []).append(row)
    return [Breach(column.name, reason, tuple(which)) for reason, which in rows.items()]


def _reason(value: Any, column: Column, allowed: set[str], seen: set[Any]) -> str | None:
    """Return the first thing that is wrong with a value; seen gathers those of a unique column."""
    if pd.isna(value):
        return "has no value" if column.required else None
    typed = _typed(value, column.type)
    if typed is None:
        return f"is no {column.type}"
    if column.unique:
        if typed in seen:
            return "is there twice"
        seen.add(typed)
    if allowed and not allowed & {str(value), str(typed)}:
        return "is none of the values of the contract"
    if column.type in ("integer", "number"):
        if column.minimum is not None and typed < column.minimum:
            return f"is below {column.minimum:g}"
        if column.maximum is not None and typed > column.maximum:
            return f"is above {column.maximum:g}"
    return None


def _typed(value: Any, kind: str) -> Any:
    """Return the value as its type, or None when it is not of that type."""
    try:
        match kind:
            case "integer":
                number = float(value)
                return int(number) if number.is_integer() else None
            case "number":
                number = float(value)
                return None if math.isnan(number) else number
            case "boolean":
                return {"true": True, "false": False}.get(str(value).lower())
            case "date":
                moment = pd.Timestamp(value)
                return moment if moment == moment.normalize() else None
            case "datetime":
                moment = pd.Timestamp(value)
                return None if moment is pd.NaT else moment
            case _:
                return str(value)
    except (TypeError, ValueError, OverflowError):
        return None
