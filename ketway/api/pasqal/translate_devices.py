"""Between the dialect and the core: devices."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ketway.api.pasqal import wire
from ketway.api.pasqal.translate import DOOR
from ketway.domain.errors import BadField
from ketway.domain.platforms import Platform, platform_id
from ketway.domain.priorities import Priority
from ketway.services.listing import Load
from ketway.services.platforms import Offer

_NOT_SHOWN_IN_QUEUES = ("complete", "priority", "webhook")


def device(offer: Offer, mean_wait_s: float) -> dict[str, Any]:
    """
    Args:
        mean_wait_s: of the jobs that were started on it in the last hour.
    """
    platform = offer.platform
    said = json.loads(platform.specs) if platform.specs else {}
    return {
        "id": str(platform.id),
        "name": platform.name,
        "device_type": platform.name,
        "status": "DOWN" if offer.is_down else "UP",
        "availability": "ACTIVE" if offer.is_served else "INACTIVE",
        "active": offer.is_served,
        "status_message": _message(offer),
        "average_queue_time": round(mean_wait_s, 3),
        "max_atom_num": said.get("max_atom_num") or platform.max_qubits,
        "channels": [channel["id"] for channel in said.get("channels", [])],
        # Everything here is computed; what behaves like a machine says so in its description.
        "is_emulator": not platform.is_exclusive,
        "allowed_result_types": ["counter"],
        "default_result_types": ["counter"],
        "description": platform.description,
        "bill_usage": False,
        "has_execution_logs": False,
        "public": is_public(platform),
    }


def is_public(platform: Platform) -> bool:
    """Shown to whoever has not logged in."""
    return bool(platform.shown[DOOR].get("public", True))


def specs(platform: Platform) -> dict[str, Any]:
    return {"device_type": platform.name, "specs": platform.specs}


def queues(waiting: Mapping[Priority, Load]) -> list[dict[str, Any]]:
    """Every class, in the order in which they are served."""
    nothing = Load(batches=0, jobs=0, shots=0)
    return [
        {
            "queue": priority.name,
            "number_of_batches": load.batches,
            "number_of_jobs": load.jobs,
            "number_of_shots": load.shots,
        }
        for priority in Priority
        if (load := waiting.get(priority, nothing))
    ]


def queued(batch: Mapping[str, Any]) -> dict[str, Any]:
    """A batch as the queue has it."""
    return {name: value for name, value in batch.items() if name not in _NOT_SHOWN_IN_QUEUES}


def new_platform(said: wire.CreateDevice) -> Platform:
    """
    Raises:
        BadField: specs that no client could read.
    """
    described = must_be_specs(said.specs)
    return Platform(
        id=platform_id(said.device_type),
        name=said.device_type,
        engine=said.engine,
        description=f"Added by the operator of this server; run by {said.engine}.",
        is_exclusive=not said.is_emulator,
        max_qubits=_whole(described, "max_atom_num", 20),
        max_shots=_whole(described, "max_runs", 100_000),
        specs=said.specs,
        shown={DOOR: {"public": said.active}},
    )


def must_be_specs(text: str) -> Mapping[str, Any]:
    """
    Raises:
        BadField: not the abstract representation of a device.
    """
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict) or not isinstance(read.get("name"), str) or not _has_channels(read):
        raise BadField(("body", "specs"), "is not the abstract representation of a Pulser device", "format")
    return read


def _has_channels(described: Mapping[str, Any]) -> bool:
    channels = described.get("channels")
    return isinstance(channels, list) and all(
        isinstance(channel, dict) and isinstance(channel.get("id"), str) for channel in channels
    )


def _whole(described: Mapping[str, Any], key: str, otherwise: int) -> int:
    value = described.get(key)
    if value is None:
        return otherwise
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value < 2**31:
        raise BadField(("body", "specs"), f"has a {key} that is no sensible number")
    return value


def _message(offer: Offer) -> str:
    if offer.is_down:
        return f"Held by the operator; what is sent waits. {offer.why}".rstrip()
    if not offer.is_served:
        return f"No worker with the engine {offer.platform.engine} is connected; what is sent waits for one."
    return ""
