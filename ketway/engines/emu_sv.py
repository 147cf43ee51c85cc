"""Pulser sequences on emu-sv, a state-vector emulator."""

from __future__ import annotations

import logging
from typing import Any

import torch
from emu_base import PulserData
from emu_sv import SVBackend, SVConfig
from pulser.backend import Results

from ketway.engines.engine import Progress
from ketway.engines.pulser_config import Config, Rules
from ketway.engines.pulser_engine import PulserEngine, steps_told
from ketway.engines.pulser_program import Sequence, refused


class EmuSv:
    rules = Rules(
        engine="emu-sv",
        parse=SVConfig,
        # Files and graphics cards are the platform's; the log is read for progress and printed nowhere.
        ours={"gpu": False, "log_file": None, "log_level": logging.CRITICAL},
        numbers={
            "dt": (1e-3, 1e5),
            "max_krylov_dim": (1, 1_000),
            "krylov_tolerance": (1e-15, 1.0),
            "interaction_cutoff": (0.0, 1e9),
        },
        solvers=("default", "montecarlo", "lindblad"),
    )
    distribution = "emu-sv"
    bases: tuple[frozenset[str], ...] = (frozenset({"ground-rydberg"}),)
    least_atoms = 1
    keeps_vector = True

    def seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    def rehearse(self, sequence: Sequence, config: Config) -> None:
        with refused("configuration", "emu-sv cannot run this"):
            SVBackend(sequence, config=config)
            PulserData(sequence=sequence, config=config, dt=config.dt)

    def simulate(self, sequence: Sequence, config: Config, on_progress: Progress) -> Results:
        backend = SVBackend(sequence, config=config)
        with steps_told(on_progress, config.n_trajectories):
            results: Results = backend.run()
        return results

    def bytes_of(self, state: Any) -> int:
        return int(state.data.numel() * state.data.element_size())


ENGINE = PulserEngine(EmuSv())
