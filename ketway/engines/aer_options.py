"""What a user may tell Aer, and what only the platform does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Task

MAX_SEED = 1 << 62
METHODS = (
    "automatic",
    "statevector",
    "density_matrix",
    "stabilizer",
    "extended_stabilizer",
    "matrix_product_state",
)
WIDE = ("stabilizer", "extended_stabilizer", "matrix_product_state")  #: memory grows gently with qubits

Check = Callable[[Any], bool]


def one_of(*allowed: str) -> Check:
    return lambda value: value in allowed


def number(least: float, most: float) -> Check:
    return lambda value: type(value) in (int, float) and isfinite(value) and least <= value <= most


def whole(least: int, most: int) -> Check:
    return lambda value: type(value) is int and least <= value <= most


def flag(value: Any) -> bool:
    return type(value) is bool


#: What a user may set. Everything else that clients send is about our hardware, or only describes
#: the platform, and is left out: threads, executors, graphics cards, MPI, logs.
OPTIONS: dict[str, Check] = {
    "method": one_of(*METHODS),
    "precision": one_of("single", "double"),
    "zero_threshold": number(0, 1),
    "chop_threshold": number(0, 1),
    "validation_threshold": number(0, 1),
    "fusion_enable": flag,
    "fusion_max_qubit": whole(1, 10),
    "fusion_threshold": whole(1, 1_000),
    "shot_branching_enable": flag,
    "shot_branching_sampling_enable": flag,
    "statevector_sample_measure_opt": whole(1, 1_000),
    "stabilizer_max_snapshot_probabilities": whole(1, 1_000),
    "extended_stabilizer_sampling_method": one_of("metropolis", "resampled_metropolis", "norm_estimation"),
    "extended_stabilizer_metropolis_mixing_time": whole(1, 10_000_000),
    "extended_stabilizer_approximation_error": number(1e-6, 1),
    "extended_stabilizer_norm_estimation_samples": whole(1, 1_000_000),
    "extended_stabilizer_norm_estimation_repetitions": whole(1, 1_000),
    "extended_stabilizer_probabilities_snapshot_samples": whole(1, 1_000_000),
    "matrix_product_state_truncation_threshold": number(0, 1),
    "matrix_product_state_max_bond_dimension": whole(1, 1 << 16),
    "mps_sample_measure_algorithm": one_of("mps_heuristic", "mps_apply_measure", "mps_probabilities"),
    "mps_swap_direction": one_of("mps_swap_left", "mps_swap_right"),
    "mps_lapack": flag,
}
OURS = {
    "device": "CPU",
    "max_parallel_threads": 1,
    "max_parallel_experiments": 1,
    "max_parallel_shots": 1,
    # Idle qubits cost nothing; the limit on qubits counts on it.
    "enable_truncation": True,
}


#: What the clients of other emulators call the same, where Aer stands in for those.
THEIR_WORDS = {
    "bonddim": "matrix_product_state_max_bond_dimension",
    "algorithm": "method",
    "seed": "seed_simulator",
}
THEIR_METHODS = {"auto": "automatic", "mps": "matrix_product_state"}


def in_aers_words(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Options with the names and methods of other emulators put into Aer's; Aer's own win."""
    theirs = {ours: sent[word] for word, ours in THEIR_WORDS.items() if word in sent}
    method = theirs.get("method")
    if isinstance(method, str):
        theirs["method"] = THEIR_METHODS.get(method, method)
    return {**theirs, **sent}


def options_of(sent: Mapping[str, Any], task: Task) -> dict[str, Any]:
    """What Aer is told; clients send everything they know, and what is not ours to know is ignored."""
    sent = in_aers_words(sent)
    device = sent.get("device", "CPU")
    if device != "CPU":
        raise ProgramRefused(f"There is no device {str(device)[:40]!r} here; leave it out.", "configuration")
    chosen: dict[str, Any] = {"method": "automatic"}
    for name, fits in OPTIONS.items():
        if name in sent:
            if not fits(sent[name]):
                raise ProgramRefused(
                    f"Option {name} cannot be {str(sent[name])[:60]!r}; leave it out for the default"
                    + (f", or give one of {', '.join(METHODS)}." if name == "method" else "."),
                    "configuration",
                )
            chosen[name] = sent[name]
    ceiling = int(task.settings.get("max_memory_mb", 2048))
    memory = sent.get("max_memory_mb", ceiling)
    if not whole(1, 1 << 31)(memory):
        raise ProgramRefused("max_memory_mb should be whole megabytes, or left out.", "configuration")
    return {**chosen, **OURS, "max_memory_mb": min(memory, ceiling)}


def own_seed_of(*places: Mapping[str, Any]) -> int | None:
    """The user's, if there is one."""
    for place in places:
        if (seed := in_aers_words(place).get("seed_simulator")) is not None:
            if not whole(0, MAX_SEED)(seed):
                raise ProgramRefused(
                    "seed_simulator should be a whole number from 0 to 2**62, or left out.", "configuration"
                )
            return int(seed)
    return None
