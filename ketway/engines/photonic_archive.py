"""Perceval's newer form of text, `pcvlar ...`: a list of objects that name each other by number.

Its own reader makes any registered class, connections to other clouds among them, and sets whatever
attributes it is told. Here the classes that a computation is made of are read, and nothing is made.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ketway.domain.errors import ProgramRefused
from ketway.engines import photonic_texts

HEADER, ZIPPED = "pcvlar", "pcvlar:zip:"
VERSION = 0
MAX_OBJECTS = 50_000
MAX_DEPTH = 20


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """A protobuf message, not yet looked at."""

    data: bytes


@dataclass(frozen=True, kw_only=True)
class Thing:
    """An object of a class, as the names and values of its attributes."""

    tag: str
    has: Mapping[str, Any]


def value_in(text: Any, what: str) -> Any:
    """The one object that such a text holds.

    Returns:
        JSON values, tuples as lists; `Experiment`; `Thing` for computations and noise; states and
        post-selections as the older texts `:PCVL:TAG:body`.
    Raises:
        ProgramRefused
    """
    if not isinstance(text, str) or not text.startswith(HEADER):
        raise ProgramRefused(f"The {what} should be a text as Perceval serializes it.")
    if len(text) > photonic_texts.MAX_CHARS:
        raise ProgramRefused(
            f"The {what} has {len(text)} characters, at most {photonic_texts.MAX_CHARS} allowed."
        )
    if text.startswith(ZIPPED):
        text = HEADER + photonic_texts.inflated(text.removeprefix(ZIPPED), what)
    try:
        return _Archive(text).root()
    except (ValueError, LookupError, RecursionError, binascii.Error) as error:
        raise ProgramRefused(f"The {what} is not what Perceval serializes: {error}"[:300]) from error


class _Words:
    """Goes through the text forward, and no other way."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def __bool__(self) -> bool:
        return self.at < len(self.text)

    def word(self) -> str:
        end = self.text.find(" ", self.at)
        end = len(self.text) if end == -1 else end
        found = self.text[self.at : end]
        self.at = end + 1
        return found

    def number(self) -> int:
        word = self.word()
        if not word.isdecimal() or len(word) > 9:
            raise ValueError(f"{word[:20]!r} where a number should be")
        return int(word)

    def take(self, length: int) -> str:
        end = self.at + length
        if end > len(self.text):
            raise ValueError("it ends too early")
        found = self.text[self.at : end]
        self.at = end + 1
        return found

    def string(self) -> str:
        return self.take(self.number())

    def numbers(self) -> list[int]:
        return [self.number() for _ in range(min(self.number(), MAX_OBJECTS))]

    def pairs(self) -> list[tuple[int, int]]:
        return [(self.number(), self.number()) for _ in range(min(self.number(), MAX_OBJECTS))]

    def members(self) -> list[tuple[str, int]]:
        self.number()  # the version of the class
        return [(self.word(), self.number()) for _ in range(min(self.number(), MAX_OBJECTS))]


def _whole(words: _Words) -> int:
    word = words.word()
    if len(word) > 20:
        raise ValueError("a number of more than 20 digits")
    return int(word)


_OBJECTS = ("Computation", "ComputationIterator", "Command", "NoiseModel")
_TEXTS = (*photonic_texts.STATES, "StateVector", "SVDistribution", "PostSelect")
#: How each class is written.
_READ: dict[str, Callable[[_Words], Any]] = {
    "None": lambda words: words.take(0),
    "bool": lambda words: {"T": True, "F": False}[words.take(1)],
    "int": _whole,
    "float": lambda words: float(words.word()),
    "str": _Words.string,
    "type": _Words.string,
    "Experiment": lambda words: base64.b64decode(words.string(), validate=True),
    **dict.fromkeys(("list", "tuple", "set"), _Words.numbers),
    "dict": _Words.pairs,
    **dict.fromkeys(_TEXTS, _Words.string),
    **dict.fromkeys(_OBJECTS, _Words.members),
}


class _Archive:
    def __init__(self, text: str) -> None:
        words = _Words(text)
        if words.word() != HEADER or words.number() != VERSION:
            raise ProgramRefused(
                "The text was written by another version of Perceval than is installed here."
            )
        roots = words.numbers()
        self.objects: list[tuple[str, Any]] = []
        while words:
            tag = words.word()
            if tag not in _READ or len(self.objects) == MAX_OBJECTS:
                raise ProgramRefused(f"The text holds a {tag[:40]!r}, which is not taken here.")
            self.objects.append((tag, _READ[tag](words)))
        if len(roots) != 1:
            raise ValueError("it should hold one object")
        self._root = roots[0]
        self._left = 4 * MAX_OBJECTS

    def root(self) -> Any:
        return self._value(self._root, 0)

    def _value(self, index: int, depth: int) -> Any:
        self._left -= 1
        if depth > MAX_DEPTH or self._left < 0:
            raise ValueError("its objects are nested too deeply")
        tag, found = self.objects[index]

        def inner(number: int) -> Any:
            return self._value(number, depth + 1)

        if tag == "None":
            return None
        if tag == "Experiment":
            return Experiment(data=found)
        if tag in ("list", "tuple", "set"):
            return [inner(number) for number in found]
        if tag == "dict":
            return {str(inner(key)): inner(number) for key, number in found}
        if tag in _OBJECTS:
            return Thing(tag=tag, has={name: inner(number) for name, number in found})
        if tag in _TEXTS:
            return f"{photonic_texts.PREFIX}{tag}:{found}"
        return found
