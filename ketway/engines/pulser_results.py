"""What an emulator found, as the document that a client downloads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from pulser.backend import Results

from ketway.engines.pulser_config import Config, bitstrings

FINAL = "bitstrings"  #: the tag whose value at the end is the job's counter


def document_of(results: Results, config: Config, seed: int) -> tuple[str, dict[str, int]]:
    """The document as JSON text, and the counter in it.

    Args:
        results: as the emulator returned them.
        config: what was asked; only its observables are kept, in its order.
        seed: of the draws made here.
    Raises:
        ArithmeticError: the emulator gave a value that is not a number.
    """
    found = json.loads(results.to_abstract_repr(skip_validation=True), parse_constant=not_a_number)
    chance = np.random.default_rng(seed)
    kept = only_asked(found, config)
    for tag, shots in bitstrings(config):
        if (uuid := kept["tagmap"].get(tag)) is not None:
            kept["results"][uuid] = [drawn(counter, shots, chance) for counter in kept["results"][uuid]]
    counter = final_counter(kept)
    document = {
        "counter": counter,
        "raw": in_some_order(counter, chance),
        "serialised_results": json.dumps(kept, allow_nan=False),
    }
    return json.dumps(document, allow_nan=False), counter


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
