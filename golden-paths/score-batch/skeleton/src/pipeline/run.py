"""One run: from a file of rows to a file of scores."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from pipeline import INPUT, MODEL, VERSION
from pipeline.portal import Portal, Unusable
from pipeline.quality import reasons, typed
from pipeline.scoring import Scorer

PARQUET = (".parquet", ".pq")


class NotGoodEnough(Exception):
    """Too many rows break the columns of the catalog; nothing was written."""


@dataclass(frozen=True)
class Report:
    """What a run did."""

    rows: int
    rejected: int
    version: int

    def __str__(self) -> str:
        """Return a line for the log."""
        scored = self.rows - self.rejected
        return f"{scored:,} of {self.rows:,} rows scored with {MODEL} version {self.version}"


def read(file: Path) -> pd.DataFrame:
    """Read CSV or Parquet; raise Unusable when it cannot be."""
    try:
        return pd.read_parquet(file) if file.suffix in PARQUET else pd.read_csv(file)
    except (OSError, ValueError) as error:
        raise Unusable(f"{file} cannot be read: {error}") from error


def write(frame: pd.DataFrame, file: Path) -> None:
    """Write CSV or Parquet: the whole file at once, or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    os.close(handle)
    try:
        if file.suffix in PARQUET:
            frame.to_parquet(name, index=False)
        else:
            frame.to_csv(name, index=False)
        os.replace(name, file)
    except BaseException:
        os.unlink(name)
        raise


def run(portal: Portal, source: Path, target: Path, most: float, cache: Path) -> Report:
    """Score a file.

    Args:
        portal: knows columns and model
        source: rows, CSV or Parquet
        target: rows that keep their columns, with the answers of the model
        most: share of rows that may be rejected, 0 to 1
        cache: folder of models

    """
    version = portal.version(MODEL, VERSION, cache)
    scorer = Scorer(version.file)
    frame = read(source).reset_index(drop=True)
    missing = sorted(scorer.columns - set(frame.columns))
    if missing:
        raise Unusable(f"{source} lacks what the model reads: {', '.join(missing)}")
    columns = portal.columns(INPUT)
    why = reasons(frame, columns, scorer.columns)
    bad = why != ""
    if bad.any():
        write(frame[bad].assign(reason=why[bad]), target.with_name(target.name + ".rejected.csv"))
    if bad.mean() > most:
        worst = why[bad].value_counts().head(3)
        told = "; ".join(f"{reason} ({count:,} rows)" for reason, count in worst.items())
        raise NotGoodEnough(f"{bad.sum():,} of {len(frame):,} rows are rejected: {told}")
    good = typed(frame[~bad], columns)
    scores = scorer.score(good)
    if len(scores) != len(good) or scores.isna().any(axis=None):
        raise NotGoodEnough("The model gave no answer to some rows; nothing was written.")
    write(pd.concat([good, scores.add_prefix("score_")], axis=1), target)
    return Report(len(frame), int(bad.sum()), version.number)
