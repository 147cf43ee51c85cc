"""Messages between a worker and its children: a length, then that many bytes of JSON.

Neither side decodes anything but JSON, and both know how long a message may be.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Annotated, Any

import msgspec

from ketway.domain.errors import BadField, Invalid, ProgramRefused, Refusal, ShotsOverLimit
from ketway.domain.tasks import Checked, Computed, Task

MAX_QUESTION = 256 * 2**20
MAX_ANSWER = 128 * 2**20
_LENGTH = struct.Struct("!I")
_MAX_SENTENCE = 4000


class TooLong(Exception):
    """The other side announces more than it may send."""


def packed(message: dict[str, Any]) -> bytes:
    body = msgspec.json.encode(message)
    return _LENGTH.pack(len(body)) + body


async def read(reader: asyncio.StreamReader, limit: int) -> dict[str, Any]:
    """
    Raises:
        TooLong, asyncio.IncompleteReadError, msgspec.DecodeError
    """
    (length,) = _LENGTH.unpack(await reader.readexactly(_LENGTH.size))
    if length > limit:
        raise TooLong
    return msgspec.json.decode(await reader.readexactly(length), type=dict[str, Any])


def receive(end: socket.socket, limit: int) -> dict[str, Any] | None:
    """Blocking twin of `read` for the child; None where the other side is gone."""
    head = _exactly(end, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    body = _exactly(end, length) if length <= limit else None
    return None if body is None else msgspec.json.decode(body, type=dict[str, Any])


def _exactly(end: socket.socket, number: int) -> bytes | None:
    parts = bytearray()
    while len(parts) < number:
        part = end.recv(min(number - len(parts), 2**20))
        if not part:
            return None
        parts += part
    return bytes(parts)


def task_out(task: Task) -> dict[str, Any]:
    return {
        "program": task.program,
        "shots": task.shots,
        "seed": task.seed,
        "max_shots": task.max_shots,
        "max_qubits": task.max_qubits,
        "parameters": dict(task.parameters),
        "configuration": task.configuration,
        "settings": dict(task.settings),
    }


def task_in(said: dict[str, Any]) -> Task:
    return Task(**said)


def computed_out(computed: Computed) -> dict[str, Any]:
    return {
        "document": computed.document,
        "counts": [dict(counts) for counts in computed.counts],
        "shots": computed.shots,
        "metadata": dict(computed.metadata),
    }


#: What every database holds.
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Computed(msgspec.Struct):
    document: str
    counts: list[dict[str, _Number]]
    shots: _Number
    metadata: dict[str, Any]


def computed_in(said: dict[str, Any]) -> Computed:
    """
    Raises:
        msgspec.ValidationError: not what `computed_out` makes, or nothing that a server could keep.
    """
    checked = msgspec.convert(said, _Computed)
    if _holds_nul(checked.counts) or _holds_nul(checked.metadata):
        raise msgspec.ValidationError("a text in it holds a NUL character")
    return Computed(
        document=checked.document,
        counts=checked.counts,
        shots=checked.shots,
        metadata=checked.metadata,
    )


def _holds_nul(value: object) -> bool:
    # Less the backslashes that stand for themselves, one before `u0000` is an escape.
    return b"\\u0000" in msgspec.json.encode(value).replace(b"\\\\", b"")


def checked_out(checked: Checked) -> dict[str, Any]:
    return {"qubits": checked.qubits}


class _Checked(msgspec.Struct):
    qubits: _Number


def checked_in(said: dict[str, Any]) -> Checked | Refusal:
    """
    Raises:
        msgspec.ValidationError: neither what `checked_out` makes nor a refusal.
    """
    if "refused" in said:
        return refusal_in(said["refused"])
    return Checked(qubits=msgspec.convert(said, _Checked).qubits)


def refusal_out(refusal: Refusal) -> dict[str, Any]:
    if isinstance(refusal, ShotsOverLimit):
        return {"kind": "shots", "asked": refusal.asked, "allowed": refusal.allowed}
    field = refusal.field if isinstance(refusal, ProgramRefused) else "program"
    return {"kind": "program", "why": str(refusal)[:_MAX_SENTENCE], "field": field[:40]}


def refusal_in(said: dict[str, Any]) -> Invalid:
    """The refusal an engine raised, from a short list; whatever else a child says is a sentence."""
    try:
        if said.get("kind") == "shots":
            return ShotsOverLimit(int(said["asked"]), int(said["allowed"]))
        return ProgramRefused(str(said["why"])[:_MAX_SENTENCE], field=str(said.get("field", "program"))[:40])
    except (KeyError, TypeError, ValueError):
        return BadField(("program",), "was refused without a reason")
