"""An engine that naps: a millisecond a shot, so that there is a middle to be killed in; some of its results
are large enough to need a file."""

from __future__ import annotations

import json
import time

from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.engine import Progress

_STEPS = 10
#: Shots that end in this digit leave a large document.
_LARGE = 7
_LARGE_BYTES = 300_000


class Napping:
    name = "napping"
    version = "1"

    def check(self, task: Task) -> Checked:
        return Checked(qubits=1)

    def run(self, task: Task, on_progress: Progress) -> Computed:
        shots = task.shots or 1
        for step in range(_STEPS):
            time.sleep(shots / 1000 / _STEPS)
            on_progress(100 * (step + 1) // _STEPS)
        padding = "0" * (_LARGE_BYTES if shots % 10 == _LARGE else 10)
        return Computed(
            document=json.dumps({"counter": {"0": shots}, "padding": padding}),
            counts=[{"0": shots}],
            shots=shots,
            metadata={"engine": self.name, "version": self.version, "seed": task.seed},
        )


ENGINE = Napping()
