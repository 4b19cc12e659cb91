"""The table that the model learns from."""

{% if values.source == 'csv' %}
from pathlib import Path

{% endif %}
import pandas as pd
{% if values.source != 'csv' %}
from sklearn.datasets import load_${{ values.source }}
{% endif %}

TARGET = "${{ values.target }}"
{% if values.source == 'csv' %}
FILE = Path(__file__).resolve().parents[2] / "data" / "train.csv"
{% endif %}


def load() -> pd.DataFrame:
    """Return all rows, with the column to predict among them.

    Columns of numbers become numbers in the form of the model, all others choices. Rows without
    the column to predict are left out.
    """
{% if values.source == 'csv' %}
    if not FILE.exists():
        raise SystemExit(f"There is no {FILE}. Put your table there; it needs a column {TARGET}.")
    frame = pd.read_csv(FILE)
    if TARGET not in frame:
        raise SystemExit(f"{FILE} has no column {TARGET}, only {', '.join(frame.columns)}.")
{% elif values.source == 'diabetes' %}
    frame = load_diabetes(as_frame=True, scaled=False).frame
{% else %}
    bunch = load_${{ values.source }}(as_frame=True)
    frame = bunch.frame.assign(target=[str(bunch.target_names[i]) for i in bunch.target])
{% endif %}
    frame.columns = [_name(column) for column in frame.columns]
    return frame.dropna(subset=[TARGET]).reset_index(drop=True)


def _name(column: str) -> str:
    """Return the column's name as a graph can have it: letters, numbers and underscores."""
    return "".join(letter if letter.isalnum() else "_" for letter in str(column)).strip("_")
