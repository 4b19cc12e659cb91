"""The images that the model learns from, and how one becomes a tensor."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from training import shapes

SIZE = ${{ values.size }}
FOLDER = Path(__file__).resolve().parents[2] / "data"
ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
LEAST = 10
SPARE = 1.25

# As ImageNet's networks want it. The portal gets these lines and prepares images likewise.
FIELD: dict[str, Any] = {
    "name": "image",
    "input": "image",
    "type": "image",
    "title": "Image",
    "layout": "NCHW",
    "width": SIZE,
    "height": SIZE,
    "channels": "RGB",
    "resize": "crop",
    "scale": 1 / 255,
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}


class WrongImages(Exception):
    """There is nothing to learn from; the message says what to do."""


@dataclass(frozen=True)
class Sample:
    """An image with its class.

    Attributes:
        source: a file, or the seed of a shape that is drawn
        label: number of the class

    """

    source: Path | int
    label: int

    def open(self) -> Image.Image:
        """Return the image, upright and in colour; raise WrongImages for a file that is none."""
        if isinstance(self.source, int):
            return shapes.draw(shapes.KINDS[self.label], self.source)
        try:
            with Image.open(self.source) as image:
                return _opaque(ImageOps.exif_transpose(image))
        except (OSError, UnidentifiedImageError) as error:
            raise WrongImages(f"{self.source} cannot be read as an image: {error}") from error


@dataclass(frozen=True)
class Images:
    """All images, and the names of their classes in the order of the network's outputs."""

    classes: Sequence[str]
    samples: Sequence[Sample]

    def parts(self) -> tuple[list[Sample], list[Sample]]:
        """Return those to learn from, and every fifth of each class to measure with."""
        learn: list[Sample] = []
        measure: list[Sample] = []
        for label in range(len(self.classes)):
            mine = [sample for sample in self.samples if sample.label == label]
            order = np.random.default_rng(label).permutation(len(mine))
            held = len(mine) // 5
            measure += [mine[i] for i in order[:held]]
            learn += [mine[i] for i in order[held:]]
        return learn, measure


def load() -> Images:
    """Return the images of this project."""
{% if values.source == 'folder' %}
    return folder(FOLDER)
{% else %}
    return drawn(200)
{% endif %}


def drawn(each: int) -> Images:
    """Draw so many shapes of each kind."""
    kinds = range(len(shapes.KINDS))
    samples = [Sample(seed * len(kinds) + label, label) for label in kinds for seed in range(each)]
    return Images(shapes.KINDS, samples)


def folder(root: Path) -> Images:
    """Find the images of root/<class>/; raise WrongImages when there are too few."""
    found = {
        path.name: sorted(file for file in path.iterdir() if file.suffix.lower() in ENDINGS)
        for path in sorted(root.iterdir() if root.is_dir() else [])
        if path.is_dir() and not path.name.startswith(".")
    }
    if len(found) < 2:
        raise WrongImages(f"Put images into {root}/<class>/, for two classes or more.")
    for name, files in found.items():
        if len(files) < LEAST:
            raise WrongImages(f"{root / name} has {len(files)} images; {LEAST} are the least.")
    samples = [Sample(file, label) for label, name in enumerate(found) for file in found[name]]
    return Images(list(found), samples)


def _opaque(image: Image.Image) -> Image.Image:
    """Return the image in colour, what is transparent in white."""
    if image.mode in ("RGBA", "LA", "P", "PA"):
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return image.convert("RGB")


def prepare(image: Image.Image) -> NDArray[np.float32]:
    """Return float32 [3, SIZE, SIZE] of an RGB image: its middle, resized, normalised."""
    factor = SIZE / min(image.size)
    width, height = (max(SIZE, round(side * factor)) for side in image.size)
    smaller = width < image.width or height < image.height
    image = image.resize(
        (width, height), Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    )
    left, top = (width - SIZE) // 2, (height - SIZE) // 2
    pixels = np.asarray(image.crop((left, top, left + SIZE, top + SIZE)), np.float32)
    pixels = pixels * np.float32(FIELD["scale"])
    pixels = (pixels - np.float32(FIELD["mean"])) / np.float32(FIELD["std"])
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), np.float32)


def shrink(image: Image.Image) -> Image.Image:
    """Return an image small enough that all fit into memory, with something left to cut off."""
    factor = SPARE * SIZE / min(image.size)
    if factor >= 1:
        return image
    width, height = (round(side * factor) for side in image.size)
    return image.resize((width, height), Image.Resampling.BOX)


def vary(image: Image.Image, chance: np.random.Generator) -> Image.Image:
    """Return the image as another camera may have taken it: closer, and mirrored.

    Leave mirroring out where it changes the class, say of letters.
    """
    share = chance.uniform(1 / SPARE, 1)
    width, height = round(image.width * share), round(image.height * share)
    left = int(chance.integers(image.width - width + 1))
    top = int(chance.integers(image.height - height + 1))
    image = image.crop((left, top, left + width, top + height))
    return ImageOps.mirror(image) if chance.random() < 0.5 else image
