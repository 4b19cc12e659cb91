"""What must hold of every model that this project trains; the tests bring images of their own."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training import data
from training.data import Images, Sample, WrongImages
from training.network import Network, WrongWeights, read, start
from training.train import Trained, answer, fit, write


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    """Make noisy images of two brightnesses, which are learned in seconds."""
    chance = np.random.default_rng(1)
    root = tmp_path_factory.mktemp("images")
    for name, brightness in (("dark", 60), ("light", 190)):
        (root / name).mkdir()
        for number in range(60):
            pixels = np.clip(chance.normal(brightness, 30, (48, 64, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
    return data.folder(root)


@pytest.fixture(scope="session")
def trained(images: Images) -> Trained:
    """Train once for all tests, shorter than for use."""
    return fit(images, epochs=5)


def test_is_better_than_guessing(trained: Trained) -> None:
    """A model that is no better than a constant is none."""
    assert trained.metrics["accuracy"] > trained.metrics["majority_baseline_accuracy"] + 0.1


def test_answers_as_the_network_does(trained: Trained) -> None:
    """The exported graph says what the network says."""
    samples = trained.held[:5]
    pixels = torch.from_numpy(np.stack([data.prepare(sample.open()) for sample in samples]))
    with torch.no_grad():
        said = torch.softmax(trained.network(pixels), dim=1).numpy()
    np.testing.assert_allclose(answer(trained.graph, samples), said, atol=1e-4)


def test_answers_one_image_as_it_answers_many(trained: Trained) -> None:
    """The answer to an image does not depend on the images beside it."""
    many = answer(trained.graph, trained.held[:7])
    one = answer(trained.graph, trained.held[:1])
    np.testing.assert_allclose(one[0], many[0], atol=1e-5)


def test_writes_a_bundle_that_describes_the_graph(trained: Trained, tmp_path: Path) -> None:
    """The form asks for what the graph takes, and the examples answer as they promise."""
    write(trained, tmp_path)
    described = json.loads((tmp_path / "interface.json").read_text(encoding="utf-8"))
    field = described["fields"][0]
    shape = trained.graph.graph.input[0].type.tensor_type.shape.dim
    assert trained.graph.graph.input[0].name == field["input"]
    assert [one.dim_value for one in shape] == [0, 3, field["height"], field["width"]]
    labels = described["outputs"][0]["labels"]
    for example in described["examples"]:
        sample = Sample(tmp_path / example["values"]["image"], 0)
        assert labels[answer(trained.graph, [sample])[0].argmax()] == example["expect"]
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "{metrics}" not in card and "{start}" not in card


def test_starts_from_weights_of_its_own(trained: Trained, tmp_path: Path) -> None:
    """The last layer comes along when it fits, and is made anew when it does not."""
    write(trained, tmp_path)
    weights = read(tmp_path / "weights.pt")
    same, other = Network(len(trained.classes)), Network(len(trained.classes) + 1)
    fresh = other.fc.weight.clone()
    assert start(same, weights) and not start(other, weights)
    torch.testing.assert_close(same.state_dict(), trained.network.state_dict())
    torch.testing.assert_close(other.conv1.weight, trained.network.conv1.weight)
    torch.testing.assert_close(other.fc.weight, fresh)


def test_goes_on_from_weights(trained: Trained, images: Images) -> None:
    """One more pass does not lose what was learned."""
    tuned = fit(images, trained.network.state_dict(), epochs=1)
    assert "fine-tuned" in tuned.begun
    assert tuned.metrics["accuracy"] > tuned.metrics["majority_baseline_accuracy"]


def test_takes_no_weights_of_another_network(trained: Trained, tmp_path: Path) -> None:
    """And says why."""
    narrow = Network(4, width=8).state_dict()
    with pytest.raises(WrongWeights, match="another network or width"):
        start(Network(4), narrow)
    with pytest.raises(WrongWeights, match="lack conv1.weight"):
        start(Network(4), {"fc.bias": torch.zeros(4)})
    (tmp_path / "text.pt").write_text("no weights")
    with pytest.raises(WrongWeights, match="cannot be read"):
        read(tmp_path / "text.pt")


def test_prepares_an_image_as_the_portal_does() -> None:
    """The middle of it, resized, scaled and normalised; channels come first."""
    wide = Image.new("RGB", (3 * data.SIZE, data.SIZE), "black")
    wide.paste("red", (data.SIZE, 0, 2 * data.SIZE, data.SIZE))
    pixels = data.prepare(wide)
    assert pixels.shape == (3, data.SIZE, data.SIZE) and pixels.dtype == np.float32
    expected = [(1 - 0.485) / 0.229, -0.456 / 0.224, -0.406 / 0.225]
    np.testing.assert_allclose(pixels.mean(axis=(1, 2)), expected, rtol=1e-4)


def test_draws_shapes() -> None:
    """Each seed another one, and the same one again."""
    samples = data.drawn(3).samples
    pictures = [sample.open() for sample in samples]
    assert len({picture.tobytes() for picture in pictures}) == len(samples) == 12
    assert samples[0].open().tobytes() == pictures[0].tobytes()


def test_finds_images_in_folders(tmp_path: Path) -> None:
    """A folder is a class; every fifth image of it is held out."""
    with pytest.raises(WrongImages, match="two classes or more"):
        data.folder(tmp_path)
    for name in ("good", "bad"):
        (tmp_path / name).mkdir()
        for number in range(10):
            Image.new("RGBA", (9, 7), (9, 9, 9, 0)).save(tmp_path / name / f"{number}.png")
    images = data.folder(tmp_path)
    assert images.classes == ["bad", "good"]
    learn, measure = images.parts()
    assert (len(learn), len(measure)) == (16, 4) and not set(learn) & set(measure)
    assert images.samples[0].open().getpixel((0, 0)) == (255, 255, 255)
    (tmp_path / "good" / "9.png").write_text("no image")
    with pytest.raises(WrongImages, match="cannot be read"):
        Images(["good"], [Sample(tmp_path / "good" / "9.png", 0)]).samples[0].open()
    (tmp_path / "good" / "9.png").unlink()
    with pytest.raises(WrongImages, match="10 are the least"):
        data.folder(tmp_path)
