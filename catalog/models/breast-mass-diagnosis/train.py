"""Trains the breast mass classifier, measures the exported file, writes the bundle.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python train.py

Writes model.onnx, interface.json, background.csv, heldout.csv and metrics.json beside this file. The seed is fixed; the
data ship inside scikit-learn, so nothing is downloaded. Runs in a few seconds.
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, confusion_matrix, f1_score, roc_auc_score
from sklearn.model_selection import GridSearchCV, StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402

SEED = 20240613
LABELS = ["malignant", "benign"]  # the data set's own order: class 0, class 1

# What was measured, in plain words. Lengths and areas carry no unit: the data set documents none.
MEASURES = {
    "radius": ("Radius", "Distance from the centre of the nucleus to its outline"),
    "texture": ("Texture", "Standard deviation of the grey values inside the nucleus"),
    "perimeter": ("Perimeter", "Length of the outline"),
    "area": ("Area", "Area inside the outline"),
    "smoothness": ("Smoothness", "Local variation of the radius; higher means a rougher outline"),
    "compactness": ("Compactness", "Perimeter squared divided by area, minus 1"),
    "concavity": ("Concavity", "How deep the dents in the outline are"),
    "concave points": ("Concave points", "How many dents the outline has, on the data set's own scale"),
    "symmetry": ("Symmetry", "Difference between the two sides of the longest axis; higher means less symmetric"),
    "fractal dimension": ("Fractal dimension", "'Coastline' complexity of the outline, minus 1"),
}
STATISTICS = {
    "mean": ("mean", "Mean over the nuclei"),
    "worst": ("worst", "Mean of the three largest values"),
    "error": ("standard error", "Standard error of the mean"),
}


def column(name):
    """'mean radius' and 'radius error' -> (field name, measure, statistic)."""
    words = name.split()
    statistic = words[0] if words[0] in STATISTICS else words[-1]
    measure = " ".join(w for w in words if w != statistic)
    return f"{statistic}_{measure}".replace(" ", "_"), measure, statistic


def field(index, name, values, everything):
    key, measure, statistic = column(name)
    title, help_ = MEASURES[measure]
    quartiles = np.percentile(values, [25, 50, 75])
    member = {
        "name": key, "input": "features", "index": index, "type": "number",
        "title": f"{title} ({STATISTICS[statistic][0]})", "group": STATISTICS[statistic][1], "help": help_,
        "minimum": bundle.significant(everything.min()), "maximum": bundle.significant(everything.max()), "quartiles": [bundle.significant(q) for q in quartiles],
        "step": float(f"1e{int(np.floor(np.log10(quartiles[2] - quartiles[0]))) - 1}"), "default": bundle.significant(quartiles[1]),
    }
    return member | ({"advanced": True} if statistic == "error" else {})


def main():
    data = load_breast_cancer()
    X, y = data.data.astype(np.float32), data.target
    rows = np.arange(len(y))
    train, test = train_test_split(rows, test_size=0.3, random_state=SEED, stratify=y)

    # Only the training rows choose the regularisation.
    search = GridSearchCV(
        make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000)),
        {"logisticregression__C": [0.01, 0.03, 0.1, 0.3, 1.0, 3.0]}, scoring="neg_log_loss",
        cv=StratifiedKFold(10, shuffle=True, random_state=SEED))
    search.fit(X[train], y[train])
    pipeline = search.best_estimator_

    graph = to_onnx(pipeline, initial_types=[("features", FloatTensorType([None, 30]))],
                    options={"zipmap": False}, target_opset={"": 18, "ai.onnx.ml": 3})
    bundle.save(graph, HERE / "model.onnx", "Breast mass, malignant or benign, from 30 measurements of cell nuclei")

    # Measured on the exported file, not on the Python object.
    session = onnxruntime.InferenceSession(HERE / "model.onnx")
    p = session.run(["probabilities"], {"features": X})[0]
    malignant, p_malignant = (y == 0), p[:, 0]
    verdict = p_malignant >= 0.5
    tn, fp, fn, tp = confusion_matrix(malignant[test], verdict[test]).ravel()
    metrics = {
        "heldout_rows": len(test), "train_rows": len(train), "C": search.best_params_["logisticregression__C"],
        "accuracy": accuracy_score(malignant[test], verdict[test]),
        "f1_malignant": f1_score(malignant[test], verdict[test]),
        "roc_auc": roc_auc_score(malignant[test], p_malignant[test]),
        "brier": brier_score_loss(malignant[test], p_malignant[test]),
        "recall_malignant": tp / (tp + fn), "recall_benign": tn / (tn + fp),
        "malignant_found": int(tp), "malignant_missed": int(fn), "benign_flagged": int(fp), "benign_cleared": int(tn),
        "majority_baseline_accuracy": float(1 - malignant[test].mean()),
    }
    bundle.write_metrics(HERE / "metrics.json", metrics)

    fields = [field(i, name, X[train, i], X[:, i]) for i, name in enumerate(data.feature_names)]
    order = {statistic: i for i, statistic in enumerate(STATISTICS)}
    names = [f["name"] for f in fields]
    shown = sorted(fields, key=lambda f: order[f["name"].split("_")[0]])

    # Examples from the held-out rows: a clear one of each class, one near the threshold, one that the model gets wrong.
    wrong = test[(verdict != malignant)[test]]
    picks = [
        ("clearly benign", test[np.argmin(np.abs(p_malignant[test] - 0.01))]),
        ("clearly malignant", test[np.argmin(np.abs(p_malignant[test] - 0.99))]),
        ("close to the line", test[np.argmin(np.abs(p_malignant[test] - 0.4))]),
        ("the model is wrong here", wrong[0]),
    ]
    examples = [{
        "title": f"Test sample {row}, {LABELS[y[row]]}: {what}",
        "values": {n: float(str(v)) for n, v in zip(names, X[row])},
        "expect": LABELS[0 if verdict[row] else 1],
    } for what, row in picks]

    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "tabular-classification", "fields": shown,
        "outputs": [
            {"name": "probabilities", "kind": "probabilities", "labels": LABELS, "positive": "malignant",
             "threshold": 0.5, "title": "Diagnosis"},
            {"name": "label", "kind": "label", "labels": LABELS},
        ],
        "examples": examples, "background": "background.csv",
        "heldout": {"file": "heldout.csv", "target": "diagnosis"},
    })

    frame = pd.DataFrame(data.data, columns=names)
    frame.iloc[np.random.default_rng(SEED).choice(train, 100, replace=False)].to_csv(HERE / "background.csv", index=False)
    frame.assign(diagnosis=[LABELS[c] for c in y]).iloc[test].to_csv(HERE / "heldout.csv", index=False)


if __name__ == "__main__":
    main()
