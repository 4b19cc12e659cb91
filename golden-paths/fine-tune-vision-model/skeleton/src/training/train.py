"""Trains the model, measures it on images it has not seen, and writes the bundle to build/."""

import copy
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training import NAME, data
from training.data import Images, Sample
from training.network import Network, WrongWeights, read, start

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
START = ROOT / "weights" / "start.pt"
SEED = 7
PARAMS: dict[str, Any] = {
    "epochs": 12,
    "batch": 16,
    "learning_rate": 3e-3,
    "body_rate_from_weights": 0.1,
    "weight_decay": 0.01,
}
EXAMPLES = 4


@dataclass
class Trained:
    """A trained model with what was found out about it.

    Attributes:
        begun: what it started from, as the card says it

    """

    network: Network
    graph: Any
    classes: Sequence[str]
    learned: list[Sample]
    held: list[Sample]
    begun: str
    metrics: dict[str, float]


class Classifier(nn.Module):
    """The network with chances in place of logits, as it is exported."""

    def __init__(self, network: Network) -> None:
        """Put a softmax behind a network."""
        super().__init__()
        self.network = network

    def forward(self, image: Tensor) -> Tensor:
        """Float [N, 3, SIZE, SIZE] to [N, classes], each row with the sum 1."""
        return torch.softmax(self.network(image), dim=1)


def device() -> torch.device:
    """Return the graphics card, or the processor where there is none."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def fit(
    images: Images,
    weights: Mapping[str, Tensor] | None = None,
    epochs: int = PARAMS["epochs"],
) -> Trained:
    """Train on four fifths of the images and measure on the rest.

    Raises WrongWeights when the weights are of another network.
    """
    torch.manual_seed(SEED)
    learned, held = images.parts()
    network = Network(len(images.classes))
    begun = "It was trained from nothing."
    if weights is not None:
        head = start(network, weights)
        begun = f"It was fine-tuned from weights, {'with' if head else 'all but'} their last layer."
    _train(network.to(device()), learned, epochs, weights is not None)
    network = network.to("cpu").eval()
    trained = Trained(network, _export(network), images.classes, learned, held, begun, {})
    trained.metrics = _measure(trained)
    return trained


def _train(network: Network, learned: list[Sample], epochs: int, tuned: bool) -> None:
    """Train in place; the body learns more slowly where it knows something already."""
    head = list(network.fc.parameters())
    body = [weight for name, weight in network.named_parameters() if not name.startswith("fc.")]
    rate = PARAMS["learning_rate"]
    rates = [rate * (PARAMS["body_rate_from_weights"] if tuned else 1), rate]
    optimizer = torch.optim.AdamW(
        [{"params": body}, {"params": head}], weight_decay=PARAMS["weight_decay"]
    )
    steps = epochs * sum(1 for _ in _batches(len(learned), np.random.default_rng(SEED)))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rates, total_steps=steps)
    loss_of = nn.CrossEntropyLoss(label_smoothing=0.05)
    chance = np.random.default_rng(SEED)
    pictures = [data.shrink(sample.open()) for sample in learned]
    network.train()
    for epoch in range(epochs):
        total = 0.0
        for rows in _batches(len(learned), chance):
            pixels = np.stack([data.prepare(data.vary(pictures[row], chance)) for row in rows])
            labels = torch.tensor([learned[row].label for row in rows], device=device())
            loss = loss_of(network(torch.from_numpy(pixels).to(device())), labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(rows)
        print(f"epoch {epoch + 1} of {epochs}: loss {total / len(learned):.3f}", flush=True)


def _batches(count: int, chance: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Shuffle all rows into batches; one row alone has no variance to normalise by."""
    order = chance.permutation(count)
    for first in range(0, count, PARAMS["batch"]):
        rows = order[first : first + PARAMS["batch"]]
        if len(rows) > 1:
            yield rows


def _export(network: Network) -> Any:
    """Write the graph: image [N, 3, SIZE, SIZE] to probabilities [N, classes]."""
    program = torch.onnx.export(
        Classifier(copy.deepcopy(network)).eval(),
        (torch.zeros(2, 3, data.SIZE, data.SIZE),),
        input_names=["image"],
        output_names=["probabilities"],
        dynamic_shapes=({0: torch.export.Dim("N")},),
        opset_version=18,
        dynamo=True,
        verbose=False,
    )
    graph = program.model_proto
    graph.ir_version = min(graph.ir_version, 10)
    onnx.checker.check_model(graph, full_check=True)
    return graph


def answer(graph: Any, samples: Sequence[Sample]) -> NDArray[np.float32]:
    """Return the chances [N, classes] of the exported graph, as whoever serves it gets them."""
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    parts = []
    for first in range(0, len(samples), PARAMS["batch"]):
        some = samples[first : first + PARAMS["batch"]]
        pixels = np.stack([data.prepare(sample.open()) for sample in some])
        parts.append(session.run(["probabilities"], {"image": pixels})[0])
    return np.concatenate(parts)


def _measure(trained: Trained) -> dict[str, float]:
    """Measure the exported graph, not the network it was made of."""
    truth = np.array([sample.label for sample in trained.held])
    chances = answer(trained.graph, trained.held)
    right = chances.argmax(axis=1) == truth
    recalls = [float(right[truth == label].mean()) for label in range(len(trained.classes))]
    counts = np.bincount([sample.label for sample in trained.learned])
    return {
        "train_images": len(trained.learned),
        "test_images": len(trained.held),
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(np.mean(recalls)),
        "lowest_recall": min(recalls),
        "log_loss": float(-np.log(np.clip(chances[range(len(truth)), truth], 1e-7, 1)).mean()),
        "majority_baseline_accuracy": float(np.mean(truth == counts.argmax())),
    }


def interface(trained: Trained, examples: list[dict[str, Any]]) -> dict[str, Any]:
    """Describe input and output for people, so that a form can ask for an image."""
    return {
        "schema": "atelier.dev/interface/v1",
        "task": "image-classification",
        "fields": [data.FIELD],
        "outputs": [
            {"name": "probabilities", "kind": "probabilities", "labels": list(trained.classes)}
        ],
        "examples": examples,
    }


def _examples(trained: Trained, folder: Path) -> list[dict[str, Any]]:
    """Save held-out images, one of each of the first classes, with what the model says."""
    folder.mkdir(exist_ok=True)
    examples = []
    for label in range(min(EXAMPLES, len(trained.classes))):
        sample = next(sample for sample in trained.held if sample.label == label)
        file = folder / f"{label + 1}.png"
        sample.open().save(file)
        said = trained.classes[answer(trained.graph, [Sample(file, label)])[0].argmax()]
        title = f"{trained.classes[label]}, which it has not seen"
        values = {"image": f"examples/{file.name}"}
        examples.append({"title": title, "values": values, "expect": said})
    return examples


def card(trained: Trained) -> str:
    """Return the model card: CARD.md with the start and the figures of this training."""
    text = (ROOT / "CARD.md").read_text(encoding="utf-8")
    rows = "\n".join(f"| {name} | {value:.4g} |" for name, value in trained.metrics.items())
    table = "| figure | value |\n|---|---|\n" + rows
    return text.replace("{start}", trained.begun).replace("{metrics}", table)


def write(trained: Trained, folder: Path) -> None:
    """Write the bundle: all that a version in the registry is made of."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(trained.graph.SerializeToString())
    torch.save(trained.network.state_dict(), folder / "weights.pt")
    described = interface(trained, _examples(trained, folder / "examples"))
    (folder / "interface.json").write_text(
        json.dumps(described, indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    (folder / "metrics.json").write_text(json.dumps(trained.metrics, indent=2) + "\n")
    (folder / "README.md").write_text(card(trained), encoding="utf-8")


def main() -> int:
    """Train, write the bundle, and print the figures."""
    try:
        trained = fit(data.load(), read(START) if START.exists() else None)
    except (data.WrongImages, WrongWeights) as error:
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
