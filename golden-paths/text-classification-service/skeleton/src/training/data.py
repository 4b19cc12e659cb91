"""The texts that the model learns from."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).resolve().parents[2] / "data" / "texts.csv"
LEAST = 10


class WrongTexts(Exception):
    """There is nothing to learn from; the message says what to do."""


@dataclass(frozen=True)
class Texts:
    """Texts and, in the same order, their labels."""

    texts: list[str]
    labels: list[str]


def load(file: Path = FILE) -> Texts:
    """Read the columns text and label; rows that lack one of them are left out."""
    if not file.exists():
        raise WrongTexts(f"There is no {file}. Put your texts there: columns text and label.")
    # Spreadsheets begin UTF-8 with a mark.
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        missing = {"text", "label"} - set(rows.fieldnames or [])
        if missing:
            raise WrongTexts(f"{file} has no column {sorted(missing)[0]}.")
        try:
            full = [row for row in rows if row["text"] and row["label"]]
        except UnicodeDecodeError as error:
            raise WrongTexts(f"{file} is not UTF-8: {error}") from error
    counts = Counter(row["label"] for row in full)
    if len(counts) < 2:
        raise WrongTexts(f"{file} needs two labels or more.")
    for label, count in counts.items():
        if count < LEAST:
            raise WrongTexts(f"{file} has {count} texts of {label!r}; {LEAST} are the least.")
    return Texts([row["text"] for row in full], [row["label"] for row in full])
