"""What must hold of every retraining, whatever the model."""

import numpy as np
import pandas as pd
import pytest
import retrain


def _rows(count: int) -> pd.DataFrame:
    """Return rows whose column to predict is twice the other one."""
    x = np.arange(count, dtype=float)
    return pd.DataFrame({"x": x, "y": x * 2})


def test_says_better_and_worse_only_where_the_rows_tell() -> None:
    """A candidate that is right beats one that is off, and not the other way round."""
    rows = _rows(40)
    noise = np.random.default_rng(7).normal(scale=3, size=40)

    def right(some: pd.DataFrame) -> np.ndarray:
        return some["x"].to_numpy() * 2

    def off(some: pd.DataFrame) -> np.ndarray:
        return some["x"].to_numpy() * 2 + noise

    better = retrain.compare(right, off, rows, "y")
    assert better.verdict == "better"
    assert better.candidate["mae"] == 0
    assert better.gain == pytest.approx(np.abs(noise).mean())
    assert retrain.compare(off, right, rows, "y").verdict == "worse"
    same = retrain.compare(off, off, rows, "y")
    assert (same.verdict, same.gain) == ("not clearly different", 0)


def test_counts_labels_that_are_right() -> None:
    """Labels are compared as texts, whatever the file had them as."""
    rows = pd.DataFrame({"x": range(40), "y": [0, 1] * 20})

    def right(some: pd.DataFrame) -> np.ndarray:
        return np.array(["0", "1"] * 20)

    def one(some: pd.DataFrame) -> np.ndarray:
        return np.array(["1"] * 40)

    compared = retrain.compare(right, one, rows, "y")
    assert compared.candidate["accuracy"] == 1
    assert compared.champion == {"accuracy": 0.5, "balanced_accuracy": 0.5}


def test_judges_by_the_newest_rows_that_nobody_has_seen() -> None:
    """Rows of the training are left out, and time decides which are the newest."""
    known = _rows(10)
    recent = _rows(110).assign(at=range(110, 0, -1))

    fresh = retrain.prepared(recent, known, "y", "at")
    learn, judge = retrain.split(fresh)

    assert len(fresh) == 100
    assert list(judge["x"])[-1] == 10
    assert learn["x"].min() > judge["x"].max()


def test_stops_where_a_comparison_would_say_nothing() -> None:
    """Too few rows, and rows without a column, are said and not worked around."""
    with pytest.raises(retrain.Stop, match="It takes 67"):
        retrain.split(_rows(30))
    with pytest.raises(retrain.Stop, match="lack: y"):
        retrain.prepared(_rows(30).drop(columns="y"), _rows(3), "y", "")
