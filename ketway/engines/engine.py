"""The one protocol behind which every emulator stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ketway.domain.tasks import Checked, Computed, Task

Progress = Callable[[int], None]  #: told 0..100, never decreasing


class Engine(Protocol):
    """Runs one program at a time, in one thread, in a process of its own."""

    name: str
    version: str  #: of the emulator's distribution

    def check(self, task: Task) -> Checked:
        """Parse and validate without running.

        Raises:
            ProgramRefused, ShotsOverLimit: with a sentence for the person who wrote the program.
        """

    def run(self, task: Task, on_progress: Progress) -> Computed:
        """Compute. The same task with the same seed gives the same shots.

        Raises:
            ProgramRefused, ShotsOverLimit: as `check`; anything else is a fault of the engine.
        """
