"""An emulator configuration as text: white-listed, bounded, and made ours where it is about our machine."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import NAMESPACE_OID, uuid5

from pulser._hamiltonian_data.hamiltonian_data import has_shot_to_shot_except_spam
from pulser.backend import BitStrings, EmulationConfig

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Task
from ketway.engines.pulser_machine import Machine, configuration_on, machine_of, must_fit_a_machine
from ketway.engines.pulser_program import Sequence, refused, unpack, unwrap

Config: TypeAlias = EmulationConfig[Any]

COMMON = frozenset(
    {"observables", "callbacks", "default_evaluation_times", "default_num_shots", "n_trajectories"}
    | {"noise_model", "prefer_device_noise_model", "initial_state", "interaction_matrix", "with_modulation"}
    | {"strict_validation"}  # not pulser's: validate as for a QPU
)
EMU = frozenset({"dt", "max_krylov_dim", "gpu", "interaction_cutoff", "log_level", "log_file", "solver"})
#: Settings of each engine beyond the common ones.
OWN = {
    "pulser-qutip": frozenset({"sampling_rate", "solver", "print_progress", "progress_bar"}),
    "emu-sv": EMU | {"krylov_tolerance"},
    "emu-mps": EMU
    | {"precision", "max_bond_dim", "extra_krylov_tolerance", "num_gpus_to_use", "optimize_qubit_ordering"}
    | {"autosave_prefix", "autosave_dt"},
}
DEFAULT_SHOTS = 100  #: without a configuration
DEFAULT_NUM_SHOTS = 1000  #: with one that does not say
DEVICE_TRAJECTORIES = 40  #: pulser's own, where the device's noise is preferred
MAX_OBSERVABLES = 100
MAX_EVALUATION_TIMES = 2_000
MAX_TRAJECTORIES = 2_000
MAX_STEPS = 100_000
MAX_SAMPLES = 500_000_000  #: over all trajectories, at one evaluation time
DECAYS = frozenset({"relaxation", "dephasing", "depolarizing", "eff_noise", "leakage"})
ONE_STATES = {"ground-rydberg": "r", "digital": "h", "XY": "d"}


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What one engine takes of a configuration.

    Args:
        engine: its name.
        parse: the class that reads it.
        ours: what the platform decides, whatever was sent.
        dropped: keys read over.
        numbers: key to the smallest and largest allowed; two whole numbers allow no others.
        solvers: their names, the default first.
    """

    engine: str
    parse: type[Config]
    ours: Mapping[str, Any]
    numbers: Mapping[str, tuple[float, float]]
    solvers: tuple[str, ...]
    dropped: frozenset[str] = frozenset()


def configure(task: Task, sequence: Sequence, rules: Rules) -> Config:
    """The configuration to run with.

    Raises:
        ProgramRefused: with field `configuration` or `shots`.
        ShotsOverLimit: in all, or for one observable.
    """
    machine = machine_of(task.settings)
    document = asked_document(task, rules) if machine is None else own_document(task, machine)
    document = platforms_own(task, rules) | document
    if document.pop("strict_validation", False):
        must_fit_a_machine(sequence)
    qubits = len(sequence.register.qubit_ids)
    duration = sequence.get_duration(include_fall_time=bool(document.get("with_modulation")))
    look_over(document, rules, qubits=qubits, duration=duration, max_shots=task.max_shots)
    settle_noise(document, sequence)
    settle_observables(document, sequence)
    with (
        warnings.catch_warnings(),
        refused("configuration", f"Not a configuration that {rules.engine} can read"),
    ):
        warnings.simplefilter("ignore")
        config = rules.parse.from_abstract_repr(json.dumps({**document, **rules.ours}))
        if not draws_trajectories(config, rules.engine):
            # Otherwise emu-sv and emu-mps compute the same thing again and again.
            config = config.with_changes(n_trajectories=1)
    asked = max([config.default_num_shots, *(number for _, number in bitstrings(config))])
    if asked * config.n_trajectories > MAX_SAMPLES:
        raise ProgramRefused(
            f"{config.n_trajectories} trajectories of {asked} shots are more than {MAX_SAMPLES} samples.",
            "configuration",
        )
    return config


def asked_document(task: Task, rules: Rules) -> dict[str, Any]:
    """What the user configured.

    A text without observables is no configuration of pulser's but a few settings of an older
    client: the rest, the number of shots too, is as it would be without them.
    """
    text = configuration_text(task)
    if text is None:
        return default_document() | {"default_num_shots": shots_of(task, None)}
    said = read(text, rules)
    if "observables" in said:
        return said | {"default_num_shots": shots_of(task, said)}
    default = {key: value for key, value in default_document().items() if key != "n_trajectories"}
    return default | said | {"default_num_shots": shots_of(task, None)}


def platforms_own(task: Task, rules: Rules) -> dict[str, Any]:
    """What the platform's `defaults` say where nobody else does, of the numbers that this engine takes."""
    defaults: Mapping[str, Any] = task.settings.get("defaults", {})
    return {key: value for key, value in defaults.items() if key in rules.numbers}


def own_document(task: Task, machine: Machine) -> dict[str, Any]:
    """What a machine is run with; it takes no wishes.

    Raises:
        ProgramRefused: there are wishes.
    """
    if configuration_text(task) is not None:
        raise ProgramRefused(
            f"{machine.name} takes no configuration: it runs with its own noise and reads its atoms once, at "
            "the end. Leave the configuration out, or run on an emulator.",
            "configuration",
        )
    shots = shots_of(task, None)
    return default_document() | configuration_on(machine, shots) | {"default_num_shots": shots}


def configuration_text(task: Task) -> str | None:
    return task.configuration if task.configuration is not None else unpack(task.program).configuration


def default_document() -> dict[str, Any]:
    """A single observable: bitstrings at the end."""
    observable = BitStrings(evaluation_times=[1.0])
    document = json.loads(EmulationConfig(observables=[observable]).to_abstract_repr(skip_validation=True))
    del document["observables"][0]["uuid"]
    return dict(document)


def read(text: str, rules: Rules) -> dict[str, Any]:
    """Decode and white-list."""
    document = unwrap(text, "configuration")
    if not isinstance(document, dict):
        raise ProgramRefused("The configuration should be a JSON object.", "configuration")
    for key in sorted(document.keys() - COMMON - OWN[rules.engine]):
        owners = [engine for engine, keys in OWN.items() if key in keys]
        whose = f" but one of {' and '.join(owners)}" if owners else ""
        raise ProgramRefused(f"`{key}` is not a setting of {rules.engine}{whose}.", "configuration")
    if not isinstance(document.get("strict_validation", False), bool):
        raise ProgramRefused("`strict_validation` should be true or false.", "configuration")
    if document.get("callbacks"):
        raise ProgramRefused("Callbacks are not run on this platform; leave them out.", "configuration")
    return {key: value for key, value in document.items() if key not in rules.dropped}


def shots_of(task: Task, document: Mapping[str, Any] | None) -> int:
    """How many shots, for every observable that does not say."""
    if task.shots is not None and task.shots < 1:
        raise ProgramRefused(f"{task.shots} shots asked, at least 1 needed.", "shots")
    if document is None:
        shots = min(DEFAULT_SHOTS, task.max_shots) if task.shots is None else task.shots
    elif task.shots is not None and task.shots > 1:
        shots = task.shots
    else:
        # Older clients send a literal 1 to mean that none were asked for.
        shots = whole(document.get("default_num_shots") or min(DEFAULT_NUM_SHOTS, task.max_shots), "shots")
    if shots > task.max_shots:
        raise ShotsOverLimit(shots, task.max_shots)
    return shots


def whole(value: Any, what: str) -> int:
    if type(value) is not int or value < 1:
        raise ProgramRefused(f"The number of {what} should be a whole number from 1.", "configuration")
    return value


def look_over(document: dict[str, Any], rules: Rules, *, qubits: int, duration: int, max_shots: int) -> None:
    """Refuse what would cost too much; its own class would begin to build it."""
    observables = document.get("observables")
    if isinstance(observables, list):
        if len(observables) > MAX_OBSERVABLES:
            raise ProgramRefused(
                f"{len(observables)} observables, at most {MAX_OBSERVABLES} allowed.", "configuration"
            )
        for observable in observables:
            if isinstance(observable, dict):
                look_over_observable(observable, qubits=qubits, max_shots=max_shots)
    few(document.get("default_evaluation_times"), "default evaluation times")
    same_size(document.get("initial_state"), qubits, "initial state")
    matrix = document.get("interaction_matrix")
    while isinstance(matrix, list):
        if len(matrix) > max(qubits, 2):
            raise ProgramRefused(
                f"The interaction matrix is larger than the {qubits} atoms of the register.", "configuration"
            )
        matrix = matrix[0] if matrix else None
    trajectories = document.get("n_trajectories")
    if isinstance(trajectories, int | float) and not trajectories <= MAX_TRAJECTORIES:
        raise ProgramRefused(
            f"{trajectories} trajectories asked, at most {MAX_TRAJECTORIES} allowed.", "configuration"
        )
    for key, (low, high) in rules.numbers.items():
        if key in document and not within(document[key], low, high):
            kind = "a whole number" if type(low) is int else "a number"
            raise ProgramRefused(f"`{key}` should be {kind} from {low:g} to {high:g}.", "configuration")
    if (solver := document.get("solver", rules.solvers[0])) not in rules.solvers:
        raise ProgramRefused(
            f"{rules.engine} has no solver {str(solver)[:50]}; choose {' or '.join(rules.solvers)}.",
            "configuration",
        )
    if "dt" in rules.numbers and duration / (dt := document.get("dt", 10.0)) > MAX_STEPS:
        raise ProgramRefused(
            f"Steps of {dt} ns make more than {MAX_STEPS} over {duration} ns.", "configuration"
        )


def within(value: Any, low: float, high: float) -> bool:
    return type(value) in ({int} if type(low) is int else {int, float}) and low <= value <= high


def look_over_observable(observable: dict[str, Any], *, qubits: int, max_shots: int) -> None:
    few(observable.get("evaluation_times"), "evaluation times")
    same_size(observable.get("state"), qubits, "state of an observable")
    operator = observable.get("operator")
    if isinstance(operator, dict) and operator.get("n_qudits") != qubits:
        raise ProgramRefused(
            f"An observable's operator is for {operator.get('n_qudits')} atoms; the register has {qubits}.",
            "configuration",
        )
    shots = observable.get("num_shots")
    if isinstance(shots, int | float) and shots > max_shots:
        raise ShotsOverLimit(int(min(shots, 1 << 62)), max_shots)


def few(times: Any, what: str) -> None:
    if isinstance(times, list) and len(times) > MAX_EVALUATION_TIMES:
        raise ProgramRefused(f"{len(times)} {what}, at most {MAX_EVALUATION_TIMES} allowed.", "configuration")


def same_size(state: Any, qubits: int, what: str) -> None:
    amplitudes = state.get("amplitudes") if isinstance(state, dict) else None
    if isinstance(amplitudes, dict) and any(len(key) != qubits for key in amplitudes):
        raise ProgramRefused(f"The {what} is not one of {qubits} atoms.", "configuration")


def settle_noise(document: dict[str, Any], sequence: Sequence) -> None:
    """One noise model and one number of trajectories, wherever they were written.

    The device's model is put in here because the emulators read their read-out errors from the
    configuration's model even when they take the rest from the device's.
    """
    preferred = bool(document.get("prefer_device_noise_model"))
    if preferred and (model := sequence.device.noise_model) is not None:
        document["noise_model"] = json.loads(model.to_abstract_repr())
        document["prefer_device_noise_model"] = False
    noise = document.get("noise_model")
    if isinstance(noise, dict):
        runs = None if preferred else noise.get("runs")
        if document.get("n_trajectories") is None:
            document["n_trajectories"] = runs or (DEVICE_TRAJECTORIES if preferred else 1)
        noise["runs"] = None  # deprecated; a value that differs is refused by pulser
        whole(document["n_trajectories"], "trajectories")
        if document["n_trajectories"] > MAX_TRAJECTORIES:
            raise ProgramRefused(
                f"{document['n_trajectories']} trajectories asked, at most {MAX_TRAJECTORIES} allowed.",
                "configuration",
            )


def settle_observables(document: dict[str, Any], sequence: Sequence) -> None:
    """An id for each observable, and the state read as 1 where the emulator could not tell."""
    observables = document.get("observables")
    for position, observable in enumerate(observables if isinstance(observables, list) else ()):
        if isinstance(observable, dict):
            observable["uuid"] = observable.get("uuid") or str(uuid5(NAMESPACE_OID, str(position)))
            if observable.get("observable") == "bitstrings" and len(sequence.get_addressed_bases()) > 1:
                basis = sequence.get_measurement_basis()
                observable["one_state"] = observable.get("one_state") or ONE_STATES[basis]


def bitstrings(config: Config) -> list[tuple[str, int]]:
    """Tag and number of shots of each observable that samples."""
    found = []
    for observable in config.observables:
        if isinstance(observable, BitStrings):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found.append((observable.tag, observable.num_shots or config.default_num_shots))
    return found


def is_random(config: Config) -> bool:
    """Whether each trajectory has chances of its own, before any decay."""
    noise = config.noise_model
    return bool(has_shot_to_shot_except_spam(noise) or noise.state_prep_error > 0)


def decays(config: Config) -> bool:
    return not DECAYS.isdisjoint(config.noise_model.noise_types)


def jumps(config: Config, engine: str) -> bool:
    """Whether decay is drawn as quantum jumps; the alternative is a density matrix."""
    if not decays(config):
        return False
    solver = str(getattr(config.solver, "value", config.solver)).lower()
    return engine == "emu-mps" or solver == "montecarlo" or (solver == "default" and is_random(config))


def draws_trajectories(config: Config, engine: str) -> bool:
    return is_random(config) or jumps(config, engine)


def needs_density_matrix(config: Config, engine: str) -> bool:
    return decays(config) and not jumps(config, engine)
