"""Pulser sequences on emu-mps, which keeps the state as a matrix product."""

from __future__ import annotations

import logging
from math import inf
from typing import Any

import torch
from emu_base import PulserData
from emu_mps import MPSBackend, MPSConfig
from pulser.backend import Results

from ketway.engines.engine import Progress
from ketway.engines.pulser_config import Config, Rules
from ketway.engines.pulser_engine import PulserEngine, steps_told
from ketway.engines.pulser_program import Sequence, refused

#: Up to so many, looking for a better order of the atoms takes longer than it saves: 2.3 s a
#: trajectory for two atoms, out of 2.4; the bond dimension cannot pass 16 anyway.
UNORDERED_ATOMS = 8


class EmuMps:
    rules = Rules(
        engine="emu-mps",
        parse=MPSConfig,
        # Files and graphics cards are the platform's; the log is read for progress and printed nowhere.
        ours={"gpu": False, "log_file": None, "log_level": logging.CRITICAL, "autosave_dt": inf},
        dropped=frozenset({"num_gpus_to_use", "autosave_prefix"}),
        numbers={
            "dt": (1e-3, 1e5),
            "precision": (1e-15, 1.0),
            "max_bond_dim": (1, 2_048),
            "max_krylov_dim": (1, 1_000),
            "extra_krylov_tolerance": (1e-15, 1.0),
            "interaction_cutoff": (0.0, 1e9),
        },
        solvers=("tdvp", "dmrg"),
    )
    distribution = "emu-mps"
    bases: tuple[frozenset[str], ...] = (frozenset({"ground-rydberg"}), frozenset({"XY"}))
    least_atoms = 2
    keeps_vector = False

    def seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    def rehearse(self, sequence: Sequence, config: Config) -> None:
        with refused("configuration", "emu-mps cannot run this"):
            MPSBackend(sequence, config=config)
            PulserData(sequence=sequence, config=config, dt=config.dt)

    def simulate(self, sequence: Sequence, config: Config, on_progress: Progress) -> Results:
        if len(sequence.register.qubit_ids) <= UNORDERED_ATOMS:
            config = config.with_changes(optimize_qubit_ordering=False)
        backend = MPSBackend(sequence, config=config)
        with steps_told(on_progress, config.n_trajectories):
            results: Results = backend.run()
        return results

    def bytes_of(self, state: Any) -> int:
        return sum(int(factor.numel() * factor.element_size()) for factor in state.factors)


ENGINE = PulserEngine(EmuMps())
