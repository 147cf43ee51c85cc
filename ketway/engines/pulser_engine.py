"""What the engines that run Pulser sequences have in common."""

from __future__ import annotations

import logging
import random
import re
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from math import log2
from typing import Any, Protocol

import numpy as np
from pulser.backend import Results

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.engine import Heard, Progress, unheard
from ketway.engines.kept import Kept, Weighed, told
from ketway.engines.pulser_config import Config, Rules, configure, needs_density_matrix
from ketway.engines.pulser_evolved import Evolved, evolve, is_noiseless, key_for
from ketway.engines.pulser_machine import build_on, machine_of
from ketway.engines.pulser_program import Sequence, build, fits, listed, message_of
from ketway.engines.pulser_results import document_of, form_for, read

PULSER = metadata.version("pulser-core")
STEP = re.compile(r"step = (\d+)/(\d+)")


class Emulator(Protocol):
    """One emulator: what it takes, and how it is tried and run."""

    rules: Rules
    distribution: str
    bases: tuple[frozenset[str], ...]  #: each a set that it can run together
    least_atoms: int
    keeps_vector: bool  #: holds the whole state, so that each atom doubles the memory

    def seed(self, seed: int) -> None:
        """Seed what is random in it beyond `random` and numpy."""

    def rehearse(self, sequence: Sequence, config: Config) -> None:
        """Refuse, with `refused`, what this emulator cannot run; compute no evolution."""

    def simulate(self, sequence: Sequence, config: Config, on_progress: Progress) -> Results:
        """Run; progress in 0..100."""

    def bytes_of(self, state: Any) -> int:
        """What it takes to keep one of its states."""


class PulserEngine:
    """An `Engine` made of one emulator."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.name = emulator.rules.engine
        self.version = metadata.version(emulator.distribution)
        self.evolutions: Kept[Evolved] = Kept()
        self.rehearsed: object = None

    def check(self, task: Task) -> Checked:
        sequence, config = self.prepare(task)
        atoms = len(sequence.register.qubit_ids)
        # Of a sweep the first of each length alone: emulators refuse forms and configurations, and take ten
        # times as long to try as the values of a job to be put in.
        length = sequence.get_duration(include_fall_time=config.with_modulation)
        form = (task.program, task.configuration, task.settings, atoms, length)
        if form != self.rehearsed:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.emulator.rehearse(sequence, config)
            self.rehearsed = form
        return Checked(qubits=atoms)

    def run(self, task: Task, on_progress: Progress, on_kept: Heard = unheard) -> Computed:
        began = time.perf_counter()
        rising = Rising(on_progress)
        rising(0)
        sequence, config = self.prepare(task)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found, is_kept = self.found(task, sequence, config, rising, on_kept)
            document, counter = document_of(found, config, task.seed, form_for(task))
        rising.finish()
        return Computed(
            document=document,
            counts=[counter],
            shots=sum(counter.values()) or config.default_num_shots,
            metadata={
                "engine": self.name,
                "version": self.version,
                "pulser_version": PULSER,
                "seed": task.seed,
                "seconds": round(time.perf_counter() - began, 6),
                "qubits": len(sequence.register.qubit_ids),
                **told(is_kept),
            },
        )

    def found(
        self, task: Task, sequence: Sequence, config: Config, on_progress: Progress, on_kept: Heard
    ) -> tuple[dict[str, Any], bool | None]:
        """What the emulator finds, and whether it had computed that before and only drew anew; None where
        it must compute every time."""
        if not is_noiseless(config):
            on_kept(False)
            self.seed(task.seed)
            return read(self.simulate(sequence, config, on_progress)), None
        evolved, is_kept = self.evolutions.find(
            key_for(task, self.name, config), lambda: self.evolve(sequence, config, on_progress), on_kept
        )
        # Here and not before it evolves: one who draws from what is kept draws the same.
        self.seed(task.seed)
        return evolved.look(config), is_kept

    def evolve(self, sequence: Sequence, config: Config, on_progress: Progress) -> Weighed[Evolved]:
        self.seed(0)
        return evolve(
            config, lambda watched: self.simulate(sequence, watched, on_progress), self.emulator.bytes_of
        )

    def simulate(self, sequence: Sequence, config: Config, on_progress: Progress) -> Results:
        try:
            return self.emulator.simulate(sequence, config, on_progress)
        except (NotImplementedError, AssertionError, ValueError) as error:
            # Some combinations are found impossible only once the evolution is set up.
            raise ProgramRefused(
                f"{self.name} cannot run this: {message_of(error)}", "configuration"
            ) from error

    def prepare(self, task: Task) -> tuple[Sequence, Config]:
        machine = machine_of(task.settings)
        sequence = build(task) if machine is None else build_on(machine, task)
        bases = frozenset(sequence.get_addressed_bases())
        if bases not in self.emulator.bases:
            able = " or ".join(listed(group) for group in self.emulator.bases)
            raise ProgramRefused(f"{self.name} runs {able}; the sequence addresses {listed(bases)}.")
        atoms = len(sequence.register.qubit_ids)
        fits(atoms, task.max_qubits, "atoms")
        if atoms < self.emulator.least_atoms:
            raise ProgramRefused(
                f"{self.name} needs at least {self.emulator.least_atoms} atoms; {atoms} in the register."
            )
        config = configure(task, sequence, self.emulator.rules)
        if self.emulator.keeps_vector:
            self.weigh(task, config, atoms, levels=len(sequence.get_addressed_states()))
        return sequence, config

    def weigh(self, task: Task, config: Config, atoms: int, levels: int) -> None:
        """Refuse a state larger than that of `max_qubits` atoms of two levels each."""
        levels += config.noise_model.with_leakage
        if atoms * log2(levels) > task.max_qubits:
            most = int(task.max_qubits / log2(levels))
            raise ProgramRefused(f"{atoms} atoms of {levels} levels, at most {most} on this platform.")
        allowed = int(task.settings.get("max_density_qubits", task.max_qubits // 2 + 1))
        if needs_density_matrix(config, self.name) and atoms * log2(levels) > allowed:
            raise ProgramRefused(
                f"{atoms} atoms with this noise need a density matrix, "
                f"at most {int(allowed / log2(levels))} on this platform; a Monte Carlo solver takes more.",
                "configuration",
            )

    def seed(self, seed: int) -> None:
        random.seed(seed)
        np.random.seed(seed)
        self.emulator.seed(seed)


class Rising:
    """Tells progress on, whole percents, only upwards; 100 is kept for the end."""

    def __init__(self, on_progress: Progress) -> None:
        self.on_progress = on_progress
        self.told = -1

    def __call__(self, percent: int) -> None:
        if self.told < (percent := min(percent, 99)):
            self.told = percent
            self.on_progress(percent)

    def finish(self) -> None:
        self.on_progress(100)


class StepHandler(logging.Handler):
    """Reads progress from the log of emu-sv and emu-mps, which call nobody back."""

    def __init__(self, on_progress: Progress, trajectories: int) -> None:
        super().__init__()
        self.on_progress = on_progress
        self.trajectories = trajectories
        self.finished = 0

    def emit(self, record: logging.LogRecord) -> None:
        if (found := STEP.search(record.getMessage())) is None:
            return
        step, steps = int(found[1]), int(found[2])
        self.on_progress(int(100 * (self.finished + step / steps) / self.trajectories))
        if step == steps:
            self.finished += 1


@contextmanager
def steps_told(on_progress: Progress, trajectories: int) -> Iterator[None]:
    """Attach after the backend is built: building it takes the logger's handlers away."""
    handler = StepHandler(on_progress, trajectories)
    log = logging.getLogger("emulators")
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
