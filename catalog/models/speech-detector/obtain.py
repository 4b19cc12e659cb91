"""Takes the Silero voice activity detector from its package, makes it easy to call, measures it, writes the bundle.

    apt-get install espeak-ng alsa-utils
    python3.11 -m venv .venv && .venv/bin/pip install -r requirements.txt
    .venv/bin/pip install --no-deps silero-vad==6.2.3 && .venv/bin/python obtain.py

Writes model.onnx, interface.json, examples/ and metrics.json beside this file. The test sounds are made by espeak-ng (1.51
for the figures in the card) and a fixed seed; the nine recordings are those that Debian's alsa-utils installs.
"""
import hashlib
import importlib.util
import io
import subprocess
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from scipy.signal import resample_poly
from sklearn.metrics import roc_auc_score

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent))
import bundle  # noqa: E402

SEED = 20240613
RATE, WINDOW, CONTEXT, THRESHOLD = 16000, 512, 64, 0.5
SOURCE = "data/silero_vad_16k_op15.onnx"
FIELD = {
    "name": "recording", "input": "audio", "type": "audio", "title": "Recording", "rate": RATE, "samples": WINDOW,
    "state": [{"input": "state", "output": "state_next", "shape": [2, 1, 128]},
              {"input": "context", "output": "context_next", "shape": [1, CONTEXT]}],
    "help": "Any recording; speech, silence, noise",
}


def wrapped(graph):
    """The original wants 64 old samples before 512 new ones, and the rate as an input. Here the graph keeps both itself.

    audio [N, 512], context [N, 64], state [2, N, 128] -> speech [N, 1], context_next [N, 64], state_next [2, N, 128]
    """
    bundle.rename(graph, {"output": "speech", "stateN": "state_next"})
    g = graph.graph
    g.initializer.extend([
        numpy_helper.from_array(np.array(RATE, np.int64), "sr"),
        numpy_helper.from_array(np.array([-CONTEXT], np.int64), "context_start"),
        numpy_helper.from_array(np.array([np.iinfo(np.int64).max], np.int64), "context_end"),
        numpy_helper.from_array(np.array([1], np.int64), "context_axis")])
    g.node.insert(0, helper.make_node("Concat", ["context", "audio"], ["input"], axis=1))
    g.node.append(helper.make_node("Slice", ["audio", "context_start", "context_end", "context_axis"], ["context_next"]))
    del g.input[:], g.output[:], g.value_info[:]

    def value(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    g.input.extend([value("audio", "N", WINDOW), value("context", "N", CONTEXT), value("state", 2, "N", 128)])
    g.output.extend([value("speech", "N", 1), value("context_next", "N", CONTEXT), value("state_next", 2, "N", 128)])
    return graph


# ---- sounds --------------------------------------------------------------------------------------------------------------

SENTENCES = {
    "en-gb": "The shop opens at nine and closes at six in the evening.",
    "en-us+f3": "Please leave your name and number after the tone.",
    "de": "Der nächste Zug nach Hamburg fährt heute von Gleis sieben.",
    "de+f2": "Bitte nennen Sie Ihre Kundennummer und Ihren Namen.",
    "fr-fr": "Le train pour Lyon partira avec un quart d'heure de retard.",
    "es": "La oficina está abierta de lunes a viernes por la mañana.",
    "it+f4": "Domani il tempo sarà sereno su tutta la costa.",
    "pl": "Proszę podać swoje imię i numer telefonu.",
}


def read(data):
    """WAV bytes -> float32 mono at 16 kHz."""
    with wave.open(io.BytesIO(data)) as file:
        assert file.getsampwidth() == 2
        sound = np.frombuffer(file.readframes(-1)[:2 * (len(data) // 2)], "<i2").astype(np.float32) / 32768
        sound = sound.reshape(-1, file.getnchannels()).mean(axis=1)
        return resample_poly(sound, RATE, file.getframerate()).astype(np.float32)


def say(voice, text):
    # espeak-ng writes to a pipe with an unknown length in the header; a file has the right one.
    with tempfile.NamedTemporaryFile(suffix=".wav") as out:
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", out.name, text], check=True)
        sound = read(out.read())
    return 0.5 * sound / np.abs(sound).max()


def spoken(sound):
    """Which windows of a clean voice hold speech: louder than -40 dB below its loudest, pauses under 0.2 s filled."""
    frames = np.pad(sound, (0, -len(sound) % WINDOW)).reshape(-1, WINDOW)
    loud = np.sqrt((frames ** 2).mean(axis=1))
    active = loud > loud.max() / 100
    gap = int(0.2 * RATE / WINDOW)
    places = np.flatnonzero(active)
    for a, b in zip(places, places[1:]):
        if b - a <= gap:
            active[a:b] = True
    return active


def noise(kind, length, random_):
    t = np.arange(length) / RATE
    if kind == "white":
        sound = random_.normal(size=length)
    elif kind == "pink":
        spectrum = np.fft.rfft(random_.normal(size=length)) / np.sqrt(np.maximum(np.arange(length // 2 + 1), 1))
        sound = np.fft.irfft(spectrum, length)
    elif kind == "hum":
        sound = sum(np.sin(2 * np.pi * 50 * h * t + h) / h for h in (1, 2, 3, 5))
    elif kind == "clicks":
        sound = np.where(random_.random(length) < 8 / RATE, random_.normal(size=length), 0)
        sound = np.convolve(sound, np.exp(-np.arange(160) / 30), "same")
    else:  # tones: what a telephone keypad sends
        sound = np.zeros(length)
        for start in range(0, length - 4000, 8000):
            low, high = random_.choice([697, 770, 852, 941]), random_.choice([1209, 1336, 1477])
            part = t[:3200]
            sound[start:start + 3200] = np.sin(2 * np.pi * low * part) + np.sin(2 * np.pi * high * part)
    return (sound / np.sqrt(np.mean(sound ** 2))).astype(np.float32)


def recording(voices, kind, decibel, random_):
    """Sentences with pauses of 1 to 2 s over a background -> samples and the truth per window."""
    parts, truth = [], []
    for voice in voices:
        for sound in (np.zeros(int(random_.uniform(1, 2) * RATE / WINDOW) * WINDOW, np.float32), voice):
            sound = np.pad(sound, (0, -len(sound) % WINDOW))
            parts.append(sound)
            truth.append(spoken(sound) if sound.any() else np.zeros(len(sound) // WINDOW, bool))
    speech, truth = np.concatenate(parts), np.concatenate(truth)
    level = np.sqrt(np.mean(speech[np.repeat(truth, WINDOW)] ** 2)) * 10 ** (-decibel / 20)
    mixed = speech + level * noise(kind, len(speech), random_)
    return (0.7 * mixed / np.abs(mixed).max()).astype(np.float32), truth


def write(path, sound):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1), file.setsampwidth(2), file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())


def main():
    source = Path(importlib.util.find_spec("silero_vad").origin).parent / SOURCE
    original = source.read_bytes()
    graph = onnx.load_from_string(original)
    bundle.save(wrapped(graph), HERE / "model.onnx", "Probability of speech per 32 ms of sound at 16 kHz")
    session = onnxruntime.InferenceSession(HERE / "model.onnx")
    reference = onnxruntime.InferenceSession(original)

    def curve(sound):
        feed = {"context": np.zeros((1, CONTEXT), np.float32), "state": np.zeros((2, 1, 128), np.float32)}
        said = []
        for start in range(0, len(sound) - WINDOW + 1, WINDOW):
            speech, feed["context"], feed["state"] = session.run(
                ["speech", "context_next", "state_next"], feed | {"audio": sound[None, start:start + WINDOW]})
            said.append(speech.item())
        return np.array(said)

    def original_curve(sound):
        state, context, said = np.zeros((2, 1, 128), np.float32), np.zeros((1, CONTEXT), np.float32), []
        for start in range(0, len(sound) - WINDOW + 1, WINDOW):
            window = sound[None, start:start + WINDOW]
            speech, state = reference.run(None, {
                "input": np.concatenate([context, window], axis=1), "state": state, "sr": np.array(RATE, np.int64)})
            context = window[:, -CONTEXT:]
            said.append(speech.item())
        return np.array(said)

    random_ = np.random.default_rng(SEED)
    voices = [say(v, t) for v, t in SENTENCES.items()]
    metrics, everything = {"source_sha256": hashlib.sha256(original).hexdigest()}, {}
    for decibel in (40, 20, 10, 0):
        said, truth = [], []
        for kind in ("white", "pink", "hum", "clicks", "tones"):
            sound, spoke = recording([voices[i] for i in random_.permutation(len(voices))], kind, decibel, random_)
            p = curve(sound)
            said.append(p), truth.append(spoke[:len(p)])
            everything[kind, decibel] = (sound, p, spoke)
        said, truth = np.concatenate(said), np.concatenate(truth)
        metrics |= {f"roc_auc_{decibel}_db": roc_auc_score(truth, said),
                    f"found_{decibel}_db": float((said >= THRESHOLD)[truth].mean()),
                    f"false_alarm_{decibel}_db": float((said >= THRESHOLD)[~truth].mean())}
        metrics[f"windows_{decibel}_db"] = len(truth)
    # Nothing but background: how often does it hear a voice?
    for kind in ("white", "pink", "hum", "clicks", "tones"):
        alone = curve(0.3 * noise(kind, 20 * RATE, random_) / 4)
        metrics[f"false_alarm_{kind}_alone"] = float((alone >= THRESHOLD).mean())
    # Nine recordings of a person: "front centre", "rear left", ...; one of them is noise.
    spoke = {}
    for path in sorted(Path("/usr/share/sounds/alsa").glob("*.wav")):
        sound = read(path.read_bytes())
        spoke[path.stem] = float(curve(np.pad(sound, (RATE // 2, RATE // 2))).max())
    metrics |= {"recordings_of_a_person": sum(k != "Noise" for k in spoke),
                "recordings_found": sum(v >= THRESHOLD for k, v in spoke.items() if k != "Noise"),
                "recorded_noise_highest": spoke.get("Noise", -1)}
    sound = everything["pink", 10][0]
    metrics["largest_difference_to_original"] = float(np.abs(curve(sound) - original_curve(sound)).max())
    bundle.write_metrics(HERE / "metrics.json", metrics)

    quiet, (street, _, _) = voices[0], everything["pink", 10]
    examples = []
    for name, title, sound in (
        ("announcement", "A synthetic voice between two pauses", np.concatenate(
            [np.zeros(RATE, np.float32), quiet, np.zeros(RATE, np.float32)])),
        ("voices-in-noise", "Synthetic voices in noise, 10 dB above it", street[:10 * RATE]),
        ("keypad", "Telephone keypad tones, nobody speaks", 0.15 * noise("tones", 4 * RATE, np.random.default_rng(SEED))),
    ):
        write(HERE / "examples" / f"{name}.wav", sound)
        with wave.open(str(HERE / "examples" / f"{name}.wav")) as file:  # as a portal reads it
            heard = np.frombuffer(file.readframes(-1), "<i2").astype(np.float32) / 32768
        p = curve(np.pad(heard, (0, -len(heard) % WINDOW)))
        examples.append({"title": title, "values": {"recording": f"examples/{name}.wav"},
                         "expect": {"value": round(float((p >= THRESHOLD).mean()), 3), "tolerance": 0.02}})
    bundle.write_interface(HERE / "interface.json", {
        "schema": "atelier.dev/interface/v1", "task": "voice-activity-detection", "fields": [FIELD],
        "outputs": [{"name": "speech", "kind": "timeline", "title": "Speech", "threshold": THRESHOLD}],
        "examples": examples,
    })


if __name__ == "__main__":
    main()
