"""What a user may tell qsim; how many threads it has, and on what, is the platform's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qsimcirq import QSimOptions

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Task
from ketway.engines.aer_options import flag, whole

MAX_SEED = (1 << 32) - 1
SEEDS = ("seed", "seed_simulator")

#: The number of repetitions speaks of expectation values, which nobody asks for here.
OPTIONS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "max_fused_gate_size": (whole(1, 6), "a whole number from 1 to 6"),
    "ev_noisy_repetitions": (whole(1, 1_000_000), "a whole number from 1 to 1000000"),
    "denormals_are_zeros": (flag, "true or false"),
}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    qsim: QSimOptions
    seed: int


def chosen(sent: Mapping[str, Any], task: Task) -> Chosen:
    """
    Args:
        sent: all that the client says; what is about our hardware is left out.
    Raises:
        ProgramRefused: an option of qsim's that cannot be what it is.
    """
    given = {name: sent[name] for name in OPTIONS if sent.get(name) is not None}
    for name, value in given.items():
        fits, should = OPTIONS[name]
        if not fits(value):
            raise ProgramRefused(f"{name} should be {should}, or left out.", "configuration")
    return Chosen(qsim=QSimOptions(**given, cpu_threads=1, verbosity=0), seed=seed_of(sent, task))


def seed_of(sent: Mapping[str, Any], task: Task) -> int:
    for name in SEEDS:
        if (seed := sent.get(name)) is not None:
            if not whole(0, MAX_SEED)(seed):
                raise ProgramRefused(
                    f"{name} should be a whole number from 0 to 2**32 - 1, or left out.", "configuration"
                )
            return int(seed)
    return task.seed
