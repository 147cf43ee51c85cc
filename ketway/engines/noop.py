"""An engine that computes nothing: every shot reads 0. For measuring the queue around it."""

from __future__ import annotations

import json

import ketway
from ketway.domain.errors import ShotsOverLimit
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.engine import Progress


class Noop:
    name = "noop"
    version = ketway.__version__

    def check(self, task: Task) -> Checked:
        if (task.shots or 1) > task.max_shots:
            raise ShotsOverLimit(task.shots or 1, task.max_shots)
        return Checked(qubits=1)

    def run(self, task: Task, on_progress: Progress) -> Computed:
        self.check(task)
        shots = task.shots or 1
        return Computed(
            document=json.dumps({"counter": {"0": shots}}),
            counts=[{"0": shots}],
            shots=shots,
            metadata={
                "engine": self.name,
                "version": self.version,
                "seed": task.seed,
                "seconds": 0.0,
                "qubits": 1,
            },
        )


ENGINE = Noop()
