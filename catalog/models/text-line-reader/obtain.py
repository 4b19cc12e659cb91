"""Takes the PP-OCRv6 text line recogniser from the package rapidocr, makes it small, measures it, writes the bundle.

    apt-get install fonts-dejavu-core fonts-liberation
    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/pip install --no-deps rapidocr==3.10.0 && .venv/bin/python obtain.py

Writes model.onnx, alphabet.txt, interface.json, examples/ and metrics.json beside this file. The seed is fixed.
"""
import hashlib
import importlib.util
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from PIL import Image, ImageDraw, ImageFilter, ImageFont

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402
import images  # noqa: E402

SEED = 20240613
SOURCE = "models/PP-OCRv6_rec_small.onnx"
FIELD = {
    "name": "image", "input": "image", "type": "image", "title": "Line of text", "layout": "NCHW", "width": None,
    "maxWidth": 1600, "height": 48, "channels": "BGR", "resize": "fit", "scale": 0.00392156862745098,
    "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5],
    "help": "One line of printed text, cut out so that it fills the picture from top to bottom",
}


def kept(symbols):
    """Which of the 18,710 symbols stay: blank, everything Latin, some punctuation and currency, the space."""
    more = set("–—‘’“”„†‡•…‰′″€₤₺₽₹™№Ω→←↑↓√∞≈≠≤≥−")
    return [i for i, s in enumerate(symbols) if i in (0, len(symbols) - 1) or ord(s) < 0x180 or s in more]


def smaller(graph):
    """Latin columns only in the last layer, weights stored in 16 bits. The arithmetic stays in 32 bits."""
    character = next(p.value for p in graph.metadata_props if p.key == "character")
    symbols = ["", *character.split("\n"), " "]  # CTC's blank comes first, the space last
    columns = kept(symbols)
    g = graph.graph
    last = next(n for n in g.node if n.op_type == "MatMul" and n.input[1] == "linear_8.w_0")
    assert g.node[-1].op_type == "Softmax" and last is not None
    casts = []
    for initializer in list(g.initializer):
        value = numpy_helper.to_array(initializer)
        if initializer.name == "linear_8.w_0":
            assert value.shape[1] == len(symbols)
            value = value[:, columns]
        elif initializer.name == "linear_8.b_0":
            value = value[columns]
        if value.dtype == np.float32 and value.size >= 256:
            half = initializer.name + "_16"
            casts.append(helper.make_node("Cast", [half], [initializer.name], to=TensorProto.FLOAT))
            initializer.CopyFrom(numpy_helper.from_array(value.astype(np.float16), half))
        else:
            initializer.CopyFrom(numpy_helper.from_array(value, initializer.name))
    for i, cast in enumerate(casts):
        g.node.insert(i, cast)
    bundle.rename(graph, {"x": "image", "fetch_name_0": "symbols"})
    del g.value_info[:], graph.metadata_props[:]
    del g.input[:], g.output[:]
    g.input.append(helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 3, 48, "W"]))
    g.output.append(helper.make_tensor_value_info("symbols", TensorProto.FLOAT, ["N", "T", len(columns)]))
    graph.metadata_props.add(key="modified", value=(
        "From PP-OCRv6_small_rec: last layer cut to Latin symbols, weights stored in 16 bits. "
        "Original weights (c) Baidu / the PaddleOCR rights holders, Apache-2.0."))
    return graph, [symbols[i] for i in columns], symbols


# ---- lines of text ---------------------------------------------------------------------------------------------------

FONTS = [f"/usr/share/fonts/truetype/{f}.ttf" for f in (
    "dejavu/DejaVuSans", "dejavu/DejaVuSans-Bold", "dejavu/DejaVuSerif", "dejavu/DejaVuSansMono",
    "liberation/LiberationSans-Regular", "liberation/LiberationSerif-Regular", "liberation/LiberationSerif-Italic",
    "liberation/LiberationMono-Regular", "liberation/LiberationSansNarrow-Bold")]
SENTENCES = [
    "The quick brown fox jumps over the lazy dog.", "Please keep this receipt for your records",
    "Platform 7, coach B, seat 41", "Open Monday to Friday, 9:00-18:30", "Your order has been shipped today.",
    "Total amount due within 30 days", "Handle with care: glass inside", "Meeting room 2.14 is on the second floor",
    "Bitte ziehen Sie die Tür fest zu.", "Größe und Gewicht siehe Rückseite", "Straßenbahn Linie 12 Richtung Süd",
    "Mindestens haltbar bis: siehe Deckel", "Le café est fermé le dimanche.", "Conserver à l'abri de la lumière",
    "Prière de ne pas fumer", "La garantía no cubre daños por agua", "Mañana abrimos a las ocho",
    "Prodotto in Italia, consumare fresco", "Proszę zachować paragon", "Dziękujemy za wizytę",
]


def lines(random_):
    """200 lines: the sentences above in turn with made-up invoice lines, codes, dates, prices and addresses."""
    def digits(n):
        return "".join(map(str, random_.integers(0, 10, n)))

    def letters(n):
        return "".join(random_.choice(list("ABCDEFGHJKLMNPQRSTUVWXYZ"), n))

    def whole(low, high):
        return int(random_.integers(low, high + 1))

    made = [
        lambda: f"Invoice {letters(2)}-{digits(6)}", lambda: f"Total: {digits(3)},{digits(2)} €",
        lambda: f"{whole(1, 28):02}.{whole(1, 12):02}.20{digits(2)} {whole(0, 23)}:{whole(0, 59):02}",
        lambda: f"S/N {letters(3)}{digits(5)}{letters(2)}",
        lambda: f"${whole(1, 999)}.{digits(2)} incl. {whole(5, 25)}% VAT",
        lambda: f"IBAN DE{digits(2)} {digits(4)} {digits(4)} {digits(4)}", lambda: f"info@{letters(6).lower()}.example",
        lambda: f"+49 {digits(3)} {digits(7)}", lambda: f"LOT {digits(4)}{letters(1)} EXP {digits(2)}/{digits(2)}",
        lambda: f"{whole(1, 20)} x Article {digits(5)} @ {whole(1, 90)}.{digits(2)}",
    ]
    return [SENTENCES[(i // 2) % len(SENTENCES)] if i % 2 else made[(i // 2) % len(made)]() for i in range(200)]


def picture(text, font, random_, hard):
    size = 40 if not hard else int(random_.integers(11, 32))
    face = ImageFont.truetype(font, size)
    left, top, right, bottom = face.getbbox(text)
    edge = size // 4
    paper = 255 if not hard else int(random_.integers(150, 256))
    ink = 0 if not hard else int(random_.integers(0, max(1, paper - 80)))
    image = Image.new("RGB", (right - left + 2 * edge, bottom - top + 2 * edge), (paper,) * 3)
    ImageDraw.Draw(image).text((edge - left, edge - top), text, fill=(ink,) * 3, font=face)
    if hard:
        image = image.rotate(random_.uniform(-2, 2), Image.Resampling.BICUBIC, fillcolor=(paper,) * 3)
        image = image.filter(ImageFilter.GaussianBlur(random_.uniform(0, size / 16)))
        pixels = np.asarray(image, np.float32) + random_.normal(0, random_.uniform(0, 25), (*image.size[::-1], 1))
        image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    return image


def distance(a, b):
    """Levenshtein: insertions, deletions and replacements that turn a into b."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        before, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (x != y))
    return row[-1]


def ctc(steps, alphabet):
    best = steps.argmax(axis=1)
    return "".join(alphabet[b] for i, b in enumerate(best) if b and (i == 0 or b != best[i - 1]))


def main():
    original = (Path(importlib.util.find_spec("rapidocr").submodule_search_locations[0]) / SOURCE).read_bytes()
    graph, alphabet, symbols = smaller(onnx.load_from_string(original))
    bundle.save(graph, HERE / "model.onnx", "Symbols in a picture of one line of Latin text")
    (HERE / "alphabet.txt").write_text("\n".join(alphabet), encoding="utf-8")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(HERE / "model.onnx", options)
    reference = onnxruntime.InferenceSession(original, options)

    def read(image):
        return ctc(session.run(["symbols"], {"image": images.tensor(image, FIELD)})[0][0], alphabet)

    def read_original(image):
        return ctc(reference.run(None, {"x": images.tensor(image, FIELD)})[0][0], symbols)

    random_ = np.random.default_rng(SEED)
    texts = lines(random_)
    sheets = {name: [picture(t, FONTS[i % len(FONTS)], random_, name == "degraded") for i, t in enumerate(texts)]
              for name in ("clean", "degraded")}
    metrics, said = {"source_sha256": hashlib.sha256(original).hexdigest(), "symbols": len(alphabet),
                     "symbols_of_the_original": len(symbols), "lines": len(texts)}, {}
    for name, sheet in sheets.items():
        said[name] = [read(image) for image in sheet]
        full = [read_original(image) for image in sheet]
        length = sum(map(len, texts))
        metrics |= {
            f"cer_{name}": sum(map(distance, said[name], texts)) / length,
            f"exact_{name}": float(np.mean([a == b for a, b in zip(said[name], texts)])),
            f"cer_{name}_of_the_original": sum(map(distance, full, texts)) / length,
            f"exact_{name}_of_the_original": float(np.mean([a == b for a, b in zip(full, texts)])),
        }
    bundle.write_metrics(HERE / "metrics.json", metrics)
    for name in sheets:
        print(name, [(a, b) for a, b in zip(said[name], texts) if a != b][:12])

    def plainly_mistaken(i):
        """Wrong, and wrong in the same way when another program shrinks the picture a little differently."""
        image, answer = sheets["degraded"][i], said["degraded"][i]
        size = (round(image.width * 48 / image.height), 48)
        filters = (Image.Resampling.BILINEAR, Image.Resampling.HAMMING, Image.Resampling.BICUBIC)
        return answer != texts[i] and all(read(image.resize(size, f)) == answer for f in filters)

    serial_number = next(i for i, t in enumerate(texts) if t.startswith("S/N") and said["degraded"][i] == t)
    examples = []
    for file, title, name, i in (
        ("receipt", "A clean line", "clean", texts.index("Please keep this receipt for your records")),
        ("tram", "German letters", "clean", texts.index("Straßenbahn Linie 12 Richtung Süd")),
        ("serial-number", "A serial number, blurred and noisy", "degraded", serial_number),
        ("mistaken", "Degraded until the model makes a mistake", "degraded",
         next(i for i in range(len(texts)) if plainly_mistaken(i))),
    ):
        path = HERE / "examples" / f"{file}.png"
        sheets[name][i].save(path)
        answer = read(Image.open(path))
        examples.append({"title": title + ("" if answer == texts[i] else f" (the line says: {texts[i]})"),
                         "values": {"image": f"examples/{file}.png"}, "expect": answer})
    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "image-to-text", "fields": [FIELD],
        "outputs": [{"name": "symbols", "kind": "text", "title": "Text", "decoder": "ctc", "alphabet": "alphabet.txt",
                     "blank": 0}],
        "examples": examples,
    })


if __name__ == "__main__":
    main()
