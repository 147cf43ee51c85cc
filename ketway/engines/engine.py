"""The one protocol behind which every emulator stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from ketway.domain.tasks import Checked, Computed, Task

Progress = Callable[[int], None]  #: told 0..100, never decreasing
Heard = Callable[[bool], None]  #: told whether it is kept; a no is final


def unheard(is_kept: bool) -> None:
    """Nobody waits for what is kept."""


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


class Keeper(Engine, Protocol):
    """An engine that keeps what it computed, and draws from it for tasks that differ in shots and seed
    alone."""

    def run(self, task: Task, on_progress: Progress, on_kept: Heard = unheard) -> Computed:
        """As an engine's.

        Args:
            on_kept: told before it computes whether that will be kept for others, and again when it turns
                out that it cannot be.
        """
