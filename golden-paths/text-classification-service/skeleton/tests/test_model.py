"""What must hold of every model that this project trains; the texts of the tests are their own."""

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from training import data
from training.data import Texts, WrongTexts
from training.pieces import Alphabet
from training.train import Trained, answer, fit, write

WORDS = {
    "fruit": (["Buy", "eat", "peel", "wash"], ["apples", "pears", "Äpfel", "plums"]),
    "tools": (["Sharpen", "hold", "drop", "oil"], ["hammers", "saws", "Sägen", "pliers"]),
}
ODD = ["", " ", "\t\n", "PEEL THE ÄPFEL", "ＷＩＤＥ İ ß ǅ", "林檎 🍎", "a" * 3_000, "\x00\x02\x03"]


def texts(*labels: str) -> Texts:
    """Make sentences of words that go with labels."""
    said = [
        (f"{verb} {number} {thing}!", label)
        for label in labels
        for verb, thing in product(*WORDS[label])
        for number in ("some", "two")
    ]
    return Texts([text for text, _ in said], [label for _, label in said])


@pytest.fixture(scope="session")
def trained() -> Trained:
    """Train once for all tests."""
    return fit(texts("fruit", "tools"))


def test_is_better_than_guessing(trained: Trained) -> None:
    """A model that is no better than a constant is none."""
    assert trained.metrics["accuracy"] > trained.metrics["majority_baseline_accuracy"]


@pytest.mark.parametrize("labels", [["a", "b"], ["a", "b", "c"]])
def test_answers_as_the_pipeline_does(trained: Trained, labels: list[str]) -> None:
    """The exported graph says what the pipeline says, of two labels and of more, of any text."""
    many = trained.learned.texts
    again = fit(Texts(many, [labels[i % len(labels)] for i in range(len(many))]))
    asked = [*again.held.texts, *ODD]
    said, chances = answer(again.graph, asked)
    np.testing.assert_allclose(chances, again.pipeline.predict_proba(asked), atol=1e-4)
    assert set(said) <= set(labels)


def test_answers_one_text_as_it_answers_many(trained: Trained) -> None:
    """The answer to a text does not depend on the texts beside it."""
    asked = [*trained.held.texts[:3], *ODD]
    many = answer(trained.graph, asked)[1]
    one = np.concatenate([answer(trained.graph, [text])[1] for text in asked])
    np.testing.assert_allclose(one, many, rtol=1e-4)


def test_does_not_care_for_capital_letters(trained: Trained) -> None:
    """Nor for the kind of white space."""
    chances = answer(trained.graph, ["peel some Äpfel", "PEEL\tsome\näPFEL"])[1]
    np.testing.assert_allclose(chances[0], chances[1], rtol=1e-5)


def test_takes_a_text_apart() -> None:
    """Into runs of characters; what the alphabet lacks belongs to none that is known."""
    alphabet = Alphabet(["ab"])
    assert alphabet.read("A b?") == "\x02a b\x00\x03"
    assert {"a", "ab", "\x02a", "b\x03"} <= set(alphabet.pieces("ab"))
    assert len(alphabet.pieces("ab")) == 4 + 3 + 2 + 1


def test_writes_a_bundle_that_describes_the_graph(trained: Trained, tmp_path: Path) -> None:
    """The form asks for what the graph takes, and the examples answer as they promise."""
    write(trained, tmp_path)
    described = json.loads((tmp_path / "interface.json").read_text(encoding="utf-8"))
    inputs = [value.name for value in trained.graph.graph.input]
    assert [field["input"] for field in described["fields"]] == inputs
    for example in described["examples"]:
        assert answer(trained.graph, [example["values"]["text"]])[0] == [example["expect"]]
    assert "{metrics}" not in (tmp_path / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("text,topic\nx,a\n", "no column label"),
        ("text,label\n" + "x,a\n" * 20, "two labels"),
        ("text,label\n" + "x,a\n" * 20 + "y,b\n" * 9, "9 texts of 'b'"),
    ],
)
def test_says_what_is_wrong_with_a_file(tmp_path: Path, content: str, reason: str) -> None:
    """And what there should be."""
    file = tmp_path / "texts.csv"
    with pytest.raises(WrongTexts, match="Put your texts there"):
        data.load(file)
    file.write_text(content)
    with pytest.raises(WrongTexts, match=reason):
        data.load(file)


def test_reads_a_file_of_a_spreadsheet(tmp_path: Path) -> None:
    """With a mark at its beginning, quotes, and rows that lack something."""
    file = tmp_path / "texts.csv"
    rows = "\ufefftext,label\n" + '"a, ""b""\nc",x\n' * 10 + "d,y\n" * 10 + "e,\n,y\n"
    file.write_text(rows, encoding="utf-8")
    read = data.load(file)
    assert len(read.texts) == 20 and read.texts[0] == 'a, "b"\nc'
