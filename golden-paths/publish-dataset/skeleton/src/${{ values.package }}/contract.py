"""Reads contract.yaml."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).resolve().parents[2] / "contract.yaml"
TYPES = ("string", "integer", "number", "boolean", "date", "datetime")


@dataclass(frozen=True)
class Column:
    """What holds of every value of a column.

    Attributes:
        required: no value may be missing
        minimum: of numbers, inclusive
        values: nothing else is allowed; empty when anything is

    """

    name: str
    type: str
    required: bool = False
    unique: bool = False
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Contract:
    """A data set with its columns."""

    name: str
    columns: tuple[Column, ...]

    @classmethod
    def load(cls, file: Path = FILE) -> "Contract":
        """Read a contract; raise ValueError when it is none."""
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
        columns = tuple(_column(one) for one in document["columns"])
        names = [column.name for column in columns]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(f"{file}: there are two columns {', '.join(sorted(twice))}")
        return cls(document["name"], columns)


def _column(document: dict[str, Any]) -> Column:
    """Make a column of its part of the contract."""
    column = Column(
        name=str(document["name"]),
        type=str(document["type"]),
        required=bool(document.get("required")),
        unique=bool(document.get("unique")),
        minimum=_number(document.get("minimum")),
        maximum=_number(document.get("maximum")),
        values=tuple(document.get("values", ())),
    )
    if column.type not in TYPES:
        raise ValueError(f"{column.name}: {column.type} is none of {', '.join(TYPES)}")
    return column


def _number(value: Any) -> float | None:
    """Return a bound; YAML takes 1e-7 for a text."""
    return None if value is None else float(value)
