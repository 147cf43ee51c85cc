"""The loop that somebody writes who has Pulser alone: reads a sequence and values, says what it took.

A program of its own, because ketway's engine spares Pulser work in the process that it is loaded into.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import pulser
from pulser_simulation import QutipBackendV2


def main() -> None:
    said = json.load(sys.stdin)
    sequence = pulser.Sequence.from_abstract_repr(said["sequence"])
    begun, used = time.perf_counter(), time.process_time()
    for variables in said["values"]:
        results = QutipBackendV2(sequence.build(**variables), config=_config(said["shots"])).run()
        json.dumps(results.final_bitstrings)
    print(json.dumps({"seconds": time.perf_counter() - begun, "processor_s": time.process_time() - used}))


def _config(shots: int) -> Any:
    return pulser.backend.EmulationConfig(
        observables=[pulser.backend.BitStrings(num_shots=shots)], default_num_shots=shots
    )


if __name__ == "__main__":
    main()
