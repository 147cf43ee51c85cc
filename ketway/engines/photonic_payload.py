"""What a photonic job asks for, whichever Perceval wrote it.

Three inner forms: `computation` (1.3 and later, where a platform says that it takes it), `command`
with `experiment` (0.13 and later), and `command` with `circuit` (before).
Source: contracts/scaleway.md, section 4.7; perceval.runtime.payload_updater.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exqalibur.serialization import circuit_pb2 as pb

from ketway.domain.errors import ProgramRefused
from ketway.engines import (
    photonic_archive,
    photonic_circuit,
    photonic_numbers,
    photonic_texts,
    photonic_values,
)
from ketway.engines.circuit_documents import Limits, unwrap

LIMITS = Limits()
COMMANDS = ("probs", "sample_count", "samples")
MAX_ITERATIONS = 1_000
MAX_COUNT = 10**15
MAX_VALUE = 1e9
MAX_CONTEXT_CHARS = 64 << 10

Noise = Mapping[str, float | bool]


@dataclass(frozen=True, kw_only=True)
class Iteration:
    """One variation of a job; what it leaves out stays as it is.

    Args:
        said: what it says, which goes back beside its result.
        input_state, condition: as checked texts `:PCVL:TAG:body`.
    """

    said: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    input_state: str | None = None
    condition: str | None = None
    min_detected_photons: int | None = None
    max_samples: int | None = None
    max_shots: int | None = None
    noise: Noise | None = None
    compilation_seed: int | None = None


@dataclass(frozen=True, kw_only=True)
class Payload:
    """
    Args:
        experiment: bounded, its names not yet settled.
        iterations: none where the job is to be run as it is.
        context: goes back with the result, unread; None where none was sent.
        splits_performance: tell physical and logical performance apart.
    """

    command: str
    experiment: pb.Experiment
    max_samples: int | None = None
    max_shots: int | None = None
    noise: Noise | None = None
    min_detected_photons: int | None = None
    splits_performance: bool = False
    compilation_seed: int | None = None
    iterations: Sequence[Iteration] = ()
    context: Any = None


def payload_of(text: str, max_modes: int) -> Payload:
    """Open a job's program.

    Raises:
        ProgramRefused: anything about it that is not right, with what to change.
    """
    if len(text) > LIMITS.document_chars:
        raise ProgramRefused(
            f"A document of {len(text)} characters, at most {LIMITS.document_chars} allowed."
        )
    if text.lstrip().startswith(photonic_texts.PREFIX):
        return _bare(text.strip(), max_modes)
    document = unwrap(text, "document", LIMITS)
    if isinstance(document, dict) and isinstance(document.get("payload"), dict):
        document = document["payload"]
    if not isinstance(document, dict):
        raise ProgramRefused("The program is neither Perceval's text nor a JSON object that holds one.")
    if "computation" in document:
        return _computation(document, max_modes)
    if "experiment" in document or "circuit" in document:
        return _command(document, max_modes)
    raise ProgramRefused(
        "The document holds no `experiment`, `circuit` or `computation`; send it with Perceval."
    )


def _bare(text: str, max_modes: int) -> Payload:
    tag, _ = photonic_texts.opened(text, "program")
    if tag == "Experiment":
        experiment = _experiment(text, max_modes)
        if experiment.input_state:
            return Payload(command="probs", experiment=experiment)
    raise ProgramRefused(
        "This is a circuit without an input state, so no photons enter it; send an experiment with its input."
    )


def _experiment(text: Any, max_modes: int) -> pb.Experiment:
    data = photonic_texts.binary(text, "Experiment", "experiment")
    return photonic_circuit.experiment_in(data, max_modes)


def _command(document: Mapping[str, Any], max_modes: int) -> Payload:
    """Perceval from 0.10 to 1.2, and later ones as long as a platform names no commands."""
    if "experiment" in document:
        experiment, noise = _experiment(document["experiment"], max_modes), None
    else:
        experiment, noise = _from_parts(document, max_modes), document.get("noise")
    parameters = _object(document, "parameters")
    return _checked(
        Payload(
            command=_name_of_command(document.get("command")),
            experiment=experiment,
            max_samples=_count(document, "max_samples"),
            max_shots=_count(document, "max_shots"),
            noise=None if noise is None else photonic_texts.noise(noise),
            min_detected_photons=_count(parameters, "min_detected_photons"),
            splits_performance=parameters.get("compute_physical_logical_perf") is True,
            compilation_seed=_count(document, "compilation_seed"),
            iterations=_iterations(document.get("iterator")),
            context=_context(document.get("job_context")),
        )
    )


def _from_parts(document: Mapping[str, Any], max_modes: int) -> pb.Experiment:
    """Before there were experiments, their parts stood side by side."""
    circuit = photonic_circuit.circuit_in(
        photonic_texts.binary(document["circuit"], "ACircuit", "circuit"), max_modes
    )
    experiment = pb.Experiment(n_mode=circuit.n_mode, min_photons_filter=photonic_circuit.NOT_SET)
    experiment.components.add(n_mode=circuit.n_mode).circuit.CopyFrom(circuit)
    if document.get("input_state") is not None:
        experiment.input_state = photonic_texts.state(document["input_state"])
    if document.get("postselect") is not None:
        experiment.post_select = photonic_texts.condition(document["postselect"])
    for mode, photons in _object(document, "heralds").items():
        if not str(mode).isdecimal() or len(str(mode)) > 4 or type(photons) is not int:
            raise ProgramRefused("`heralds` should give a number of photons for each of its modes.")
        for ports in (experiment.input_ports, experiment.output_ports):
            ports[int(mode)].herald.value = min(max(photons, -1), 1_000)
    photonic_circuit.check(experiment, max_modes)
    return experiment


def _computation(document: Mapping[str, Any], max_modes: int) -> Payload:
    """Perceval 1.3, for platforms that name their commands."""
    asked = photonic_archive.value_in(document["computation"], "computation")
    iterations: Sequence[Any] = ()
    if isinstance(asked, photonic_archive.Thing) and asked.tag == "ComputationIterator":
        iterations = asked.has.get("_iterations") or ()
        asked = asked.has.get("base_computation")
    if not isinstance(asked, photonic_archive.Thing) or asked.tag != "Computation":
        raise ProgramRefused("The `computation` holds no computation.")
    command, experiment = asked.has.get("command"), asked.has.get("experiment")
    if not isinstance(command, photonic_archive.Thing) or not isinstance(
        experiment, photonic_archive.Experiment
    ):
        raise ProgramRefused("The `computation` should hold a command and an experiment.")
    if _archived(document, "mitigations"):
        raise ProgramRefused("Error mitigation is not done here; leave it to the client.")
    told = _mapping(asked.has.get("parameters"))
    settings = _mapping(_archived(document, "parameters"))
    noise = _archived(document, "noise")
    return _checked(
        Payload(
            command=_name_of_command(command.has.get("name")),
            experiment=photonic_circuit.experiment_in(experiment.data, max_modes),
            max_samples=_count(told, "max_samples"),
            max_shots=_count(told, "max_shots"),
            noise=_noise_thing(noise),
            splits_performance=settings.get("compute_physical_logical_perf") is True,
            compilation_seed=_count(told, "compilation_seed"),
            iterations=_iterations(iterations),
            context=_context(document.get("job_context")),
        )
    )


def _archived(document: Mapping[str, Any], name: str) -> Any:
    text = document.get(name)
    return None if text is None else photonic_archive.value_in(text, name)


def _noise_thing(found: Any) -> Noise | None:
    if found is None:
        return None
    if not isinstance(found, photonic_archive.Thing) or found.tag != "NoiseModel":
        raise ProgramRefused("The `noise` is no noise model.")
    return photonic_texts.noise_of(found.has)


def _mapping(found: Any) -> Mapping[str, Any]:
    return found if isinstance(found, dict) else {}


def _name_of_command(name: Any) -> str:
    if name not in COMMANDS:
        raise ProgramRefused(f"The command {str(name)[:40]!r} is not known; there are {', '.join(COMMANDS)}.")
    return str(name)


def _iterations(found: Any) -> Sequence[Iteration]:
    if found is None:
        return ()
    if not isinstance(found, list | tuple) or not all(isinstance(one, dict) for one in found):
        raise ProgramRefused("`iterator` should be a list with one object for each iteration.")
    if len(found) > MAX_ITERATIONS:
        raise ProgramRefused(f"{len(found)} iterations, at most {MAX_ITERATIONS} allowed in one job.")
    return tuple(_iteration(one) for one in found)


_ITERATION = {
    "circuit_params",
    "input_state",
    "min_detected_photons",
    "max_samples",
    "max_shots",
    "noise",
    "postselect",
    "compilation_seed",
}


def _iteration(said: Mapping[str, Any]) -> Iteration:
    if unknown := sorted(set(said) - _ITERATION):
        raise ProgramRefused(
            f"An iteration says {unknown[0][:40]!r}; it may say {', '.join(sorted(_ITERATION))}."
        )
    given = {name: value for name, value in said.items() if value is not None}
    for name, checked in (("input_state", photonic_texts.state), ("postselect", photonic_texts.condition)):
        if name in given:
            given[name] = checked(given[name])
    noise = given.get("noise")
    return Iteration(
        said=given,
        values=_values(_object(given, "circuit_params")),
        input_state=given.get("input_state"),
        condition=given.get("postselect"),
        min_detected_photons=_count(given, "min_detected_photons"),
        max_samples=_count(given, "max_samples"),
        max_shots=_count(given, "max_shots"),
        noise=None if noise is None else photonic_texts.noise(noise),
        compilation_seed=_count(given, "compilation_seed"),
    )


def _values(said: Mapping[str, Any]) -> dict[str, float]:
    values = {}
    for name, number in said.items():
        if number is None:
            continue
        if type(number) not in (int, float) or not -MAX_VALUE <= number <= MAX_VALUE:
            raise ProgramRefused(f"The circuit parameter {str(name)[:40]!r} should be a finite number.")
        values[photonic_numbers.normal(str(name))] = float(number)
    return values


def _count(said: Mapping[str, Any], name: str) -> int | None:
    number = said.get(name)
    if number is None:
        return None
    if isinstance(number, float) and number.is_integer():
        number = int(number)
    if type(number) is not int or not 0 <= number <= MAX_COUNT:
        raise ProgramRefused(f"{name} should be a whole number from 0, or left out.", "parameters")
    return number


def _object(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = said.get(name)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise ProgramRefused(f"`{name}` should be a JSON object.")
    return found


def _context(found: Any) -> Any:
    if found is not None and len(json.dumps(found)) > MAX_CONTEXT_CHARS:
        raise ProgramRefused(f"`job_context` is larger than {MAX_CONTEXT_CHARS} characters.")
    return found


def _checked(payload: Payload) -> Payload:
    names = photonic_values.known_in(payload.experiment)[1]
    for iteration in payload.iterations:
        if unknown := sorted(iteration.values.keys() - names):
            raise ProgramRefused(f"The circuit has no parameter {unknown[0][:60]!r}.")
    return payload
