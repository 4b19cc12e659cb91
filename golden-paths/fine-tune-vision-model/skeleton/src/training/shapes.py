"""Draws shapes, so that training and tests need no images."""

import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

KINDS = ("circle", "square", "star", "triangle")
SIDE = 96


def draw(kind: str, seed: int) -> Image.Image:
    """Return a shape of any colour, size and turn on noisy ground; a seed gives one image."""
    chance = np.random.default_rng(seed)
    ground = chance.integers(0, 256, 3)
    ink = (ground + chance.integers(70, 186, 3)) % 256
    noise = chance.normal(0, chance.uniform(2, 12), (SIDE, SIDE, 3))
    image = Image.fromarray(np.clip(ground + noise, 0, 255).astype(np.uint8))
    radius = chance.uniform(0.28, 0.45) * SIDE
    x, y = chance.uniform(radius, SIDE - radius, 2)
    turn = chance.uniform(0, 2 * math.pi)
    ImageDraw.Draw(image).polygon(_corners(kind, x, y, radius, turn), fill=tuple(map(int, ink)))
    return image.filter(ImageFilter.GaussianBlur(chance.uniform(0, 1.5)))


def _corners(
    kind: str, x: float, y: float, radius: float, turn: float
) -> list[tuple[float, float]]:
    """Return the corners of a shape around a point."""
    radii = {
        "circle": [radius] * 48,
        "square": [radius] * 4,
        "star": [radius, radius * 0.45] * 5,
        "triangle": [radius] * 3,
    }[kind]
    angles = [turn + 2 * math.pi * i / len(radii) for i in range(len(radii))]
    return [
        (x + r * math.cos(angle), y + r * math.sin(angle))
        for r, angle in zip(radii, angles, strict=True)
    ]
