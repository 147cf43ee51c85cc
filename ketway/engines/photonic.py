"""Photons in linear optics, on Perceval: SLOS for probabilities, Clifford and Clifford's way for samples."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from ketway.domain.results import MAX_COUNTS_SHOWN, shown
from ketway.domain.tasks import Checked, Computed, Task
from ketway.engines.engine import Progress
from ketway.engines.photonic_experiment import (
    SAMPLING,
    STRONG,
    Trial,
    Trials,
    noise_model,
    perceval_says,
)
from ketway.engines.photonic_library import (
    EXQALIBUR,
    PERCEVAL,
    SimulatedComputer,
    pcvl,
    probs_to_sample_count,
    probs_to_samples,
    sample_count_to_probs,
    samples_to_sample_count,
    serialize,
)
from ketway.engines.photonic_machine import machine_of
from ketway.engines.photonic_payload import payload_of

#: Of all iterations of a job.
MAX_SHOWN_TOGETHER = 32 * MAX_COUNTS_SHOWN


class Perceval:
    name = "perceval"
    version = PERCEVAL

    def check(self, task: Task) -> Checked:
        return Checked(qubits=trials_of(task).photons)

    def run(self, task: Task, on_progress: Progress) -> Computed:
        began = time.perf_counter()
        on_progress(0)
        trials = trials_of(task)
        found = []
        several = len(trials.iterations)
        for position in range(several):
            told = progress_of(on_progress, position, several)
            with trials.named(position):
                trial = trials.built(position)
                found.append(outcome_of(trial, trials.payload.splits_performance, told))
        document = document_of(trials, found)
        on_progress(100)
        return Computed(
            document=document,
            counts=shown_of(found),
            shots=sum(one.shots for one in found),
            metadata={
                "engine": self.name,
                "version": self.version,
                "exqalibur_version": EXQALIBUR,
                "seed": task.seed,
                "command": trials.payload.command,
                "backend": ", ".join(sorted({one.backend for one in found})),
                "seconds": round(time.perf_counter() - began, 6),
                "qubits": trials.photons,
                "modes": trials.modes,
            },
        )


def trials_of(task: Task) -> Trials:
    """Parse, validate and count everything; compute nothing.

    Raises:
        ProgramRefused, ShotsOverLimit.
    """
    machine = machine_of(task)
    trials = Trials(task=task, payload=payload_of(task.program, machine.max_modes), machine=machine)
    trials.check()
    return trials


def progress_of(on_progress: Progress, position: int, several: int) -> Callable[[float, str], None]:
    """Perceval tells a share of one trial, and what it is doing; often, and backwards at times."""
    reached = 0

    def told(share: float, doing: str = "") -> None:
        nonlocal reached
        percent = int(99 * (position + min(max(share, 0.0), 1.0)) / several)
        if percent > reached:
            reached = percent
            on_progress(percent)

    return told


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """
    Args:
        results: Perceval's own, of the kind that the command asks for.
        performance: shares of all repetitions that were selected, by Perceval's names.
        counts: None where probabilities were computed and nothing was counted.
        shots: repetitions that a machine would have made for it.
    """

    results: Any
    performance: Mapping[str, float]
    counts: Any
    shots: int
    backend: str


def outcome_of(trial: Trial, splits_performance: bool, told: Callable[[float, str], None]) -> Outcome:
    """Run one trial; the same one with the same seed gives the same outcome."""
    pcvl.random_seed(trial.seed)
    if trial.backend == SAMPLING:
        return _sampled(trial, splits_performance, told)
    said = _simulated(trial, "probs", splits_performance, told)
    results, counts = _drawn(trial, said.pop("results"))
    made = 0 if counts is None else counts.total()
    return Outcome(results=results, performance=said, counts=counts, shots=made, backend=STRONG)


def _sampled(trial: Trial, splits_performance: bool, told: Callable[[float, str], None]) -> Outcome:
    lists = trial.command == "samples"
    if trial.is_in_vain:
        # Perceval samples all the same, where the source is perfect.
        names = ("global_perf", "physical_perf", "logical_perf")[: 3 if splits_performance else 1]
        said = {"results": pcvl.BSSamples() if lists else pcvl.BSCount()} | dict.fromkeys(names, 0.0)
    else:
        said = _simulated(trial, "samples" if lists else "sample_count", splits_performance, told)
    results = said.pop("results")
    counts = samples_to_sample_count(results) if lists else results
    return Outcome(
        results=sample_count_to_probs(counts) if trial.command == "probs" else results,
        performance=said,
        counts=counts,
        shots=shots_made(trial, counts.total(), said["global_perf"]),
        backend=SAMPLING,
    )


def _drawn(trial: Trial, chances: Any) -> tuple[Any, Any]:
    """Results and counts, from probabilities; Perceval's conversions know no outcome that is empty."""
    if trial.command == "probs":
        return chances, None
    number = trial.max_samples if len(chances) else 0
    if trial.command == "sample_count":
        counts = probs_to_sample_count(chances, count=number) if number else pcvl.BSCount()
        return counts, counts
    samples = probs_to_samples(chances, count=number) if number else pcvl.BSSamples()
    return samples, samples_to_sample_count(samples)


def _simulated(
    trial: Trial, command: str, splits_performance: bool, told: Callable[[float, str], None]
) -> dict[str, Any]:
    """What Perceval's own simulator says: results, and the shares of what was selected.

    Raises:
        ProgramRefused: it cannot run this.
    """
    computer = SimulatedComputer(trial.backend)
    computer.noise = noise_model(trial.noise)
    computer.compute_physical_logical_perf(splits_performance)
    with perceval_says("run"):
        said = getattr(computer, command)(
            trial.experiment,
            max_samples=trial.max_samples,
            max_shots=trial.max_shots,
            progress_callback=told if trial.is_long else None,
            compilation_seed=trial.compilation_seed,
        )
    shares = {name: float(share) for name, share in said.items() if name.endswith("_perf")}
    # Of no sample at all, it says that the share is not a number.
    known = {name: share if isfinite(share) else 0.0 for name, share in shares.items()}
    return {"results": said["results"], **known}


def shots_made(trial: Trial, samples: int, share: float) -> int:
    """For so many samples, as Perceval counts shots: repetitions in which at least one photon came.

    Args:
        share: of all repetitions, that were selected.
    """
    if samples == 0 or share <= 0:
        return trial.max_shots or trial.max_samples or 0
    state = trial.experiment.input_state
    empty = 0.0
    if type(state).__name__ == "FockState":
        source = pcvl.Source.from_noise_model(noise_model(trial.noise))
        empty = source.create_sampler(state, 0).zpp
    shots = max(samples, round(samples / share * (1 - empty)))
    return shots if trial.max_shots is None else min(shots, trial.max_shots)


def document_of(trials: Trials, found: list[Outcome]) -> str:
    """What the client downloads: the dictionary that Perceval's own simulator returns, serialized."""
    said: dict[str, Any]
    entries = [{"results": serialize(one.results), **one.performance} for one in found]
    if trials.payload.iterations:
        iterations = [{"iteration": one.said} for one in trials.iterations]
        said = {"results_list": [entry | its for entry, its in zip(entries, iterations, strict=True)]}
    else:
        said = entries[0]
    if trials.payload.context is not None:
        said["job_context"] = trials.payload.context
    return json.dumps(said)


def shown_of(found: list[Outcome]) -> list[dict[str, int]]:
    """The commonest states of each trial: `|1,0,1>` to how often."""
    most = min(MAX_COUNTS_SHOWN, max(1, MAX_SHOWN_TOGETHER // len(found)))
    return [{} if one.counts is None else _commonest(one.counts, most) for one in found]


def _commonest(counts: Any, most: int) -> dict[str, int]:
    first = heapq.nlargest(most, counts.items(), key=lambda item: item[1])
    return shown({str(state): count for state, count in first})


ENGINE = Perceval()
