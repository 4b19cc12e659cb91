"""Writes the MLmodel files beside it, as MLflow itself writes them:

    python3 -m venv venv && venv/bin/pip install mlflow-skinny scikit-learn pandas skl2onnx onnx onnxruntime
    venv/bin/python make.py

Made with mlflow-skinny 3.17.2, scikit-learn, pandas 3.1.1, onnx 1.23.2 on Python 3.11. Only the MLmodel files are
kept (environments and models are dropped), and of the first iris.onnx and input_example.json.
"""

import pathlib
import shutil
import tempfile

import mlflow
import numpy as np
import pandas as pd
from mlflow.models import ModelSignature, infer_signature
from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema, TensorSpec
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).parent


def keep(name, save):
    with tempfile.TemporaryDirectory() as folder:
        model = pathlib.Path(folder) / "model"
        save(model)
        shutil.copy(model / "MLmodel", HERE / f"{name}.MLmodel")
        if name == "onnx-columns":
            shutil.copy(model / "model.onnx", HERE / "iris.onnx")
            shutil.copy(model / "input_example.json", HERE / "input_example.json")


iris = load_iris(as_frame=True)
X, y = iris.data, iris.target
model = LogisticRegression(max_iter=1000).fit(X.values, y)
graph = to_onnx(model, X.values[:1].astype(np.float32), options={"zipmap": False})

# Columns with names: the graph has one input X of shape [N, 4].
keep("onnx-columns", lambda to: mlflow.onnx.save_model(
    graph, to, signature=infer_signature(X, model.predict(X.values)), input_example=X.head(2)))
# Tensors, as for most networks.
keep("onnx-tensor", lambda to: mlflow.onnx.save_model(
    graph, to, signature=infer_signature(X.values.astype(np.float32), model.predict_proba(X.values).astype(np.float32))))
# No graph at all: pickled scikit-learn, with types, an optional column and parameters of the call.
keep("sklearn-typed", lambda to: mlflow.sklearn.save_model(model, to, serialization_format="cloudpickle", signature=ModelSignature(
    inputs=Schema([
        ColSpec(DataType.double, "sepal length (cm)"),
        ColSpec(DataType.long, "petals"),
        ColSpec(DataType.boolean, "wild"),
        ColSpec(DataType.string, "colour", required=False),
        ColSpec(DataType.datetime, "found"),
    ]),
    outputs=Schema([ColSpec(DataType.string)]),
    params=ParamSchema([
        ParamSpec("threshold", DataType.double, 0.5),
        ParamSpec("labels", DataType.string, ["a", "b"], shape=(-1,)),
    ]))))
# Two named tensors, one of them of text.
keep("sklearn-tensors", lambda to: mlflow.sklearn.save_model(model, to, serialization_format="cloudpickle", signature=ModelSignature(
    inputs=Schema([TensorSpec(np.dtype("float32"), (-1, 3, 224, 224), "image"), TensorSpec(np.dtype("str"), (-1,), "caption")]),
    outputs=Schema([TensorSpec(np.dtype("float32"), (-1, 1000))]))))
# Lists and objects, as language models take them.
keep("nested", lambda to: mlflow.sklearn.save_model(model, to, serialization_format="cloudpickle", signature=infer_signature(
    {"messages": [{"role": "user", "content": "hello"}], "temperature": 0.1}, "an answer")))
# Without a signature.
keep("bare", lambda to: mlflow.sklearn.save_model(model, to, serialization_format="cloudpickle"))
