"""Trains the model, measures it on rows it has not seen, and writes the bundle to build/."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
{% if values.task == 'classification' %}
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss
{% else %}
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
{% endif %}
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

from training import NAME, data

BUILD = Path(__file__).resolve().parents[2] / "build"
SEED = 7
PARAMS: dict[str, Any] = {"max_iter": 150, "learning_rate": 0.06, "max_leaf_nodes": 15}
OPSET = {"": 18, "ai.onnx.ml": 3}


@dataclass
class Trained:
    """A trained model with what was found out about it."""

    pipeline: Pipeline
    graph: Any
    numbers: list[str]
    choices: list[str]
    train: pd.DataFrame
    test: pd.DataFrame
    metrics: dict[str, float]

    @property
    def columns(self) -> list[str]:
        """Return the columns that the model reads."""
        return [*self.numbers, *self.choices]


def fit(frame: pd.DataFrame) -> Trained:
    """Train on 80 % of the rows and measure on the rest."""
    inputs = frame.drop(columns=data.TARGET)
    numbers = list(inputs.select_dtypes("number").columns)
    choices = [column for column in inputs.columns if column not in numbers]
    # The graph calculates in 32 bits, so the thresholds must be learned in 32 bits.
    frame = frame.astype(dict.fromkeys(numbers, np.float32) | dict.fromkeys(choices, str))
{% if values.task == 'classification' %}
    frame[data.TARGET] = frame[data.TARGET].astype(str)
    train, test = train_test_split(
        frame, test_size=0.2, random_state=SEED, stratify=frame[data.TARGET]
    )
    trees = HistGradientBoostingClassifier(random_state=SEED, **PARAMS)
{% else %}
    train, test = train_test_split(frame, test_size=0.2, random_state=SEED)
    trees = HistGradientBoostingRegressor(random_state=SEED, **PARAMS)
{% endif %}
    words = [sorted(frame[column].unique()) for column in choices]
    pipeline = make_pipeline(
        ColumnTransformer(
            [
                ("numbers", "passthrough", numbers),
                ("choices", OrdinalEncoder(categories=words), choices),
            ]
        ),
        trees,
    )
    pipeline.fit(train[[*numbers, *choices]], train[data.TARGET])
    graph = _export(pipeline, numbers, choices)
    trained = Trained(pipeline, graph, numbers, choices, train, test, {})
    trained.metrics = _measure(trained)
    return trained


def _export(pipeline: Pipeline, numbers: list[str], choices: list[str]) -> Any:
    """Convert the pipeline: one input of shape [N, 1] for each column."""
    types = [(column, FloatTensorType([None, 1])) for column in numbers]
    types += [(column, StringTensorType([None, 1])) for column in choices]
{% if values.task == 'classification' %}
    graph = to_onnx(
        pipeline,
        initial_types=types,
        target_opset=OPSET,
        options={id(pipeline): {"zipmap": False}},
    )
{% else %}
    graph = to_onnx(pipeline, initial_types=types, target_opset=OPSET)
{% endif %}
    graph.ir_version = min(graph.ir_version, 10)
    onnx.checker.check_model(graph)
    return graph


def answer(graph: Any, rows: pd.DataFrame, columns: list[str]) -> list[Any]:
    """Run the exported graph, as whoever serves it will."""
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    feed = {
        name: rows[[name]].to_numpy(object if rows[name].dtype.kind not in "fiu" else np.float32)
        for name in columns
    }
    outputs: list[Any] = session.run(None, feed)
    return outputs


def _measure(trained: Trained) -> dict[str, float]:
    """Measure the exported graph, not the pipeline it was made of."""
    truth = trained.test[data.TARGET].to_numpy()
    outputs = answer(trained.graph, trained.test, trained.columns)
    rows = {"train_rows": len(trained.train), "test_rows": len(trained.test)}
{% if values.task == 'classification' %}
    said, chances = outputs[0], outputs[1]
    largest = trained.train[data.TARGET].value_counts().idxmax()
    return rows | {
        "accuracy": float(accuracy_score(truth, said)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, said)),
        "f1_macro": float(f1_score(truth, said, average="macro")),
        "log_loss": float(log_loss(truth, chances, labels=trained.pipeline.classes_)),
        "majority_baseline_accuracy": float(np.mean(truth == largest)),
    }
{% else %}
    said = outputs[0][:, 0]
    middle = np.full(len(truth), trained.train[data.TARGET].median())
    return rows | {
        "mae": float(mean_absolute_error(truth, said)),
        "rmse": float(root_mean_squared_error(truth, said)),
        "r2": float(r2_score(truth, said)),
        "median_baseline_mae": float(mean_absolute_error(truth, middle)),
    }
{% endif %}


def interface(trained: Trained) -> dict[str, Any]:
    """Describe inputs and outputs for people, so that a form can ask for them."""
    fields: list[dict[str, Any]] = []
    for name in trained.numbers:
        values = trained.train[name].dropna()
        quartiles = [float(f"{value:.4g}") for value in np.percentile(values, [25, 50, 75])]
        fields.append(
            {
                "name": name,
                "input": name,
                "type": "number",
                "title": name.replace("_", " ").capitalize(),
                "minimum": float(f"{values.min():.6g}"),
                "maximum": float(f"{values.max():.6g}"),
                "quartiles": quartiles,
                "default": quartiles[1],
            }
        )
    for name in trained.choices:
        shares = trained.train[name].value_counts(normalize=True).sort_index()
        fields.append(
            {
                "name": name,
                "input": name,
                "type": "category",
                "title": name.replace("_", " ").capitalize(),
                "values": list(shares.index),
                "shares": [round(float(share), 3) for share in shares],
                "default": shares.idxmax(),
            }
        )
{% if values.task == 'classification' %}
    labels = [str(label) for label in trained.pipeline.classes_]
    names = [output.name for output in trained.graph.graph.output]
    outputs: list[dict[str, Any]] = [
        {"name": names[1], "kind": "probabilities", "labels": labels},
        {"name": names[0], "kind": "label", "labels": labels},
    ]
{% else %}
    outputs: list[dict[str, Any]] = [
        {
            "name": trained.graph.graph.output[0].name,
            "kind": "value",
            "title": data.TARGET.replace("_", " ").capitalize(),
            "error": float(f"{trained.metrics['mae']:.3g}"),
        }
    ]
{% endif %}
    return {
        "schema": "atelier.dev/interface/v1",
        "task": "tabular-${{ values.task }}",
        "fields": fields,
        "outputs": outputs,
        "background": "background.csv",
        "heldout": {"file": "heldout.csv", "target": data.TARGET},
    }


def card(trained: Trained) -> str:
    """Return the model card: CARD.md with the figures of this training."""
    text = (BUILD.parent / "CARD.md").read_text(encoding="utf-8")
    rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in trained.metrics.items())
    return text.replace("{metrics}", "| figure | value |\n|---|---|\n" + rows)


def write(trained: Trained, folder: Path) -> None:
    """Write the bundle: all that a version in the registry is made of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(trained.graph.SerializeToString())
    described = json.dumps(interface(trained), indent=2, ensure_ascii=False)
    (folder / "interface.json").write_text(described + "\n", encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(trained.metrics, indent=2) + "\n")
    (folder / "README.md").write_text(card(trained), encoding="utf-8")
    sample = trained.train.sample(min(100, len(trained.train)), random_state=SEED)
    sample[trained.columns].to_csv(folder / "background.csv", index=False)
    trained.test[[*trained.columns, data.TARGET]].to_csv(folder / "heldout.csv", index=False)


def main() -> int:
    """Train, write the bundle, and print the figures."""
    trained = fit(data.load())
    write(trained, BUILD)
    print(f"{NAME}: {json.dumps(trained.metrics)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
