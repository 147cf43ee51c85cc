"""What an emulator found, as the document that a client downloads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np
from pulser.backend import Results

from ketway.domain.tasks import Task
from ketway.engines.pulser_config import Config, bitstrings, configuration_text
from ketway.engines.pulser_program import unpack

FINAL = "bitstrings"  #: the tag whose value at the end is the job's counter


class Form(Enum):
    """Which parts the document has; the clients of each way to ask read others."""

    BARE = ("counter", "raw", "serialised_results")
    WRAPPED = ("counter",)
    #: They look for `tagmap` at the top of the document too, and then fail on what they found.
    CONFIGURED = ("counter", "serialised_results")


def form_for(task: Task) -> Form:
    """The form in which a task's answer is read, told by how its program was sent."""
    payload = unpack(task.program)
    if not payload.is_wrapped:
        return Form.BARE
    return Form.WRAPPED if configuration_text(task) is None else Form.CONFIGURED


def read(results: Results) -> dict[str, Any]:
    """What an emulator returned, as JSON values.

    Raises:
        ArithmeticError: it gave a value that is not a number.
    """
    found: dict[str, Any] = json.loads(
        results.to_abstract_repr(skip_validation=True), parse_constant=not_a_number
    )
    return found


def document_of(
    found: Mapping[str, Any], config: Config, seed: int, form: Form
) -> tuple[str, dict[str, int]]:
    """The document as JSON text, and the counter in it.

    Args:
        found: as `read` gives it.
        config: what was asked; only its observables are kept, in its order.
        seed: of the draws made here.
        form: the parts that are told.
    """
    chance = np.random.default_rng(seed)
    kept = only_asked(found, config)
    for tag, shots in bitstrings(config):
        if (uuid := kept["tagmap"].get(tag)) is not None:
            kept["results"][uuid] = [drawn(counter, shots, chance) for counter in kept["results"][uuid]]
    counter = final_counter(kept)
    parts = {
        "counter": counter,
        "raw": in_some_order(counter, chance),
        "serialised_results": json.dumps(kept, allow_nan=False),
    }
    return json.dumps({part: parts[part] for part in form.value}, allow_nan=False), counter


def not_a_number(constant: str) -> None:
    raise ArithmeticError(f"The emulation gave {constant}; a smaller step or other settings may help.")


def only_asked(found: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Leave out what nobody asked for: emu-sv and emu-mps add statistics with seconds and memory."""
    tags = [observable.tag for observable in config.observables if observable.tag in found["tagmap"]]
    uuids = [found["tagmap"][tag] for tag in tags]
    by_uuid = {
        name: {uuid: found[name][uuid] for uuid in uuids}
        for name in ("results", "times", "aggregation_methods")
    }
    return {
        "atom_order": found["atom_order"],
        "total_duration": found["total_duration"],
        "tagmap": dict(zip(tags, uuids, strict=True)),
        **by_uuid,
    }


def drawn(counter: Mapping[str, int], shots: int, chance: np.random.Generator) -> dict[str, int]:
    """As many shots as were asked, without putting back.

    A run over several trajectories samples all shots on each of them.
    """
    strings = sorted(counter)
    counts = [counter[string] for string in strings]
    if sum(counts) > shots:
        counts = chance.multivariate_hypergeometric(counts, shots, method="marginals").tolist()
    return {string: count for string, count in zip(strings, counts, strict=True) if count}


def final_counter(kept: Mapping[str, Any]) -> dict[str, int]:
    uuid = kept["tagmap"].get(FINAL)
    if uuid is None or 1.0 not in kept["times"][uuid]:
        return {}
    return dict(kept["results"][uuid][kept["times"][uuid].index(1.0)])


def in_some_order(counter: Mapping[str, int], chance: np.random.Generator) -> list[str]:
    """One bitstring for each shot; emulators only count, so the order is a seeded shuffle."""
    strings = list(counter)
    order = np.repeat(np.arange(len(strings)), list(counter.values()))
    return [strings[index] for index in chance.permutation(order)]
