"""Trains the model, measures it on texts it has not seen, and writes the bundle to build/."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score, log_loss
from sklearn.model_selection import train_test_split
from sklearn.pipeline import Pipeline, make_pipeline

from training import NAME, data, pieces
from training.data import Texts

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
SEED = 7
PARAMS: dict[str, Any] = {"C": 30.0, "class_weight": "balanced", "max_pieces": 30_000}
OPSETS = {"": 20, "ai.onnx.ml": 3, "com.microsoft": 1}
EXAMPLES = 4


@dataclass
class Trained:
    """A trained model with what was found out about it."""

    pipeline: Pipeline
    graph: Any
    learned: Texts
    held: Texts
    metrics: dict[str, float]

    @property
    def labels(self) -> list[str]:
        """Return the labels in the order of the chances."""
        return [str(label) for label in self.pipeline.classes_]


def fit(texts: Texts) -> Trained:
    """Train on 80 % of the texts and measure on the rest."""
    learned_texts, held_texts, learned_labels, held_labels = train_test_split(
        texts.texts, texts.labels, test_size=0.2, random_state=SEED, stratify=texts.labels
    )
    learned, held = Texts(learned_texts, learned_labels), Texts(held_texts, held_labels)
    alphabet = pieces.Alphabet(learned.texts)
    pipeline = make_pipeline(
        TfidfVectorizer(analyzer=alphabet.pieces, max_features=PARAMS["max_pieces"]),
        LogisticRegression(C=PARAMS["C"], class_weight=PARAMS["class_weight"], max_iter=1_000),
    )
    pipeline.fit(learned.texts, learned.labels)
    trained = Trained(pipeline, _export(pipeline, alphabet), learned, held, {})
    trained.metrics = _measure(trained)
    return trained


def _export(pipeline: Pipeline, alphabet: pieces.Alphabet) -> Any:
    """Write the graph: text [N, 1] to label [N] and probabilities [N, labels]."""
    vectorizer, regression = pipeline[0], pipeline[-1]
    columns = vectorizer.vocabulary_
    known = sorted(columns, key=lambda piece: (len(piece), piece))
    order = [columns[piece] for piece in known]
    weights, intercepts = regression.coef_[:, order], regression.intercept_
    if len(regression.classes_) == 2:
        # Of two classes the regression has one row, the second's; the first's is zero.
        weights = np.vstack([np.zeros_like(weights), weights])
        intercepts = np.concatenate([[0.0], intercepts])
    constants = {
        "rarity": vectorizer.idf_[order],
        "weights": weights.T,
        "intercepts": intercepts,
        "least": np.array(1e-12),
    }
    nodes = [
        *pieces.nodes(alphabet, known, "text", "counts"),
        helper.make_node("Mul", ["counts", "rarity"], ["weighed"]),
        helper.make_node("ReduceL2", ["weighed", "second_axis"], ["length"], keepdims=1),
        helper.make_node("Max", ["length", "least"], ["some_length"]),
        helper.make_node("Div", ["weighed", "some_length"], ["features"]),
        helper.make_node("Gemm", ["features", "weights", "intercepts"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        helper.make_node("ArgMax", ["logits"], ["number"], axis=1, keepdims=0),
        helper.make_node(
            "LabelEncoder",
            ["number"],
            ["label"],
            domain="ai.onnx.ml",
            keys_int64s=list(range(len(regression.classes_))),
            values_strings=[str(label) for label in regression.classes_],
        ),
    ]
    graph = helper.make_graph(
        nodes,
        NAME,
        [helper.make_tensor_value_info("text", TensorProto.STRING, ["N", 1])],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, ["N"]),
            helper.make_tensor_value_info(
                "probabilities", TensorProto.FLOAT, ["N", len(regression.classes_)]
            ),
        ],
        [
            *pieces.constants(),
            *(
                numpy_helper.from_array(value.astype(np.float32), name)
                for name, value in constants.items()
            ),
        ],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets)
    model.ir_version = min(model.ir_version, 10)
    onnx.checker.check_model(model)
    return model


def answer(graph: Any, texts: Sequence[str]) -> tuple[list[str], NDArray[np.float32]]:
    """Return labels, and chances [N, labels], of the exported graph."""
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    label, chances = session.run(
        ["label", "probabilities"], {"text": np.array(texts, object)[:, None]}
    )
    return list(label), chances


def _measure(trained: Trained) -> dict[str, float]:
    """Measure the exported graph, not the pipeline it was made of."""
    truth = trained.held.labels
    said, chances = answer(trained.graph, trained.held.texts)
    largest = max(set(trained.learned.labels), key=trained.learned.labels.count)
    return {
        "train_texts": len(trained.learned.texts),
        "test_texts": len(truth),
        "accuracy": float(accuracy_score(truth, said)),
        "balanced_accuracy": float(balanced_accuracy_score(truth, said)),
        "f1_macro": float(f1_score(truth, said, average="macro")),
        "log_loss": float(log_loss(truth, chances, labels=trained.labels)),
        "majority_baseline_accuracy": truth.count(largest) / len(truth),
    }


def interface(trained: Trained) -> dict[str, Any]:
    """Describe input and outputs for people, so that a form can ask for a text."""
    examples = []
    for label in trained.labels[:EXAMPLES]:
        text = trained.held.texts[trained.held.labels.index(label)]
        said = answer(trained.graph, [text])[0][0]
        title = f"{label}, which it has not seen"
        examples.append({"title": title, "values": {"text": text}, "expect": said})
    return {
        "schema": "atelier.dev/interface/v1",
        "task": "text-classification",
        "fields": [
            {"name": "text", "input": "text", "type": "text", "title": "Text", "multiline": True}
        ],
        "outputs": [
            {"name": "probabilities", "kind": "probabilities", "labels": trained.labels},
            {"name": "label", "kind": "label", "labels": trained.labels},
        ],
        "examples": examples,
    }


def card(trained: Trained) -> str:
    """Return the model card: CARD.md with the figures of this training."""
    text = (ROOT / "CARD.md").read_text(encoding="utf-8")
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


def main() -> int:
    """Train, write the bundle, and print the figures."""
    try:
        trained = fit(data.load())
    except data.WrongTexts as error:
        print(error)
        return 1
    if trained.metrics["accuracy"] <= trained.metrics["majority_baseline_accuracy"]:
        print(f"It is no better than guessing, so nothing is written: {trained.metrics}")
        return 1
    write(trained, BUILD)
    print(f"{NAME}: {json.dumps(trained.metrics)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
