"""python -m pipeline INPUT OUTPUT."""

import os
import sys
import tempfile
from pathlib import Path

from pipeline.portal import Portal, Unusable
from pipeline.run import NotGoodEnough, run


def main(arguments: list[str]) -> int:
    """Score a file; return 0 when it is written, 1 for bad data, 2 when something is missing."""
    if len(arguments) != 2 or not all(arguments):
        print("Say what is scored and where the scores go: INPUT OUTPUT")
        return 2
    cache = Path(tempfile.gettempdir()) / "models"
    try:
        most = float(os.environ.get("MAX_REJECTED", "0.05"))
        print(run(Portal.of(), Path(arguments[0]), Path(arguments[1]), most, cache))
    except NotGoodEnough as reason:
        print(reason)
        return 1
    except (Unusable, ValueError) as reason:
        print(reason)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
