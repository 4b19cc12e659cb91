"""Holds a file against the contract; run with python -m and its name."""

import sys
from pathlib import Path

from ${{ values.package }}.contract import Contract
from ${{ values.package }}.quality import breaches, read


def main(arguments: list[str]) -> int:
    """Print what breaks the contract; return 0 for nothing, 1 for something, 2 for a wrong call."""
    if len(arguments) != 1:
        print("Name one file, CSV or Parquet.")
        return 2
    contract = Contract.load()
    try:
        frame = read(Path(arguments[0]), contract)
    except (OSError, ValueError) as error:
        print(f"{arguments[0]} cannot be read: {error}")
        return 2
    found = breaches(frame, contract)
    for breach in found:
        print(breach)
    print(f"{arguments[0]}: {len(frame):,} rows, {len(found)} breaches of the contract")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
