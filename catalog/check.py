"""Checks every entity and every model bundle in this folder. Exits with 1 when anything is wrong.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python check.py

For a bundle: the graph loads, uses known operator domains, and has the inputs and outputs that interface.json names;
every example gives what it promises; background.csv and heldout.csv have the right columns; every figure in the card's
model-index stands in metrics.json, which the training script wrote. For entities: the envelope rules of Backstage, known
references, unique names.
"""
import csv
import json
import re
import sys
import wave
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import yaml
from PIL import Image

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE / "models"))
import images  # noqa: E402

problems, checked = [], {}


def problem(where, what):
    problems.append(f"{where}: {what}")


# ---- models ----------------------------------------------------------------------------------------------------------

DTYPES = {"tensor(float)": np.float32, "tensor(double)": np.float64, "tensor(int64)": np.int64,
          "tensor(int32)": np.int32, "tensor(string)": object, "tensor(bool)": bool, "tensor(uint8)": np.uint8}
DOMAINS = {"", "ai.onnx", "ai.onnx.ml", "com.microsoft"}


class Bundle:
    def __init__(self, folder):
        self.folder = folder
        self.interface = json.loads((folder / "interface.json").read_text())
        self.fields = self.interface["fields"]
        self.outputs = {o["name"]: o for o in self.interface["outputs"]}
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(folder / "model.onnx", options)
        self.inputs = {i.name: i for i in self.session.get_inputs()}

    def feed(self, values):
        """Field values of one example -> the input tensors of one row."""
        feed = {}
        for field in self.fields:
            target, kind = field.get("input"), field["type"]
            value = values.get(field["name"], field.get("default"))
            if kind == "image":
                feed[target] = images.tensor(Image.open(self.folder / value), field)
            elif kind == "text" and "tokenizer" in field:
                feed |= self.tokens(field, value)
            elif kind == "text":
                feed[target] = np.array([[value]], object)
            elif kind == "constant":
                feed[target] = np.array(field["value"], DTYPES[self.inputs[target].type]).reshape(field.get("shape", []))
            elif kind == "audio":
                raise ValueError("audio goes through timeline()")
            else:
                info = self.inputs[target]
                width = info.shape[1] if len(info.shape) > 1 and isinstance(info.shape[1], int) else 1
                row = feed.setdefault(target, np.zeros((1, width), DTYPES[info.type]))
                row[0, field.get("index", 0)] = value
        return feed

    def tokens(self, field, text):
        from tokenizers import Tokenizer
        tokenizer = Tokenizer.from_file(str(self.folder / field["tokenizer"]))
        tokenizer.no_padding()
        tokenizer.enable_truncation(field["maxTokens"])
        encoded = tokenizer.encode(text)
        parts = {"input_ids": encoded.ids, "attention_mask": encoded.attention_mask, "token_type_ids": encoded.type_ids}
        return {k: np.array([v], np.int64) for k, v in parts.items() if k in self.inputs}

    def run(self, feed):
        names = [o.name for o in self.session.get_outputs()]
        return dict(zip(names, self.session.run(names, feed)))

    def answer(self, values):
        """What a person would be shown for one example: a label, a number or a text."""
        output = self.interface["outputs"][0]
        kind, name = output["kind"], output["name"]
        if kind == "embedding":
            first, second = (self.embedding(text) for text in values[self.fields[0]["name"]])
            return float(first @ second)
        if kind == "timeline":
            return float(np.mean(self.timeline(values) >= output["threshold"]))
        result = self.run(self.feed(values))[name]
        if kind == "detections":
            picture = Image.open(self.folder / values[self.fields[0]["name"]])
            return len(images.heatmap_boxes(result[0, 0], self.fields[0], output, picture.size))
        if kind == "probabilities":
            scores, labels = result.reshape(-1), output["labels"]
            if "positive" in output and len(labels) == 2:
                positive = labels.index(output["positive"])
                return labels[positive if scores[positive] >= output.get("threshold", 0.5) else 1 - positive]
            return labels[int(scores.argmax())]
        if kind == "text" and output.get("decoder") == "ctc":
            return self.ctc(result[0], output)
        return result.reshape(-1)[0].item()

    def embedding(self, text):
        feed = self.feed({self.fields[0]["name"]: text})
        output = self.interface["outputs"][0]
        tokens = self.run(feed)[output["name"]][0]
        if output.get("pooling") == "mean":
            mask = feed["attention_mask"][0][:, None]
            tokens = (tokens * mask).sum(axis=0) / mask.sum()
        return tokens / np.linalg.norm(tokens) if output.get("normalize") else tokens

    def timeline(self, values):
        """One number per window; what `state` names travels from window to window. The last window is filled with 0."""
        field = next(f for f in self.fields if f["type"] == "audio")
        with wave.open(str(self.folder / values[field["name"]])) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (field["rate"], 1, 2)
            sound = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        size, name = field["samples"], self.interface["outputs"][0]["name"]
        sound = np.pad(sound, (0, -len(sound) % size)).reshape(-1, 1, size)
        state = {s["input"]: np.zeros(s["shape"], np.float32) for s in field.get("state", [])}
        curve = []
        for window in sound:
            result = self.run({field["input"]: window} | state)
            state = {s["input"]: result[s["output"]] for s in field.get("state", [])}
            curve.append(result[name].item())
        return np.array(curve)

    def ctc(self, steps, output):
        alphabet = (self.folder / output["alphabet"]).read_text(encoding="utf-8").split("\n")
        best, blank = steps.argmax(axis=1), output.get("blank", 0)
        kept = [b for i, b in enumerate(best) if b != blank and (i == 0 or b != best[i - 1])]
        return "".join(alphabet[b] for b in kept)


def check_model(folder):
    name = folder.name
    if not (folder / "model.onnx").exists():
        problem(name, "model.onnx is not here; run obtain.py first")
        return
    graph = onnx.load(folder / "model.onnx", load_external_data=False)
    for opset in graph.opset_import:
        if opset.domain not in DOMAINS or (opset.domain in ("", "ai.onnx") and opset.version > 21):
            problem(name, f"operator set {opset.domain or 'ai.onnx'} {opset.version}")
    if any(n.op_type == "ZipMap" for n in graph.graph.node):
        problem(name, "ZipMap in the graph")

    bundle = Bundle(folder)
    fed = {f["input"] for f in bundle.fields if "input" in f}
    for field in bundle.fields:
        fed |= {s["input"] for s in field.get("state", [])}
        if "tokenizer" in field:
            fed |= {"input_ids", "attention_mask", "token_type_ids"} & set(bundle.inputs)
    if fed != set(bundle.inputs):
        problem(name, f"fields feed {sorted(fed)}, the graph wants {sorted(bundle.inputs)}")
    if missing := set(bundle.outputs) - {o.name for o in bundle.session.get_outputs()}:
        problem(name, f"no such outputs: {missing}")

    for example in bundle.interface.get("examples", []):
        try:
            answer, expect = bundle.answer(example["values"]), example["expect"]
        except Exception as e:  # every example is tried; one that fails is one problem
            problem(name, f"example '{example['title']}': {type(e).__name__}: {e}")
            continue
        right = abs(answer - expect["value"]) <= expect["tolerance"] if isinstance(expect, dict) else answer == expect
        if not right:
            problem(name, f"example '{example['title']}': {answer!r} instead of {expect!r}")
        checked[name] = checked.get(name, 0) + 1

    columns = [f["name"] for f in bundle.fields]
    for file, extra in ((bundle.interface.get("background"), []),
                        (bundle.interface.get("heldout", {}).get("file"), [bundle.interface.get("heldout", {}).get("target")])):
        if file:
            with open(folder / file, newline="") as lines:
                header, *rows = csv.reader(lines)
            if set(header) != {*columns, *extra} or (not extra and len(rows) > 100):
                problem(name, f"{file}: columns or number of rows")
    check_card(folder)


def check_card(folder):
    text = (folder / "README.md").read_text()
    card = yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.S).group(1))
    metrics = json.loads((folder / "metrics.json").read_text()) if (folder / "metrics.json").exists() else {}
    for index in card.get("model-index", []):
        for result in index["results"]:
            for metric in result["metrics"]:
                if metrics.get(metric["type"]) != metric["value"]:
                    problem(folder.name, f"the card says {metric['type']} = {metric['value']}, "
                                         f"metrics.json {metrics.get(metric['type'])}")
    entity = yaml.safe_load((folder / "model.yaml").read_text())
    if card["pipeline_tag"] != entity["spec"]["type"]:
        problem(folder.name, "card and entity name different tasks")
    if card["license"].lower() != entity["spec"]["license"].lower():
        problem(folder.name, "card and entity name different licences")
    if set(card.get("datasets", [])) != {d.split("/")[-1] for d in entity["spec"].get("trainedOn", [])}:
        problem(folder.name, "card and entity name different data sets")


# ---- entities --------------------------------------------------------------------------------------------------------

NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]")
TAG = re.compile(r"[a-z0-9:+#]+(-[a-z0-9:+#]+)*")
REQUIRED = {
    "Component": ["type", "lifecycle", "owner"], "API": ["type", "lifecycle", "owner", "definition"],
    "Resource": ["type", "owner"], "System": ["owner"], "Domain": ["owner"], "Group": ["type", "children"],
    "User": ["memberOf"], "Model": ["type", "lifecycle", "owner", "license"],
    "Dataset": ["type", "lifecycle", "owner", "license", "source"], "Location": [],
}
REFERENCES = {  # field of spec -> kind when the reference names none
    "owner": "group", "system": "system", "domain": "domain", "parent": "group", "children": "group", "members": "user",
    "memberOf": "group", "providesApis": "api", "consumesApis": "api", "subcomponentOf": "component",
    "subdomainOf": "domain", "dependsOn": None, "dependencyOf": None, "trainedOn": "dataset", "evaluatedOn": "dataset", "derivedFrom": "dataset",
}


def reference(text, kind):
    before, _, rest = text.rpartition(":") if ":" in text.split("/")[0] else ("", "", text)
    kind = before or kind
    return f"{kind}:{rest if '/' in rest else 'default/' + rest}".lower() if kind else None


def check_entities():
    entities = {}
    for file in sorted(HERE.rglob("*.yaml")):
        where = str(file.relative_to(HERE))
        for entity in yaml.safe_load_all(file.read_text()):
            kind, metadata, spec = entity["kind"], entity["metadata"], entity.get("spec", {})
            name = metadata["name"]
            ref = f"{kind}:default/{name}".lower()
            if ref in entities:
                problem(where, f"{ref} twice")
            entities[ref] = (where, spec)
            if set(entity) - {"apiVersion", "kind", "metadata", "spec"}:
                problem(where, f"{ref}: foreign root key")
            if entity["apiVersion"] != ("atelier.dev/v1alpha1" if kind in ("Model", "Dataset") else "backstage.io/v1alpha1"):
                problem(where, f"{ref}: {entity['apiVersion']}")
            if not NAME.fullmatch(name) or any(not TAG.fullmatch(t) or len(t) > 63 for t in metadata.get("tags", [])):
                problem(where, f"{ref}: name or tags")
            if any(not isinstance(v, str) for v in metadata.get("annotations", {}).values()):
                problem(where, f"{ref}: annotation that is no string")
            if any(not re.match(r"(https?|mailto):", link.get("url", "")) for link in metadata.get("links", [])):
                problem(where, f"{ref}: link")
            if kind == "API" and "paths" not in yaml.safe_load(spec["definition"]):
                problem(where, f"{ref}: the definition has no paths")
            for target in spec.get("targets", []):
                if not (file.parent / target).exists():
                    problem(where, f"{ref}: no file {target}")
            for member in REQUIRED.get(kind, ["?"]):
                if member not in spec or spec[member] in ("", None):
                    problem(where, f"{ref}: spec.{member} is missing")
    for ref, (where, spec) in entities.items():
        for member, kind in REFERENCES.items():
            values = spec.get(member, [])
            for value in [values] if isinstance(values, str) else values:
                target = reference(value, kind)
                if target not in entities:
                    problem(where, f"{ref}: spec.{member} names {value!r}, which is not here")
    return entities


def main():
    located = (HERE / "catalog-info.yaml").read_text()
    for interface in sorted((HERE / "models").glob("*/interface.json")):
        if f"./models/{interface.parent.name}/model.yaml" not in located:
            problem("catalog-info.yaml", f"{interface.parent.name} is missing")
        check_model(interface.parent)
    entities = check_entities()
    kinds = {}
    for ref in entities:
        kinds[ref.split(":")[0]] = kinds.get(ref.split(":")[0], 0) + 1
    print("Examples that answer as promised:", ", ".join(f"{n} {c}" for n, c in checked.items()))
    print(f"{len(entities)} entities:", ", ".join(f"{k} {c}" for k, c in sorted(kinds.items())))
    for line in problems:
        print("PROBLEM", line)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
