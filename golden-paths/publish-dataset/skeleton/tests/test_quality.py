"""What must hold of the contract, and of the checks that hold files against it."""

from pathlib import Path

import pandas as pd
import pytest

from ${{ values.package }}.__main__ import main
from ${{ values.package }}.contract import Column, Contract
from ${{ values.package }}.quality import breaches, read

SAMPLE = Path(__file__).resolve().parents[1] / "data" / "sample.csv"


def checked(column: Column, *values: object) -> list[str]:
    """Return what breaks a contract of one column."""
    frame = pd.DataFrame({column.name: list(values)})
    return [str(breach) for breach in breaches(frame, Contract("test", (column,)))]


def test_the_sample_keeps_the_contract() -> None:
    """What the repository shows as an example is one."""
    contract = Contract.load()
    assert breaches(read(SAMPLE, contract), contract) == []
    assert main([str(SAMPLE)]) == 0


def test_a_column_that_is_missing_or_unknown_is_told() -> None:
    """Columns are those of the contract, neither fewer nor more."""
    contract = Contract("test", (Column("a", "string"),))
    found = breaches(pd.DataFrame({"b": ["x"]}), contract)
    assert [str(breach) for breach in found] == ["b: is not in the contract", "a: is missing"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "1.5"),
        ("integer", "many"),
        ("number", "1,5"),
        ("boolean", "maybe"),
        ("date", "2026-13-01"),
        ("date", "2026-01-01T10:00"),
        ("datetime", "yesterday evening"),
    ],
)
def test_a_value_of_another_type_is_told_with_its_row(kind: str, value: str) -> None:
    """Rows are counted from 1, as people count them."""
    good = {"integer": "1", "number": "1.5", "boolean": "true"}.get(kind, "2026-01-31")
    assert checked(Column("a", kind), good, value) == [f"a: is no {kind}, in row 2"]


def test_what_else_a_contract_says_is_held() -> None:
    """Missing and repeated values, ranges and lists."""
    assert checked(Column("a", "string", required=True), "x", None) == ["a: has no value, in row 2"]
    assert checked(Column("a", "string"), "x", None) == []
    assert checked(Column("a", "integer", unique=True), "1", "2", "1") == [
        "a: is there twice, in row 3"
    ]
    assert checked(Column("a", "number", minimum=0, maximum=1), "-1", "0", "1", "2") == [
        "a: is below 0, in row 1",
        "a: is above 1, in row 4",
    ]
    assert checked(Column("a", "string", values=("x", "y")), "x", "z") == [
        "a: is none of the values of the contract, in row 2"
    ]


def test_many_rows_are_told_shortly() -> None:
    """A line names three rows and counts the others."""
    assert checked(Column("a", "integer"), *("x" for _ in range(1_200))) == [
        "a: is no integer, in row 1, 2, 3 and 1,197 more"
    ]


def test_parquet_is_held_against_it_too(tmp_path: Path) -> None:
    """A Parquet file has types of its own."""
    contract = Contract("test", (Column("a", "integer", minimum=0), Column("b", "datetime")))
    frame = pd.DataFrame({"a": [1, 2], "b": pd.to_datetime(["2026-01-01", "2026-01-02"])})
    frame.to_parquet(tmp_path / "good.parquet")
    assert breaches(read(tmp_path / "good.parquet", contract), contract) == []


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """It ends with 2, so that a pipeline tells it from a breach."""
    assert main([str(tmp_path / "nowhere.csv")]) == 2
    assert main([]) == 2
    (tmp_path / "none.parquet").write_bytes(b"no Parquet")
    assert main([str(tmp_path / "none.parquet")]) == 2


def test_a_contract_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    """Two columns of one name, or a type that is none."""
    column = "  - {name: a, type: string}\n"
    file = tmp_path / "contract.yaml"
    file.write_text("name: x\ncolumns:\n" + column * 2)
    with pytest.raises(ValueError, match="two columns a"):
        Contract.load(file)
    file.write_text("name: x\ncolumns:\n  - {name: a, type: varchar}\n")
    with pytest.raises(ValueError, match="varchar"):
        Contract.load(file)
