"""Trains the penguin species classifier, measures the exported file, writes the bundle.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python train.py

Writes model.onnx, interface.json, background.csv, heldout.csv and metrics.json beside this file. The seed is fixed; the
data ship inside the package palmerpenguins. Runs in a few seconds.
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime
from palmerpenguins import load_penguins
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss
from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402

SEED = 20240613
NUMBERS = {
    "bill_length_mm": ("Bill length", "mm", "Along the upper edge of the bill", 0.1),
    "bill_depth_mm": ("Bill depth", "mm", "Height of the bill at its base", 0.1),
    "flipper_length_mm": ("Flipper length", "mm", None, 1),
    "body_mass_g": ("Body mass", "g", None, 25),
}
CATEGORIES = {"island": "Island", "sex": "Sex"}


def main():
    frame = load_penguins().dropna(subset=[*NUMBERS, *CATEGORIES])
    train, test = train_test_split(frame, test_size=0.3, random_state=SEED, stratify=frame["species"])

    pipeline = make_pipeline(
        ColumnTransformer([
            ("numbers", StandardScaler(), list(NUMBERS)),
            ("categories", OneHotEncoder(handle_unknown="ignore"), list(CATEGORIES)),
        ]),
        MLPClassifier(hidden_layer_sizes=(12,), alpha=0.1, solver="lbfgs", max_iter=2000, random_state=SEED))
    folds = cross_val_score(pipeline, train, train["species"],
                            cv=RepeatedStratifiedKFold(n_splits=5, n_repeats=4, random_state=SEED))
    pipeline.fit(train, train["species"])
    labels = list(pipeline.classes_)

    graph = to_onnx(
        pipeline, options={"zipmap": False}, target_opset={"": 18, "ai.onnx.ml": 3},
        initial_types=[(n, FloatTensorType([None, 1])) for n in NUMBERS]
        + [(c, StringTensorType([None, 1])) for c in CATEGORIES])
    bundle.save(graph, HERE / "model.onnx", "Penguin species from four measurements, island and sex")

    session = onnxruntime.InferenceSession(HERE / "model.onnx")

    def answer(rows):
        feed = {n: rows[[n]].to_numpy(np.float32) for n in NUMBERS}
        feed |= {c: rows[[c]].to_numpy(object) for c in CATEGORIES}
        label, p = session.run(["label", "probabilities"], feed)
        return label, p

    said, p = answer(test)
    truth = test["species"].to_numpy()
    # What the two categories add: the same rows with an island and a sex the model has never seen.
    said_without, _ = answer(test.assign(island="elsewhere", sex="unknown"))
    counts = confusion_matrix(truth, said, labels=labels)
    bundle.write_metrics(HERE / "metrics.json", {
        "train_rows": len(train), "heldout_rows": len(test),
        "accuracy": accuracy_score(truth, said), "f1_macro": f1_score(truth, said, average="macro"),
        "log_loss": log_loss(truth, p, labels=labels), "heldout_mistakes": int((truth != said).sum()),
        "accuracy_unknown_island_and_sex": accuracy_score(truth, said_without),
        "cross_validation_accuracy": folds.mean(), "cross_validation_spread": folds.std(),
        "majority_baseline_accuracy": float((truth == train["species"].mode()[0]).mean()),
        **{f"{a} called {b}": int(counts[i, j]) for i, a in enumerate(labels) for j, b in enumerate(labels)},
    })

    def field(name):
        title, unit, help_, step = NUMBERS[name]
        quartiles = [bundle.significant(q) for q in np.percentile(train[name], [25, 50, 75])]
        return {"name": name, "input": name, "type": "number", "title": title, "unit": unit} | (
            {"help": help_} if help_ else {}) | {
            "minimum": float(frame[name].min()), "maximum": float(frame[name].max()), "quartiles": quartiles,
            "step": step, "default": quartiles[1]}

    def category(name):
        shares = train[name].value_counts(normalize=True).sort_index()
        return {"name": name, "input": name, "type": "category", "title": CATEGORIES[name],
                "values": list(shares.index), "shares": [round(float(s), 3) for s in shares],
                "default": shares.idxmax()}

    # One clear bird of each species, and the bird the model is least sure of.
    test = test.assign(said=said, p=p.max(axis=1).round(4))
    picks = [test[(test.species == s) & (test.said == s)].sort_values("p").iloc[-1] for s in labels]
    picks.append(test.sort_values("p").iloc[0])
    columns = [*NUMBERS, *CATEGORIES]
    examples = [{
        "title": f"Test bird {row.name}, {row.species}" + (": the one the model is least sure of, and wrong about" if i == 3 else ""),
        "values": {c: row[c] if c in CATEGORIES else float(row[c]) for c in columns},
        "expect": row.said,
    } for i, row in enumerate(picks)]

    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "tabular-classification",
        "fields": [*map(field, NUMBERS), *map(category, CATEGORIES)],
        "outputs": [
            {"name": "probabilities", "kind": "probabilities", "labels": labels, "title": "Species"},
            {"name": "label", "kind": "label", "labels": labels},
        ],
        "examples": examples, "background": "background.csv",
        "heldout": {"file": "heldout.csv", "target": "species"},
    })
    train[columns].sample(100, random_state=SEED).to_csv(HERE / "background.csv", index=False)
    test[[*columns, "species"]].to_csv(HERE / "heldout.csv", index=False)


if __name__ == "__main__":
    main()
