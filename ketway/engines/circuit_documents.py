"""The document that a circuit job carries, opened with bounds on everything.

Three generations of clients write it differently; what comes out is one `Document`.
Source: contracts/scaleway.md, section 4. `qio` reads the last generation too, but inflates
without a ceiling, so nothing of it is used here.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from ketway.domain.errors import ProgramRefused


class Generation(Enum):
    """How the document was written, which decides how the answer is."""

    BARE = "a text in OpenQASM, no document around it"
    RUN = "run.circuits: G1 and G2"
    PROGRAMS = "programs: G3"


class Language(Enum):
    OPENQASM_1 = "OpenQASM 1"
    OPENQASM_2 = "OpenQASM 2"
    OPENQASM_3 = "OpenQASM 3"
    QIR = "QIR"
    CIRQ = "Cirq JSON"
    PERCEVAL = "Perceval JSON"
    PULSER = "Pulser JSON"


@dataclass(frozen=True, kw_only=True)
class Circuit:
    language: Language
    text: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """What a job really holds.

    Args:
        shots, run_options: from the document itself; G3 keeps them beside it instead.
        options: the simulator's, nulls dropped, otherwise as sent.
        noise: Aer's dictionary form as JSON gives it, arrays still written as objects; unchecked.
        user_agent: of the client; None where there is no `client` block.
    """

    generation: Generation
    circuits: tuple[Circuit, ...]
    shots: int | None = None
    run_options: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    noise: Mapping[str, Any] | None = None
    user_agent: str | None = None
    backend_name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Args:
    inflated_bytes: of all circuits and the noise model together.
    circuit_chars: of one circuit.
    depth: of JSON inside JSON arrays and objects.
    wrappings: times that a text may be JSON in a string in JSON.
    """

    document_chars: int = 64 << 20
    inflated_bytes: int = 16 << 20
    circuits: int = 1_000
    circuit_chars: int = 8 << 20
    depth: int = 64
    wrappings: int = 4


#: Codes of G3. Older clients number differently, so a text that says what it is comes first.
LANGUAGES = dict(enumerate(Language, start=1))
NO_COMPRESSION, ZLIB = (None, 0, 1), 2
VERSION = re.compile(r"(?:\s|//[^\n]*(?:\n|$)|/\*.*?\*/)*+OPENQASM\s+(\d+)", re.DOTALL)
#: Strings are swallowed whole, an unended one too, so that the scan stays linear.
BRACKET = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


def document_of(text: str, limits: Limits = Limits()) -> Document:
    """Open a job's program.

    Raises:
        ProgramRefused: anything about it that is not right, with what to change.
    """
    if len(text) > limits.document_chars:
        raise ProgramRefused(
            f"A document of {len(text)} characters, at most {limits.document_chars} allowed."
        )
    document = text if VERSION.match(text) else unwrap(text, "document", limits)
    if isinstance(document, str):
        return Document(generation=Generation.BARE, circuits=(Opener(limits).circuit(document, None),))
    if not isinstance(document, dict):
        raise ProgramRefused("The program is neither OpenQASM nor a JSON object that holds circuits.")
    if "programs" in document:
        return third_generation(document, limits)
    if isinstance(document.get("run"), dict) and "circuits" in document["run"]:
        return earlier_generation(document, limits)
    if "sequence" in document:
        raise ProgramRefused("This is a Pulser sequence; send it to a platform that runs pulses.")
    if "cirq_type" in document:
        return Document(generation=Generation.BARE, circuits=(Opener(limits).circuit(text, None),))
    raise ProgramRefused("The document holds no circuits: `programs` or `run.circuits` is missing.")


def third_generation(document: Mapping[str, Any], limits: Limits) -> Document:
    opener = Opener(limits)
    circuits = []
    for position, program in enumerate(entries(document["programs"], "programs", limits)):
        text = opener.text(program, "serialization", f"programs[{position}]")
        circuits.append(opener.circuit(text, program.get("serialization_format")))
    noise = document.get("noise_model")
    if noise is not None:
        noise = opener.noise(block(document, "noise_model"), "serialization", compressed_if=ZLIB)
    return Document(
        generation=Generation.PROGRAMS, circuits=tuple(circuits), noise=noise, **surroundings(document)
    )


def earlier_generation(document: Mapping[str, Any], limits: Limits) -> Document:
    opener = Opener(limits)
    run = document["run"]
    circuits = []
    for position, entry in enumerate(entries(run["circuits"], "run.circuits", limits)):
        text = opener.text(entry, "circuit_serialization", f"run.circuits[{position}]")
        code = entry.get("serialization_format", entry.get("serialization_type"))
        circuits.append(opener.circuit(text, code))
    noise = document.get("noise_model")
    if noise is not None:
        noise = opener.noise(block(document, "noise_model"), "noise_model_serialization", compressed_if=2)
    options = given(block(run, "options"))
    shots = options.pop("shots", None)
    if shots is not None and type(shots) is not int:
        raise ProgramRefused("run.options.shots should be a whole number.", "shots")
    return Document(
        generation=Generation.RUN,
        circuits=tuple(circuits),
        shots=shots,
        run_options=options,
        noise=noise,
        **surroundings(document),
    )


def surroundings(document: Mapping[str, Any]) -> dict[str, Any]:
    client, backend = block(document, "client"), block(document, "backend")
    agent = None if document.get("client") is None else str(client.get("user_agent") or "")
    name = backend.get("name")
    return {
        "options": given(block(backend, "options")),
        "user_agent": agent,
        "backend_name": name[:200] if isinstance(name, str) else None,
    }


def block(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = document.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ProgramRefused(f"`{name}` should be a JSON object.")
    return found


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """Clients send every option they know, as null where the user said nothing."""
    return {name: value for name, value in options.items() if value is not None}


def entries(found: Any, where: str, limits: Limits) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not found or not all(isinstance(entry, dict) for entry in found):
        raise ProgramRefused(f"`{where}` should be a list with one JSON object for each circuit.")
    if len(found) > limits.circuits:
        raise ProgramRefused(f"{len(found)} circuits in one job, at most {limits.circuits} allowed.")
    return found


def unwrap(text: str, what: str, limits: Limits) -> Any:
    """Decode JSON; again, as long as what comes out is a string itself, and not OpenQASM."""
    value: Any = text
    for _ in range(limits.wrappings):
        if depth_of(value) > limits.depth:
            raise ProgramRefused(f"The {what} is nested more than {limits.depth} levels deep.")
        try:
            value = json.loads(value)
        except ValueError as error:
            raise ProgramRefused(f"The {what} is not JSON: {error}"[:300]) from error
        if not isinstance(value, str) or VERSION.match(value):
            return value
    raise ProgramRefused(f"The {what} is JSON in a string more than {limits.wrappings} times over.")


def depth_of(text: str) -> int:
    """Of JSON, without parsing it."""
    deepest = depth = 0
    for found in BRACKET.finditer(text):
        if found[0] in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif found[0] in "]}":
            depth -= 1
    return deepest


class Opener:
    """Opens the parts of one document, which share one allowance of bytes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.inflated_bytes

    def text(self, part: Mapping[str, Any], key: str, where: str) -> str:
        found, code = part.get(key), part.get("compression_format")
        if not isinstance(found, str) or not found.strip():
            raise ProgramRefused(f"`{key}` of {where} should be a text.")
        if code not in (*NO_COMPRESSION, ZLIB) or isinstance(code, bool):
            raise ProgramRefused(f"compression_format of {where} should be 1 (none) or 2 (zlib in base64).")
        if code == ZLIB and not readable(found):
            return self.inflated(found, where)
        return self.spent(found, where)

    def circuit(self, text: str, code: Any) -> Circuit:
        if len(text) > self.limits.circuit_chars:
            raise ProgramRefused(
                f"A circuit of {len(text)} characters, at most {self.limits.circuit_chars} allowed."
            )
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in set(text)):
            raise ProgramRefused("A circuit holds characters that no text may hold.")
        return Circuit(language=language_of(text, code), text=text)

    def noise(self, part: Mapping[str, Any], key: str, compressed_if: int) -> Mapping[str, Any]:
        """The noise model as JSON gives it; G2 says in the format's number whether it is compressed."""
        found = part.get(key)
        if not isinstance(found, str):
            raise ProgramRefused(f"`{key}` of the noise model should be a text.")
        code = part.get("compression_format", part.get("serialization_format"))
        if code == compressed_if and not readable(found):
            found = self.inflated(found, "the noise model")
        else:
            found = self.spent(found, "the noise model")
        model = unwrap(found, "noise model", self.limits)
        if not isinstance(model, dict):
            raise ProgramRefused("The noise model should be a JSON object, as NoiseModel.to_dict gives it.")
        return model

    def inflated(self, text: str, where: str) -> str:
        """Undo base64 and zlib; stops as soon as the allowance is spent."""
        try:
            packed = base64.b64decode("".join(text.split()), validate=True)
            # 47: zlib, and gzip for clients that call it so.
            inflater = zlib.decompressobj(wbits=47)
            data = inflater.decompress(packed, self.left + 1)
            if len(data) > self.left:
                raise self.too_large()
            if not inflater.eof:
                raise ProgramRefused(f"The compressed text of {where} ends too early; send it whole.")
            self.left -= len(data)
            return data.decode()
        except (binascii.Error, ValueError, zlib.error) as error:
            raise ProgramRefused(f"{where} should be UTF-8 text, zlib, base64: {error}"[:300]) from error

    def spent(self, text: str, where: str) -> str:
        self.left -= len(text)
        if self.left < 0:
            raise self.too_large()
        return text

    def too_large(self) -> ProgramRefused:
        return ProgramRefused(
            f"The circuits are larger than {self.limits.inflated_bytes} bytes altogether once decompressed; "
            "send fewer in one job."
        )


def readable(text: str) -> bool:
    """Already what it should become, whatever the number beside it says."""
    return text.lstrip().startswith(("{", "OPENQASM", "//"))


def language_of(text: str, code: Any) -> Language:
    """The text's own word, else the number's.

    Raises:
        ProgramRefused: neither says anything known.
    """
    said = LANGUAGES.get(code) if type(code) is int else None
    if found := VERSION.match(text):
        try:
            return Language(f"OpenQASM {int(found[1][:4])}")
        except ValueError:
            raise ProgramRefused(f"OpenQASM {found[1][:4]} is not known; send version 2 or 3.") from None
    if text.lstrip().startswith("{"):
        return said if said in (Language.PERCEVAL, Language.PULSER) else Language.CIRQ
    if text.lstrip().startswith(":PCVL:"):
        return Language.PERCEVAL
    if said is not None and said is not Language.CIRQ:
        return said
    raise ProgramRefused("A circuit is in no format known here; send OpenQASM, beginning `OPENQASM 3.0;`.")
