"""The texts in which Perceval writes things down, opened with bounds.

`:PCVL:TAG:body`, where the body is base64 of a protobuf message or a form of its own, and
`:PCVL:zip:...`, the same deflated. Perceval's own reader inflates without a ceiling.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Mapping
from typing import Any

from ketway.domain.errors import ProgramRefused

PREFIX, ZIPPED = ":PCVL:", ":PCVL:zip:"
#: Of one thing, before and after it is inflated.
MAX_CHARS = 8 << 20
MAX_STATE_CHARS = 200_000
MAX_TERMS = 1_000
MAX_CONDITION_CHARS = 2_000
MAX_BRACKETS = 20
MAX_NOISE_CHARS = 2_000

STATES = ("BasicState", "FockState", "NoisyFockState", "AnnotatedFockState")
STATE = re.compile(r"\|[0-9{}_:A-Z.(), ]{0,4000}>")
NUMBER = r"-?\d[\d.]{0,40}(?:e-?\d{1,3})?"
TERM = re.compile(rf"\({NUMBER},{NUMBER}\)\*({STATE.pattern})")
CONDITION = re.compile(r"[\[\]0-9,=<>!&|^()\sA-Za-z]*")
MODE_LIST = re.compile(r"\[([^\]]*)\]")


def opened(text: Any, what: str) -> tuple[str, str]:
    """The tag and the body.

    Raises:
        ProgramRefused: not such a text, too large, or from a Perceval that writes otherwise.
    """
    if not isinstance(text, str):
        raise ProgramRefused(f"The {what} should be a text as Perceval serializes it.")
    if len(text) > MAX_CHARS:
        raise ProgramRefused(f"The {what} has {len(text)} characters, at most {MAX_CHARS} allowed.")
    if text.startswith("pcvlar"):
        raise ProgramRefused(f"The {what} is in a form of another version of Perceval.")
    if not text.startswith(PREFIX):
        raise ProgramRefused(f"The {what} should begin with {PREFIX!r}, as Perceval serializes it.")
    if text.startswith(ZIPPED):
        text = inflated(text.removeprefix(ZIPPED), what)
    tag, colon, body = text.removeprefix(PREFIX).partition(":")
    if not text.startswith(PREFIX) or not colon:
        raise ProgramRefused(f"The {what} is not what Perceval serializes.")
    return tag, body


def inflated(text: str, what: str) -> str:
    """Undo base64 and zlib; stops at the ceiling."""
    try:
        inflater = zlib.decompressobj()
        data = inflater.decompress(base64.b64decode(text, validate=True), MAX_CHARS + 1)
        if len(data) > MAX_CHARS:
            raise ProgramRefused(f"The {what} is larger than {MAX_CHARS} bytes once it is inflated.")
        if not inflater.eof:
            raise ProgramRefused(f"The {what} ends too early; send it whole.")
        return data.decode()
    except (binascii.Error, ValueError, zlib.error) as error:
        raise ProgramRefused(f"The {what} cannot be inflated: {error}"[:300]) from error


def binary(text: Any, tag: str, what: str) -> bytes:
    """The bytes of a protobuf message with that tag."""
    found, body = opened(text, what)
    if found != tag:
        raise ProgramRefused(f"The {what} is a {found[:40]!r}; {tag!r} is wanted, or another version of it.")
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProgramRefused(f"The {what} is not base64: {error}"[:300]) from error


def state(text: Any) -> str:
    """An input state, checked and written plainly: `:PCVL:TAG:body`."""
    tag, body = opened(text, "input state")
    return state_of(tag, body)


def state_of(tag: str, body: str) -> str:
    """
    Raises:
        ProgramRefused
    """
    if len(body) > MAX_STATE_CHARS:
        raise ProgramRefused(f"An input state of {len(body)} characters, at most {MAX_STATE_CHARS} allowed.")
    checks: dict[str, Callable[[str], bool]] = {
        "StateVector": _is_vector,
        "SVDistribution": _is_distribution,
    } | dict.fromkeys(STATES, lambda text: STATE.fullmatch(text) is not None)
    if tag not in checks:
        raise ProgramRefused(f"The input state is a {tag[:40]!r}, which is no state known here.")
    if not checks[tag](body):
        raise ProgramRefused(f"The input state cannot be read: {body[:60]!r}.")
    return f"{PREFIX}{'BasicState' if tag in STATES else tag}:{body}"


def _is_vector(text: str) -> bool:
    terms = text.split("+")
    return len(terms) <= MAX_TERMS and all(TERM.fullmatch(term) for term in terms)


def _is_distribution(text: str) -> bool:
    if not (text.startswith("{") and text.endswith("}")):
        return False
    entries = [entry.rpartition("=") for entry in text[1:-1].split(";")]
    return len(entries) <= MAX_TERMS and all(
        _is_vector(vector) and re.fullmatch(NUMBER, odds) for vector, _, odds in entries
    )


def condition(text: Any) -> str:
    """A post-selection, checked and written plainly."""
    tag, body = opened(text, "post-selection")
    if tag != "PostSelect":
        raise ProgramRefused(f"The post-selection is a {tag[:40]!r}, which is none.")
    return condition_of(body)


def condition_of(body: str) -> str:
    """
    Raises:
        ProgramRefused: what the parser in C++ would take too much to heart.
    """
    if len(body) > MAX_CONDITION_CHARS:
        raise ProgramRefused(
            f"A post-selection of {len(body)} characters, at most {MAX_CONDITION_CHARS} allowed."
        )
    deepest = depth = 0
    for character in body:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    if deepest > MAX_BRACKETS or not CONDITION.fullmatch(body):
        raise ProgramRefused(f"The post-selection cannot be read: {body[:60]!r}.")
    return f"{PREFIX}PostSelect:{body}"


def modes_of(condition: str) -> set[int]:
    """The modes that a post-selection looks at."""
    lists = (found[1] for found in MODE_LIST.finditer(condition))
    return {int(mode) for modes in lists for mode in modes.split(",") if mode.strip().isdecimal()}


#: What a noise model may say, and the most of each.
NOISE = {
    "brightness": 1.0,
    "indistinguishability": 1.0,
    "g2": 1.0,
    "transmittance": 1.0,
    "phase_imprecision": 7.0,
    "phase_error": 3.141592653589794,
}


def noise(text: Any) -> Mapping[str, float | bool]:
    """A noise model."""
    tag, body = opened(text, "noise model")
    if tag != "NoiseModel" or len(body) > MAX_NOISE_CHARS:
        raise ProgramRefused("The noise model is not what Perceval serializes.")
    try:
        return noise_of(json.loads(body))
    except (ValueError, RecursionError) as error:
        raise ProgramRefused(f"The noise model is not JSON: {error}"[:300]) from error


def noise_of(said: Any) -> Mapping[str, float | bool]:
    """
    Raises:
        ProgramRefused
    """
    if not isinstance(said, Mapping):
        raise ProgramRefused("The noise model should be an object of numbers.")
    for name, number in said.items():
        if name == "g2_distinguishable" and isinstance(number, bool):
            continue
        if name not in NOISE:
            raise ProgramRefused(f"The noise model says {str(name)[:40]!r}, which is not known here.")
        if type(number) not in (int, float) or not 0 <= number <= NOISE[name]:
            raise ProgramRefused(f"{name} of the noise model should be from 0 to {NOISE[name]:g}.")
    return dict(said)
