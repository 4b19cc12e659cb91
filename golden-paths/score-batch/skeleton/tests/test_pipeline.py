"""What must hold of a run, whatever comes in."""

import hashlib
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import onnx
import pandas as pd
import pytest
from onnx import TensorProto, helper

from pipeline.__main__ import main
from pipeline.portal import Portal, Unusable
from pipeline.run import NotGoodEnough, run
from pipeline.scoring import CHUNK

COLUMNS: list[dict[str, Any]] = [
    {"name": "size", "type": "number", "minimum": 0, "maximum": 100_000},
    {"name": "island", "type": "string", "values": ["north", "south"]},
    {"name": "year", "type": "integer"},
]


def _model() -> bytes:
    """Make a model that doubles a number, splits it in two, and gives a word back."""
    one = ["N", 1]
    inputs = [
        helper.make_tensor_value_info("size", TensorProto.FLOAT, one),
        helper.make_tensor_value_info("island", TensorProto.STRING, one),
    ]
    outputs = [
        helper.make_tensor_value_info("double", TensorProto.FLOAT, one),
        helper.make_tensor_value_info("pair", TensorProto.FLOAT, ["N", 2]),
        helper.make_tensor_value_info("label", TensorProto.STRING, one),
    ]
    nodes = [
        helper.make_node("Add", ["size", "size"], ["double"]),
        helper.make_node("Concat", ["size", "double"], ["pair"], axis=1),
        helper.make_node("Identity", ["island"], ["label"]),
    ]
    graph = helper.make_graph(nodes, "test", inputs, outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 10
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


MODEL = _model()


class Server:
    """A portal with one data set and one model."""

    def __init__(self) -> None:
        """Begin well."""
        self.content = MODEL
        self.seen: list[str] = []

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request."""
        path = request.url.path
        self.seen.append(path)
        if path.startswith("/api/catalog/"):
            return httpx2.Response(200, json={"spec": {"schema": COLUMNS}})
        if "/files/" in path:
            return httpx2.Response(200, content=self.content)
        digest = hashlib.sha256(MODEL).hexdigest()
        files = [{"path": "model.onnx", "sha256": digest, "size": len(MODEL)}]
        body = {"version": 3, "mainFile": "model.onnx", "files": files}
        return httpx2.Response(200, json=body)


@pytest.fixture
def server() -> Server:
    """Return a portal."""
    return Server()


def score(server: Server, folder: Path, frame: pd.DataFrame, most: float = 0.5) -> pd.DataFrame:
    """Run the pipeline over rows."""
    frame.to_csv(folder / "rows.csv", index=False)
    portal = Portal("https://atelier.example", "token", httpx2.MockTransport(server))
    run(portal, folder / "rows.csv", folder / "scores.parquet", most, folder / "cache")
    return pd.read_parquet(folder / "scores.parquet")


def rows(count: int) -> pd.DataFrame:
    """Make rows that keep their columns."""
    return pd.DataFrame(
        {"size": np.arange(count, dtype=float), "island": "north", "year": 2026, "note": "kept"}
    )


def test_every_row_gets_its_answers(server: Server, tmp_path: Path) -> None:
    """Over more than one chunk, in the order of the rows, with all columns."""
    scores = score(server, tmp_path, rows(CHUNK + 5))
    assert list(scores.columns) == [
        "size",
        "island",
        "year",
        "note",
        "score_double",
        "score_pair_0",
        "score_pair_1",
        "score_label",
    ]
    assert len(scores) == CHUNK + 5
    assert (scores["score_double"] == 2 * scores["size"]).all()
    assert (scores["score_label"] == "north").all()


def test_a_run_may_be_repeated(server: Server, tmp_path: Path) -> None:
    """The same rows give the same scores, and the model is taken once."""
    first = score(server, tmp_path, rows(3))
    pd.testing.assert_frame_equal(score(server, tmp_path, rows(3)), first)
    assert sum("/files/" in path for path in server.seen) == 1


def test_rows_that_break_their_columns_are_put_aside_with_the_reason(
    server: Server, tmp_path: Path
) -> None:
    """The others are scored."""
    frame = rows(7).astype(object)
    frame.loc[0, "size"] = "big"
    frame.loc[1, "size"] = -1
    frame.loc[2, "island"] = "west"
    frame.loc[3, "island"] = None
    frame.loc[4, "year"] = 2026.5
    assert list(score(server, tmp_path, frame, most=0.8)["size"]) == [5, 6]
    rejected = pd.read_csv(tmp_path / "scores.parquet.rejected.csv")
    assert list(rejected["reason"]) == [
        "size is no number",
        "size is below 0",
        "island is none of the values of the catalog",
        "island has no value",
        "year is no integer",
    ]


def test_nothing_is_written_when_too_many_rows_are_bad(server: Server, tmp_path: Path) -> None:
    """What was there before stays."""
    before = score(server, tmp_path, rows(3))
    with pytest.raises(NotGoodEnough, match=r"2 of 3 rows .* size is below 0 \(2 rows\)"):
        score(server, tmp_path, rows(3).assign(size=[-1, -2, 3]))
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "scores.parquet"), before)


def test_a_column_that_the_model_reads_must_be_there(server: Server, tmp_path: Path) -> None:
    """Others may be missing."""
    assert len(score(server, tmp_path, rows(2).drop(columns="year"))) == 2
    with pytest.raises(Unusable, match="island"):
        score(server, tmp_path, rows(2).drop(columns="island"))


def test_an_empty_file_gives_an_empty_file(server: Server, tmp_path: Path) -> None:
    """A day without rows is no failure."""
    assert len(score(server, tmp_path, rows(0))) == 0


def test_files_that_were_changed_on_the_way_are_refused(server: Server, tmp_path: Path) -> None:
    """The registry says what the bytes are."""
    server.content = MODEL + b"x"
    with pytest.raises(Unusable, match="not the file that was registered"):
        score(server, tmp_path, rows(2))


def test_says_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with 2, so that a scheduler tells it from bad data."""
    monkeypatch.delenv("ATELIER_URL", raising=False)
    assert main([]) == 2
    assert main(["rows.csv", "scores.csv"]) == 2
    monkeypatch.setenv("ATELIER_URL", "http://localhost:1")
    monkeypatch.setenv("ATELIER_TOKEN_FILE", str(tmp_path / "nowhere"))
    assert main(["rows.csv", "scores.csv"]) == 2
