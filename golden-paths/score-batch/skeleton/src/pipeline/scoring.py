"""Scores rows with ONNX Runtime."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd

from pipeline.portal import Unusable

CHUNK = 10_000
TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(string)": object,
}


class Scorer:
    """A model whose inputs are columns, each of shape [N, 1] or [N]."""

    def __init__(self, file: Path):
        """Open the model; raise Unusable for one that does not read columns."""
        self._session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
        self._inputs = self._session.get_inputs()
        for one in self._inputs:
            if one.type not in TYPES or len(one.shape) > 2 or one.shape[1:] not in ([], [1]):
                raise Unusable(f"The input {one.name} ({one.type} {one.shape}) is no column.")

    @property
    def columns(self) -> set[str]:
        """Return the columns that the model reads."""
        return {one.name for one in self._inputs}

    def score(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return a row of answers for each row; outputs of several values get numbers."""
        chunks = [
            self._chunk(frame.iloc[start : start + CHUNK]) for start in range(0, len(frame), CHUNK)
        ]
        return pd.concat(chunks) if chunks else pd.DataFrame(index=frame.index)

    def _chunk(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Score rows that fit into memory at once."""
        feed = {}
        for one in self._inputs:
            kind = TYPES[one.type]
            column = frame[one.name].astype(str) if kind is object else frame[one.name]
            values = column.to_numpy(dtype=kind)
            feed[one.name] = values.reshape(-1, 1) if len(one.shape) == 2 else values
        answers: dict[str, Any] = {}
        outputs = self._session.get_outputs()
        for output, values in zip(outputs, self._session.run(None, feed), strict=True):
            flat = np.asarray(values).reshape(len(frame), -1)
            for number in range(flat.shape[1]):
                suffix = f"_{number}" if flat.shape[1] > 1 else ""
                answers[output.name + suffix] = flat[:, number]
        return pd.DataFrame(answers, index=frame.index)
