"""From a checked payload to what Perceval runs, one iteration at a time."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from exqalibur.serialization import circuit_pb2 as pb

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Task
from ketway.engines import photonic_circuit, photonic_texts, photonic_values
from ketway.engines.photonic_chip import mesh_of
from ketway.engines.photonic_library import (
    UnavailableModeException,
    deserialize,
    deserialize_experiment,
    pcvl,
)
from ketway.engines.photonic_machine import Machine
from ketway.engines.photonic_payload import Iteration, Payload
from ketway.engines.photonic_size import Budget, Shape, Source, sampling_steps, shape_of, source_of

STRONG, SAMPLING = "SLOS", "CliffordClifford2017"
#: What Perceval's own simulator samples where probabilities are asked of a machine.
PROBS_SAMPLES = 10_000
MAX_SAMPLES = 1_000_000
MAX_COUNTED = 10_000_000  #: of all iterations of a job; where they are listed, `MAX_SAMPLES`
#: Steps of sampling that take seconds. Whoever asks Perceval how far it is gets its samples on the full
#: second only.
LONG = 10**9
SEED_STEP = 2113  #: between the iterations of a job


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One experiment, ready to run.

    Args:
        max_samples, max_shots: None where the command does not count.
        noise: as Perceval takes it.
        is_in_vain: more photons have to be detected than can enter.
        is_long: worth telling its progress.
    """

    command: str
    backend: str
    experiment: Any
    noise: Mapping[str, float | bool]
    max_samples: int | None
    max_shots: int | None
    seed: int
    compilation_seed: int
    photons: int
    modes: int
    is_in_vain: bool
    is_long: bool


#: What Perceval raises when it is given what it cannot build or simulate.
OBJECTIONS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    UnavailableModeException,
    ValueError,
)


@contextmanager
def perceval_says(doing: str) -> Iterator[None]:
    """What Perceval objects to is the program's fault; ours were found before.

    Raises:
        ProgramRefused: with Perceval's own words.
    """
    try:
        yield
    except OBJECTIONS as error:
        raise ProgramRefused(f"Perceval cannot {doing} this: {_words(error)}") from error


def _words(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:400]


@dataclass(kw_only=True)
class Trials:
    """The iterations of a job, each built when its turn comes.

    `photons` and `modes` are of the largest one, once all have been gone through.
    """

    task: Task
    payload: Payload
    machine: Machine
    photons: int = 0
    modes: int = 0

    @property
    def iterations(self) -> list[Iteration]:
        return list(self.payload.iterations) or [Iteration()]

    def check(self) -> None:
        """Build every iteration and count what it would take; compute nothing.

        Raises:
            ProgramRefused, ShotsOverLimit
        """
        budget = Budget(self.task.settings)
        samples_left = MAX_SAMPLES if self.payload.command == "samples" else MAX_COUNTED
        for position in range(len(self.iterations)):
            with self.named(position):
                trial = self.built(position, budget)
            self.photons = max(self.photons, trial.photons)
            self.modes = max(self.modes, trial.modes)
            samples_left -= trial.max_samples or 0
            if samples_left < 0:
                raise ProgramRefused("The iterations ask for too many samples together; ask for fewer.")

    @contextmanager
    def named(self, position: int) -> Iterator[None]:
        """A refusal inside names the iteration, where there are any."""
        try:
            yield
        except ProgramRefused as refusal:
            if not self.payload.iterations:
                raise
            which = f"Iteration {position + 1} of {len(self.iterations)}"
            raise ProgramRefused(f"{which}: {refusal.why}", refusal.field) from refusal

    def built(self, position: int, budget: Budget | None = None) -> Trial:
        """
        Args:
            budget: spent on it, if given.
        Raises:
            ProgramRefused, ShotsOverLimit
        """
        iteration, payload, task = self.iterations[position], self.payload, self.task
        message = settled(payload, iteration, self.machine)
        shape = shape_of(message)
        self.machine.must_take_shape(message, shape)
        seed = (task.seed + SEED_STEP * position) % 2**32
        told = (iteration.compilation_seed, payload.compilation_seed, seed)
        compilation_seed = next(one for one in told if one is not None)
        noise = noise_of(payload, iteration, self.machine)
        with perceval_says("read"):
            experiment = _experiment(message, iteration)
            if self.machine.is_real:
                _program_chip(experiment, noise, compilation_seed)
        source = source_of(experiment.input_state)
        self.machine.must_take_photons(experiment.input_state, source.photons)
        is_sampled = self.machine.is_real or (payload.command != "probs" and can_be_sampled(shape, source))
        max_samples, max_shots = counts_of(task, payload, iteration, is_sampled=is_sampled)
        least = experiment.min_photons_filter + sum(experiment.heralds.values())
        if budget is not None and is_sampled:
            budget.spend_on_samples(max_samples or 0, source, noise, least)
        elif budget is not None:
            budget.spend_on_probabilities(shape, source, noise)
        return Trial(
            command=payload.command,
            backend=SAMPLING if is_sampled else STRONG,
            experiment=experiment,
            noise=noise,
            max_samples=max_samples,
            max_shots=max_shots,
            seed=seed,
            compilation_seed=compilation_seed,
            photons=source.photons,
            modes=message.n_mode,
            is_in_vain=least > source.photons * (2 if noise.get("g2", 0.0) else 1),
            is_long=not is_sampled or sampling_steps(max_samples or 0, source, noise, least) > LONG,
        )


def can_be_sampled(shape: Shape, source: Source) -> bool:
    """Without the amplitudes of all outcomes, by Clifford and Clifford's algorithm."""
    return shape.is_unitary and not shape.is_polarised and not source.interferes


def settled(payload: Payload, iteration: Iteration, machine: Machine) -> pb.Experiment:
    """The message with this iteration's numbers, the machine's detectors and no noise of its own."""
    message = pb.Experiment()
    message.CopyFrom(payload.experiment)
    known, _ = photonic_values.known_in(message)
    photonic_values.settle(message, photonic_values.Values(known=known, chosen=iteration.values))
    message.noise_model = ""
    if message.n_mode == 0:
        raise ProgramRefused("The experiment has no circuit.")
    if iteration.min_detected_photons is not None:
        message.min_photons_filter = min(iteration.min_detected_photons, photonic_circuit.NOT_SET - 1)
    elif message.min_photons_filter == photonic_circuit.NOT_SET:
        # The client insists on a number, and writes 0 as if there were none.
        message.min_photons_filter = payload.min_detected_photons or 0
    if iteration.condition is not None:
        message.post_select = iteration.condition
        photonic_circuit.check_condition(message)
    if machine.is_real:
        for mode in range(message.n_mode):
            message.detectors[mode].detector.CopyFrom(
                pb.Detector(name="Threshold", n_wires=1, max_detections=1, wire_efficiency=1.0)
            )
    return message


def _experiment(message: pb.Experiment, iteration: Iteration) -> Any:
    experiment = deserialize_experiment(message)
    if iteration.input_state is not None:
        experiment.with_input(deserialize(iteration.input_state))
    if experiment.input_state is None:
        raise ProgramRefused("No input state is known, so no photons enter; give the experiment its input.")
    return experiment


def _program_chip(experiment: Any, noise: Mapping[str, float | bool], seed: int) -> None:
    """A machine does not build what is written: it sets the phases of its one mesh, not quite right."""
    unitary = np.asarray(experiment.unitary_circuit().compute_unitary(), dtype=complex)
    chance = random.Random(seed)  # noqa: S311
    made = mesh_of(unitary).erring(float(noise.get("phase_error", 0.0)), chance).unitary()
    experiment.set_circuit(pcvl.Unitary(pcvl.Matrix(made)))


def noise_of(payload: Payload, iteration: Iteration, machine: Machine) -> Mapping[str, float | bool]:
    """A machine's own; else what is said nearest to the iteration."""
    if machine.noise is not None:
        return machine.noise
    if iteration.noise is not None:
        return iteration.noise
    if payload.experiment.noise_model:
        return photonic_texts.noise(payload.experiment.noise_model)
    return payload.noise or {}


def counts_of(
    task: Task, payload: Payload, iteration: Iteration, *, is_sampled: bool
) -> tuple[int | None, int | None]:
    """Samples and shots at most; as Perceval, a sample is a shot that was selected.

    Raises:
        ProgramRefused, ShotsOverLimit
    """
    shots = next(
        (asked for asked in (iteration.max_shots, payload.max_shots, task.shots) if asked is not None), None
    )
    samples = iteration.max_samples if iteration.max_samples is not None else payload.max_samples
    if shots is not None and shots > task.max_shots:
        raise ShotsOverLimit(shots, task.max_shots)
    if payload.command == "probs":
        # Clients fill what they leave out with zeros.
        samples, shots = samples or (PROBS_SAMPLES if is_sampled else None), shots or None
        return (min(samples, shots) if samples and shots else samples), shots
    if samples is None:
        samples = shots
    if samples is None:
        raise ProgramRefused("Say how many samples: max_samples, max_shots or both.", "shots")
    samples = samples if shots is None else min(samples, shots)
    allowed = int(task.settings.get("max_samples", MAX_SAMPLES))
    if samples > allowed:
        raise ProgramRefused(
            f"{samples:,} samples asked, at most {allowed:,} allowed; say max_samples.", "shots"
        )
    return samples, shots


def noise_model(noise: Mapping[str, float | bool]) -> Any:
    return pcvl.NoiseModel(**noise)
