"""Pulser sequences on QuTiP: the fastest to a dozen atoms, and the one that knows every noise."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

import numpy as np
import qutip
from numpy.typing import NDArray
from pulser.backend import Results
from pulser_simulation import QutipBackendV2, QutipConfig

from ketway.domain.errors import ProgramRefused
from ketway.engines import qutip_bases
from ketway.engines.engine import Progress
from ketway.engines.pulser_config import Config, Rules, needs_density_matrix
from ketway.engines.pulser_engine import PulserEngine
from ketway.engines.pulser_program import Sequence, refused

TRAJECTORY = re.compile(r"Emulating Trajector(?:y|ies) \[?(\d+)")
PERCENT = re.compile(r"^\s*(\d+\.\d)%")
PROGRESS_TIMES = 20
PROGRESS_BYTES = 256 << 20  #: states kept for nothing but progress
MAX_STATES_BYTES = 2 << 30


class PulserQutip:
    rules = Rules(
        engine="pulser-qutip",
        parse=QutipConfig,
        # What QuTiP prints is where progress is read.
        ours={"print_progress": True, "progress_bar": True},
        numbers={"sampling_rate": (1e-6, 1.0)},
        solvers=("default", "MasterEquation", "MonteCarlo"),
    )
    distribution = "pulser-simulation"
    bases: tuple[frozenset[str], ...] = (
        frozenset({"ground-rydberg"}),
        frozenset({"digital"}),
        frozenset({"ground-rydberg", "digital"}),
        frozenset({"XY"}),
    )
    least_atoms = 1
    keeps_vector = True

    def seed(self, seed: int) -> None:
        """Nothing beyond numpy; see `seeded_jumps` for the rest."""

    def rehearse(self, sequence: Sequence, config: Config) -> None:
        backend(sequence, config)

    def simulate(self, sequence: Sequence, config: Config, on_progress: Progress) -> Results:
        ready = backend(sequence, with_progress_times(sequence, config))
        with redirect_stdout(Printed(on_progress, config.n_trajectories)), seeded_jumps():
            return ready.run()

    def bytes_of(self, state: Any) -> int:
        return int(16 * np.prod(state.to_qobj().shape))


def backend(sequence: Sequence, config: Config) -> QutipBackendV2:
    """The emulator, ready to run; the first place where QuTiP refuses."""
    times, size = times_of(sequence, config), state_bytes(sequence, config)
    if len(times) * size > MAX_STATES_BYTES:
        raise ProgramRefused(
            f"{len(times)} evaluation times keep states of {len(times) * size >> 20} MiB, at most "
            f"{MAX_STATES_BYTES >> 20} MiB allowed; ask for fewer.",
            "configuration",
        )
    with refused("configuration", "pulser-qutip cannot run this"):
        return QutipBackendV2(sequence, config=config)


class Printed(io.TextIOBase):
    """Reads progress from what the emulator prints: QuTiP takes no progress bar but by its name."""

    def __init__(self, on_progress: Progress, trajectories: int) -> None:
        self.on_progress = on_progress
        self.trajectories = trajectories
        self.finished = 0

    def write(self, text: str) -> int:
        if found := TRAJECTORY.search(text):
            self.finished = int(found[1]) - 1
        if found := PERCENT.search(text):
            self.on_progress(int((100 * self.finished + float(found[1])) / self.trajectories))
        return len(text)


@contextmanager
def seeded_jumps() -> Iterator[None]:
    """Seed quantum jumps from numpy's own state.

    `mcsolve` takes its seeds from the operating system unless told otherwise, and pulser has no
    way to tell it.
    """
    unseeded = qutip.mcsolve

    def mcsolve(*args: object, ntraj: int = 1, **kwargs: object) -> object:
        seeds = np.random.SeedSequence(np.random.randint(1 << 31, size=4).tolist())
        return unseeded(*args, ntraj=ntraj, seeds=seeds, **kwargs)

    qutip.mcsolve = mcsolve
    try:
        yield
    finally:
        qutip.mcsolve = unseeded


def with_progress_times(sequence: Sequence, config: Config) -> Config:
    """Add evaluation times, since progress is told at each; observables keep to theirs."""
    if isinstance(config.default_evaluation_times, str):
        return config
    duration = sequence.get_duration(include_fall_time=config.with_modulation)
    extra = min(PROGRESS_TIMES, PROGRESS_BYTES // state_bytes(sequence, config))
    asked = times_of(sequence, config)
    default = np.asarray(config.default_evaluation_times)
    config = config.with_changes()  # a copy: the observables are about to change
    for observable in config.observables:
        if observable.evaluation_times is None:
            observable.evaluation_times = default
    # An observable is evaluated at any time within half a nanosecond of its own.
    apart = [
        time for time in np.linspace(0, 1, extra + 2)[1:-1] if np.min(np.abs(asked - time)) * duration > 1
    ]
    return config.with_changes(default_evaluation_times=np.union1d(asked, apart))


def times_of(sequence: Sequence, config: Config) -> NDArray[np.float64]:
    """Every relative time at which the state is kept; shape (times,), increasing from 0 to 1."""
    default = config.default_evaluation_times
    if isinstance(default, str):
        duration = sequence.get_duration(include_fall_time=config.with_modulation)
        default = np.linspace(0, 1, int(duration * config.sampling_rate) + 1)
    own = [each.evaluation_times for each in config.observables if each.evaluation_times is not None]
    return np.unique(np.concatenate([[0.0, 1.0], default, *own]))


def state_bytes(sequence: Sequence, config: Config) -> int:
    levels = len(sequence.get_addressed_states()) + config.noise_model.with_leakage
    numbers = int(levels ** len(sequence.register.qubit_ids))
    return 16 * numbers * (numbers if needs_density_matrix(config, "pulser-qutip") else 1)


qutip_bases.keep()
ENGINE = PulserEngine(PulserQutip())
