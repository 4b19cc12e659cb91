"""Takes texts apart into runs of characters, in Python to learn and in ONNX to serve.

Both must do the same, so what differs between machines is left out: lower case is a table of the
characters that the training has seen, and needs no locale where the graph runs.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from onnx import TensorProto, helper

LONGEST = 5
BEGIN, END, UNKNOWN = "\x02", "\x03", "\x00"


class Alphabet:
    """The characters of some texts, capital and small letters as one.

    The codes begin at 1; 0 is any character that is not known.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        """Collect the characters."""
        seen = {character for text in texts for character in text} | {" "}
        small = sorted({fold(character) for character in seen} | {BEGIN, END})
        self.codes = {character: code for code, character in enumerate(small, 1)}
        spellings = seen | {one.upper() for one in seen} | {"\t", "\n", "\r", BEGIN, END}
        self.table = {
            one: self.codes[fold(one)]
            for one in sorted(spellings)
            if len(one) == 1 and fold(one) in self.codes
        }

    def read(self, text: str) -> str:
        """Return a text as the graph sees it."""
        known = (fold(one) if one in self.table else UNKNOWN for one in text)
        return BEGIN + "".join(known) + END

    def pieces(self, text: str) -> list[str]:
        """Return all runs of 1 to LONGEST characters."""
        text = self.read(text)
        return [
            text[first : first + length]
            for length in range(1, LONGEST + 1)
            for first in range(len(text) - length + 1)
        ]


def fold(character: str) -> str:
    """Return the small letter, and one blank for every kind of it."""
    small = character.lower()
    return " " if character.isspace() else small if len(small) == 1 else character


def nodes(alphabet: Alphabet, known: Sequence[str], source: str, target: str) -> list[Any]:
    """Return the part of a graph that counts known pieces.

    Args:
        alphabet: of the texts that the pieces are of
        known: pieces, shorter ones first, in the order of the target's columns
        source: name of a tensor of texts [N, 1]
        target: name of the tensor of counts, float [N, len(known)]

    """
    pool: list[int] = []
    starts: list[int] = []
    for length in range(1, LONGEST + 1):
        starts.append(len(pool))
        for piece in known:
            if len(piece) == length:
                pool += [alphabet.codes[character] for character in piece]
    return [
        helper.make_node("StringConcat", ["begin", source], ["begun"]),
        helper.make_node("StringConcat", ["begun", "end"], ["marked"]),
        helper.make_node(
            "Tokenizer",
            ["marked"],
            ["characters"],
            domain="com.microsoft",
            mark=0,
            mincharnum=1,
            pad_value=UNKNOWN,
            separators=[""],
        ),
        helper.make_node(
            "LabelEncoder",
            ["characters"],
            ["codes"],
            domain="ai.onnx.ml",
            keys_strings=list(alphabet.table),
            values_int64s=list(alphabet.table.values()),
            default_int64=0,
        ),
        helper.make_node("Squeeze", ["codes", "second_axis"], ["rows"]),
        helper.make_node(
            "TfIdfVectorizer",
            ["rows"],
            [target],
            mode="TF",
            min_gram_length=1,
            max_gram_length=LONGEST,
            max_skip_count=0,
            ngram_counts=starts,
            ngram_indexes=list(range(len(known))),
            pool_int64s=pool,
        ),
    ]


def constants() -> list[Any]:
    """Return the constants that the nodes refer to."""
    return [
        helper.make_tensor("begin", TensorProto.STRING, [1], [BEGIN]),
        helper.make_tensor("end", TensorProto.STRING, [1], [END]),
        helper.make_tensor("second_axis", TensorProto.INT64, [1], [1]),
    ]
