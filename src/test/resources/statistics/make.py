"""Writes expected.json beside it: what the statistics of monitoring must come to.

    python3 -m venv venv && venv/bin/pip install numpy scipy scikit-learn rfc8785
    venv/bin/python make.py

Made with numpy 2.4.6, SciPy 1.17.1, scikit-learn 1.9.1, rfc8785 0.1.4 on Python 3.11. Nothing here follows the
code under test: figures are those libraries' own, exact fractions, or the published formulas of Evidently
(stability index) and NannyML (estimates without labels), written out below. The spread of estimates is simulated.
"""

import hashlib
import json
import math
import pathlib
from fractions import Fraction

import numpy as np
import rfc8785
from scipy import special, stats
from scipy.spatial import distance
from sklearn import metrics
from sklearn.isotonic import IsotonicRegression

HERE = pathlib.Path(__file__).parent
random = np.random.default_rng(20)


def moments():
    cases = {
        "normal": random.normal(3, 2, 200).round(6),
        "far from zero": 1e9 + random.normal(0, 1, 200).round(6),
        "tiny": random.normal(0, 1, 50) * 1e-150,
        "huge": np.array([1e150, -3e150, 2e150]),
        "one": np.array([7.25]),
        "equal": np.full(30, 0.1),
    }
    for name, values in cases.items():
        exact = [Fraction(float(one)) for one in values]
        mean = sum(exact) / len(exact)
        yield {
            "name": name,
            "values": values.tolist(),
            "mean": float(mean),
            "m2": float(sum((one - mean) ** 2 for one in exact)),
        }


def psi(reference, now):
    """Evidently's, on given bins."""

    def filled(counts):
        shares = np.asarray(counts, float) / np.sum(np.asarray(counts, float))
        smallest = shares[shares > 0].min()
        return np.where(shares > 0, shares, smallest / 1e6 if smallest <= 1e-4 else 1e-4)

    both = (np.asarray(reference) > 0) | (np.asarray(now) > 0)
    p, q = filled(reference)[both], filled(now)[both]
    return float(np.sum((p - q) * np.log(p / q)))


def distances():
    cases = {
        "close": ([100, 120, 90, 80, 110], [95, 130, 85, 90, 100]),
        "far": ([500, 300, 100, 50, 50], [50, 50, 100, 300, 500]),
        "empty cells": ([0, 300, 700, 0], [10, 300, 0, 0]),
        "apart": ([10, 0], [0, 30]),
        "equal": ([5, 10, 20], [50, 100, 200]),
        "one cell": ([17], [4]),
        "tiny shares": ([1_000_000, 20, 0, 7], [2_000_000, 0, 90, 3]),
        "huge counts": ([2**53, 2**52, 2**51 + 1], [2**50, 2**52, 2**53 - 1]),
    }
    for name, (reference, now) in cases.items():
        p = np.array(reference, float) / sum(reference)
        q = np.array(now, float) / sum(now)
        yield {
            "name": name,
            "reference": reference,
            "now": now,
            "psi": psi(reference, now),
            "jensenShannon": float(distance.jensenshannon(p, q, base=2)),
            "hellinger": float(np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2)),
            "lInfinity": float(distance.chebyshev(p, q)),
        }


def chi_squares():
    """With the tables that pooling by hand leaves."""
    cases = {
        "full": ([100, 120, 90], [95, 130, 85], [[100, 120, 90], [95, 130, 85]]),
        "two sparse": ([100, 120, 3, 4], [95, 130, 2, 3], [[100, 120, 7], [95, 130, 5]]),
        "too sparse": ([100, 120, 1, 0, 6], [95, 130, 0, 1, 7], [[100, 120, 7], [95, 130, 8]]),
        "empty in both": ([50, 0, 60], [70, 0, 40], [[50, 60], [70, 40]]),
        "small beside large": (
            [10_000, 20_000, 300, 40],
            [120, 190, 2, 1],
            [[10_340, 20_000], [123, 190]],
        ),
        "huge": ([2**52, 2**51], [2**51 - 10**9, 2**50 + 10**9], None),
    }
    for name, (reference, now, pooled) in cases.items():
        table = np.array(pooled or [reference, now], float)
        found = stats.chi2_contingency(table, correction=False)
        yield {
            "name": name,
            "reference": reference,
            "now": now,
            "statistic": float(found.statistic),
            "degrees": int(found.dof),
            "pValue": float(found.pvalue),
        }


def significance():
    lambdas = [0.02, 0.1, 0.3, 0.5, 0.8, 0.99, 1.0, 1.01, 1.36, 2.0, 3.5, 6.0]
    indices = [(0.0027, 10, 10_000, 5000), (0.1, 10, 10_000, 300), (0.12, 4, 500, 700), (0, 7, 300, 300)]
    pairs = [(10, 300, 25, 310), (0, 50, 0, 70), (50, 50, 70, 70), (3, 1000, 40, 900)]
    p_values = random.beta(0.4, 2, 40).round(9).tolist() + [0.01, 0.01, 1, 0]
    return {
        "kolmogorov": [{"lambda": one, "p": float(special.kolmogorov(one))} for one in lambdas],
        "psi": [
            {
                "psi": value,
                "groups": groups,
                "n0": n0,
                "n": n,
                "p": float(stats.chi2.sf(value / (1 / n0 + 1 / n), groups - 1)),
                "quantile": float(stats.chi2.isf(0.001, groups - 1) * (1 / n0 + 1 / n)),
            }
            for value, groups, n0, n in indices
        ],
        "proportions": [
            {
                "first": a,
                "of": n,
                "second": b,
                "ofSecond": m,
                "p": 1.0
                if a + b in (0, n + m)
                else float(stats.chi2_contingency([[a, n - a], [b, m - b]], correction=False).pvalue),
            }
            for a, n, b, m in pairs
        ],
        "benjaminiHochberg": {
            "pValues": p_values,
            "adjusted": stats.false_discovery_control(p_values).tolist(),
        },
    }


def bins():
    shapes = {
        "normal": (random.normal(0, 1, 2000), random.normal(0.3, 1.2, 900)),
        "lognormal": (random.lognormal(0, 1, 1500), random.lognormal(0.1, 1, 700)),
        "mostly zero": (
            np.where(random.random(1200) < 0.6, 0, random.exponential(3, 1200)),
            np.where(random.random(800) < 0.5, 0, random.exponential(3, 800)),
        ),
        "few": (random.normal(0, 1, 37), random.normal(0, 1, 50)),
    }
    for name, (reference, now) in shapes.items():
        reference, now = reference.round(4), now.round(4)
        # A little below, since 0.07 of 1,500 rows is above 105 in doubles.
        below = (np.arange(1, 101) - 1e-9) / 100
        edges = np.unique(np.quantile(reference, below, method="inverted_cdf"))
        lowest = reference.min()

        def cells(values):
            inner = values[(values >= lowest) & (values <= edges[-1])]
            counted = np.bincount(np.searchsorted(edges, inner, side="left"), minlength=len(edges))
            return [int((values < lowest).sum()), *counted.tolist(), int((values > edges[-1]).sum())]

        yield {
            "name": name,
            "reference": reference.tolist(),
            "now": now.tolist(),
            "bounds": edges.tolist(),
            "referenceCells": cells(reference),
            "nowCells": cells(now),
            "ks": float(stats.ks_2samp(reference, now).statistic),
            "meanShift": float((now.mean() - reference.mean()) / reference.std()),
        }


def fingerprint(category):
    mark = 0xCBF29CE484222325
    for byte in category.encode("utf-16-be", "surrogatepass"):
        mark = (mark ^ byte) * 0x100000001B3 % 2**64
    return f"{mark:016x}"


def profile():
    names = ["", "a", "Ünïcode", "\U0001f642", "line\nbreak", "\x01\"\\/"]
    document = {
        "format": 1,
        "columns": [
            {
                "name": "\u00e5lder",
                "kind": "quantiles",
                "lowest": -1.5,
                "bounds": [0, 1e-7, 0.000001, 123456789012345680000.0, 1e21],
                "cells": [0, 4, 3, 2, 1, 1, 0],
                "missing": 3,
                "nonFinite": 1,
                "wrongType": 0,
                "moments": {"n": 11, "mean": 1.0 / 3, "m2": None, "min": -1.5, "max": 1e21},
            },
            {
                "name": "city",
                "kind": "categories",
                "names": names,
                "others": sorted(
                    (fingerprint(one) for one in ["x", "y", "z"]),
                    key=lambda digits: int.from_bytes(bytes.fromhex(digits), "big", signed=True),
                ),
                "complete": True,
                "closed": False,
                "cells": [9, 8, 7, 6, 5, 4, 3, 0],
                "missing": 0,
                "nonFinite": 0,
                "wrongType": 2,
            },
            {
                "name": "doors",
                "kind": "values",
                "values": [3, 5],
                "cells": [0, 10, 0, 20, 0],
                "missing": 0,
                "nonFinite": 0,
                "wrongType": 0,
                "moments": {"n": 30, "mean": 4.333333333333333, "m2": 26.666666666666668, "min": 3, "max": 5},
            },
        ],
    }
    document["columns"].sort(key=lambda column: column["name"])
    text = rfc8785.dumps(document)
    numbers = [
        0.0, -0.0, 1.0, -1.5, 1e21, 1e20, 123456789012345680000.0, 1e-6, 1e-7, 1.234e-7, 5e-324, 1.7976931348623157e308,
        0.1, 1 / 3, 100.0, 2.0**53, 9007199254740993.0, 4.35, 2e-3, 12345.678, *random.normal(0, 1, 20),
        *(random.normal(0, 1, 20) * 10.0 ** random.integers(-30, 30, 20)),
    ]
    return {
        "document": document,
        "text": text.decode(),
        "hash": hashlib.sha256(text).hexdigest(),
        "numbers": [{"value": float(one), "text": rfc8785.dumps(float(one)).decode()} for one in numbers],
        "fingerprints": {one: fingerprint(one) for one in names},
    }


def averages(actual, predicted, **how):
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        actual, predicted, zero_division=0, **how
    )
    return {"precision": float(precision), "recall": float(recall), "f1": float(f1)}


def ece(positive, scores, count=10):
    total = 0.0
    bins = []
    for i in range(count):
        inside = (scores > i / count) & (scores <= (i + 1) / count) | ((i == 0) & (scores == 0))
        said, happened = (scores[inside].mean(), positive[inside].mean()) if inside.any() else (0, 0)
        bins.append({"n": int(inside.sum()), "meanScore": float(said), "positiveShare": float(happened)})
        total += inside.mean() * abs(said - happened)
    return float(total), bins


def classification():
    classes = np.array(["cat", "dog", "eel", "fox"])
    actual = classes[random.integers(0, 3, 300)]
    predicted = np.where(random.random(300) < 0.7, actual, classes[random.integers(0, 4, 300)])
    true = random.random(500) ** 1.5
    scores = np.clip(true + random.normal(0, 0.07, 500), 0, 1).round(2)
    positive = random.random(500) < true
    error, bins = ece(positive, scores)
    said = np.where(scores >= 0.5, 1, 0)
    return {
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "accuracy": float(metrics.accuracy_score(actual, predicted)),
        "macro": averages(actual, predicted, average="macro"),
        "weighted": averages(actual, predicted, average="weighted"),
        "dog": averages(actual == "dog", predicted == "dog", average="binary"),
        "scores": scores.tolist(),
        "positive": positive.tolist(),
        "areaUnderCurve": float(metrics.roc_auc_score(positive, scores)),
        "logLoss": float(metrics.log_loss(positive, scores)),
        "brier": float(metrics.brier_score_loss(positive, scores)),
        "ece": error,
        "calibration": bins,
        "binary": averages(positive, said, average="binary"),
    }


def regression():
    actual = random.normal(10, 4, 250).round(3)
    actual[[3, 77]] = 0
    predicted = (actual + random.normal(0.5, 2, 250)).round(3)
    told = actual != 0
    return {
        "actual": actual.tolist(),
        "predicted": predicted.tolist(),
        "mae": float(metrics.mean_absolute_error(actual, predicted)),
        "rmse": float(metrics.root_mean_squared_error(actual, predicted)),
        "mape": float(metrics.mean_absolute_percentage_error(actual[told], predicted[told])),
        "r2": float(metrics.r2_score(actual, predicted)),
    }


def area(p):
    """NannyML's: the curve that probabilities imply."""
    falling = np.sort(p)[::-1]
    tpr = np.concatenate([[0], np.cumsum(falling)]) / falling.sum()
    fpr = np.concatenate([[0], np.cumsum(1 - falling)]) / (1 - falling).sum()
    return float(np.trapezoid(tpr, fpr))


def estimation():
    scores = random.beta(1.2, 2, 400).round(5)
    predicted = scores >= 0.4
    tp, fp = scores[predicted].sum(), (1 - scores[predicted]).sum()
    fn, tn = scores[~predicted].sum(), (1 - scores[~predicted]).sum()
    drawn = {"accuracy": [], "precision": [], "recall": [], "specificity": [], "f1": [], "areaUnderCurve": []}
    ranks = stats.rankdata(scores)
    for _ in range(40_000):
        y = random.random(400) < scores
        a, b = (y & predicted).sum(), (~y & predicted).sum()
        c, d = (y & ~predicted).sum(), (~y & ~predicted).sum()
        drawn["accuracy"].append((a + d) / 400)
        drawn["precision"].append(a / (a + b))
        drawn["recall"].append(a / (a + c))
        drawn["specificity"].append(d / (b + d))
        drawn["f1"].append(2 * a / (2 * a + b + c))
        u = ranks[y].sum() - y.sum() * (y.sum() + 1) / 2
        drawn["areaUnderCurve"].append(u / (y.sum() * (~y).sum()))
    value = {
        "accuracy": (tp + tn) / 400,
        "precision": tp / (tp + fp),
        "recall": tp / (tp + fn),
        "specificity": tn / (tn + fp),
        "f1": 2 * tp / (2 * tp + fp + fn),
        "areaUnderCurve": area(scores),
    }
    asked = np.concatenate([[-0.5, 0, 1, 1.5], random.random(30)]).round(4)
    raw = random.random(300).round(2)
    happened = random.random(300) < raw**2
    curve = IsotonicRegression(out_of_bounds="clip").fit(raw, happened)
    return {
        "scores": scores.tolist(),
        "predicted": predicted.tolist(),
        "figures": {
            name: {"value": float(value[name]), "standardError": float(np.std(drawn[name]))} for name in value
        },
        "isotonic": {
            "scores": raw.tolist(),
            "positive": happened.tolist(),
            "asked": asked.tolist(),
            "probabilities": curve.predict(asked).tolist(),
        },
    }


expected = {
    "moments": list(moments()),
    "distances": list(distances()),
    "chiSquares": list(chi_squares()),
    "significance": significance(),
    "bins": list(bins()),
    "profile": profile(),
    "classification": classification(),
    "regression": regression(),
    "estimation": estimation(),
}
assert all(math.isfinite(one["psi"]) for one in expected["distances"])
(HERE / "expected.json").write_text(json.dumps(expected, ensure_ascii=True, separators=(",", ":")) + "\n")
