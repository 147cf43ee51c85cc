"""What is refused of a sequence, its variables and its configuration, and what is let through."""

from __future__ import annotations

import dataclasses
import json
from math import inf, nan, pi
from typing import Any

import numpy as np
import pulser
import pytest
from pulser import NoiseModel
from pulser.backend import BitStrings, Expectation, Fidelity, OperatorRepr, StateRepr

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.tasks import Task
from ketway.engines import emu_mps, emu_sv, pulser_qutip
from ketway.engines.pulser_config import bitstrings
from ketway.engines.pulser_engine import PulserEngine
from ketway.engines.pulser_program import UNREADABLE, build, parse
from tests.engines.sequences import (
    FAR,
    a_configuration,
    a_sequence,
    a_task,
    mappable,
    parametrised,
    two_blockaded,
)

QUTIP, SV, MPS = pulser_qutip.ENGINE, emu_sv.ENGINE, emu_mps.ENGINE
VALUES = {"area": pi, "phases": [0.0, 1.0]}


def refusal(task: Task, engine: PulserEngine = QUTIP) -> ProgramRefused:
    with pytest.raises(ProgramRefused) as caught:
        engine.check(task)
    return caught.value


def configured(document: dict[str, Any], sequence: Any = None, **changes: Any) -> Task:
    return a_task(sequence or two_blockaded(), configuration=json.dumps(document), **changes)


def altered(**changes: Any) -> str:
    return json.dumps(json.loads(two_blockaded().to_abstract_repr()) | changes)


@pytest.mark.parametrize("program", ["", "nonsense", "[]", "3", "{}", '{"a": 1}', "null", "[" * 100_000])
def test_a_program_that_is_no_sequence_is_refused(program: str) -> None:
    why = refusal(a_task(program))

    assert why.field == "program"
    assert str(why)


@pytest.mark.parametrize("key", ["_build", "__module__"])
def test_the_old_format_that_names_python_modules_is_refused(key: str) -> None:
    program = json.dumps({key: True, "__module__": "os", "__name__": "system", "__args__": ["true"]})

    assert "to_abstract_repr" in str(refusal(a_task(program)))


def test_a_refusal_of_pulser_is_told_with_its_place_and_without_the_document() -> None:
    document = json.loads(two_blockaded().to_abstract_repr())
    document["operations"][0]["amplitude"]["kind"] = "triangle"

    why = str(refusal(a_task(json.dumps(document))))

    assert "$.operations[0].amplitude" in why
    assert "pulser-exported" not in why


def test_a_channel_that_the_device_does_not_have_is_refused() -> None:
    why = refusal(a_task(altered(channels={"drive": "zzz"})))

    assert "zzz" in str(why)


def test_a_sequence_in_the_document_of_the_other_surface_is_found() -> None:
    configuration = json.dumps(a_configuration() | {"default_num_shots": 70})
    text = json.dumps(two_blockaded().to_abstract_repr())  # a string inside a string
    program = json.dumps({"sequence": text, "backend_configuration": json.dumps(configuration)})

    sequence, config = QUTIP.prepare(a_task(program, shots=None))

    assert len(sequence.register.qubit_ids) == 2
    assert config.default_num_shots == 70


def test_the_configuration_of_the_task_goes_before_the_one_in_the_document() -> None:
    inner = json.dumps(a_configuration() | {"default_num_shots": 70})
    program = json.dumps({"sequence": two_blockaded().to_abstract_repr(), "backend_configuration": inner})
    outer = json.dumps(a_configuration() | {"default_num_shots": 80})

    _, config = QUTIP.prepare(a_task(program, shots=None, configuration=outer))

    assert config.default_num_shots == 80


def test_a_document_without_a_configuration_has_the_default_one() -> None:
    program = json.dumps({"sequence": two_blockaded().to_abstract_repr(), "backend_configuration": None})

    _, config = QUTIP.prepare(a_task(program, shots=None))

    assert config.default_num_shots == 100


def test_a_text_wrapped_too_often_is_refused() -> None:
    program = two_blockaded().to_abstract_repr()
    for _ in range(6):
        program = json.dumps(program)

    assert "times over" in str(refusal(a_task(program)))


def test_more_atoms_than_the_platform_has_are_refused() -> None:
    sequence = a_sequence(*((n * 10.0, 0.0) for n in range(5)))

    assert str(refusal(a_task(sequence, max_qubits=4))) == "5 atoms, at most 4 on this platform."


def test_more_levels_take_the_room_of_more_atoms() -> None:
    sequence = a_sequence((0.0, 0.0), (FAR, 0.0), (2 * FAR, 0.0), basis=None)
    sequence.declare_channel("raman", "raman_global")
    sequence.add(pulser.Pulse.ConstantPulse(100, 1.0, 0.0, 0.0), "raman")
    sequence.measure("digital")

    assert "3 levels, at most 2" in str(refusal(a_task(sequence, max_qubits=4)))


def test_noise_that_needs_a_density_matrix_is_allowed_fewer_atoms() -> None:
    sequence = a_sequence(*((n * FAR, 0.0) for n in range(6)))
    noise = NoiseModel(dephasing_rate=1.0)
    tasks = [
        configured(a_configuration(noise_model=noise, solver=solver), sequence, max_qubits=8)
        for solver in ("default", "MonteCarlo")
    ]

    why = refusal(tasks[0])
    QUTIP.check(tasks[1])

    assert "at most 5" in str(why)


def test_a_sequence_that_lasts_too_long_is_refused() -> None:
    task = a_task(a_sequence(duration=3_000), settings={"max_duration_ns": 2_000})

    assert "at most 2000 ns" in str(refusal(task))


def test_many_short_pulses_are_added_up() -> None:
    sequence = a_sequence(duration=1_500, basis=None)
    sequence.delay(1_500, "drive")

    assert "lasts 3000 ns" in str(refusal(a_task(sequence, settings={"max_duration_ns": 2_000})))


def test_an_expression_of_numbers_alone_is_not_worked_out() -> None:
    huge = {"expression": "pow", "lhs": 9, "rhs": {"expression": "pow", "lhs": 9, "rhs": 9}}
    delay = {"op": "delay", "channel": "drive", "time": huge, "at_rest": False}
    document = json.loads(two_blockaded().to_abstract_repr())
    document["operations"].append(delay)

    assert "without a variable" in str(refusal(a_task(json.dumps(document))))


def test_a_sequence_that_is_not_measured_is_measured_in_its_one_basis() -> None:
    task = a_task(a_sequence(channel="mw_global", basis=None))

    sequence = build(task)

    assert sequence.get_measurement_basis() == "XY"


def test_measuring_leaves_the_kept_sequence_alone() -> None:
    task = a_task(a_sequence(basis=None))

    build(task)

    assert not parse(task.program, task.max_qubits, 100_000, UNREADABLE).is_measured()


def test_a_sequence_of_two_bases_must_say_which_is_measured() -> None:
    sequence = a_sequence(basis=None)
    sequence.declare_channel("raman", "raman_global")
    sequence.add(pulser.Pulse.ConstantPulse(100, 1.0, 0.0, 0.0), "raman")

    assert "digital, ground-rydberg; add a measurement" in str(refusal(a_task(sequence)))


@pytest.mark.parametrize(
    ("engine", "channel"), [(SV, "mw_global"), (SV, "raman_global"), (MPS, "raman_global")]
)
def test_a_basis_that_the_engine_does_not_know_is_refused(engine: PulserEngine, channel: str) -> None:
    sequence = a_sequence((0.0, 0.0), (FAR, 0.0), channel=channel, basis=None)

    assert f"{engine.name} runs ground-rydberg" in str(refusal(a_task(sequence), engine))


def test_emu_mps_needs_two_atoms() -> None:
    assert "at least 2 atoms; 1" in str(refusal(a_task(), MPS))


def test_variables_take_scalars_and_lists() -> None:
    task = a_task(parametrised(), parameters=VALUES | {"area": [pi]})

    assert build(task).get_duration() == 300


def test_missing_variables_are_named_with_their_sizes() -> None:
    why = refusal(a_task(parametrised()))

    assert why.field == "parameters"
    assert "area (1 value), phases (2 values) missing" in str(why)


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        (VALUES | {"time": 3}, "expects area, phases; time given"),
        (VALUES | {"phases": [1.0]}, "phases takes 2 values, 1 given"),
        (VALUES | {"phases": 1.0}, "phases takes 2 values, 1 given"),
        (VALUES | {"area": []}, "area takes 1 value, 0 given"),
        (VALUES | {"area": nan}, "finite numbers"),
        (VALUES | {"area": inf}, "finite numbers"),
        (VALUES | {"area": 10**400}, "finite numbers"),
        (VALUES | {"area": "q1"}, "finite numbers"),
        (VALUES | {"area": True}, "finite numbers"),
        (VALUES | {"area": None}, "finite numbers"),
        (VALUES | {"area": {"a": 1}}, "finite numbers"),
        (VALUES | {"area": -1.0}, "cannot be built"),
        (VALUES | {"qubits": {"q0": 1}}, "not mappable"),
    ],
)
def test_wrong_parameters_are_refused(parameters: dict[str, Any], told: str) -> None:
    why = refusal(a_task(parametrised(), parameters=parameters))

    assert why.field == "parameters"
    assert told in str(why)


def test_a_sequence_without_variables_takes_none() -> None:
    why = refusal(a_task(parameters={"area": 1.0}))

    assert str(why) == "The sequence expects no variables; area given."


def test_one_parse_serves_a_sweep_of_parameters() -> None:
    parse.cache_clear()
    text = parametrised().to_abstract_repr()

    for area in (0.5, 1.0, 1.5):
        build(a_task(text, parameters=VALUES | {"area": area}))

    assert parse.cache_info().misses == 1


def test_a_mappable_register_holds_the_mapped_qubits_only() -> None:
    task = a_task(mappable(), parameters={"qubits": {"q0": 3, "q1": 0}})

    assert build(task).register.qubit_ids == ("q0", "q1")


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "give `qubits`"),
        ({"qubits": {}}, "should map"),
        ({"qubits": ["q0"]}, "should map"),
        ({"qubits": {"q0": "1"}}, "should map"),
        ({"qubits": {"q0": 99}}, "cannot be built"),
        ({"qubits": {"q9": 1}}, "cannot be built"),
        ({"qubits": {"q1": 1}}, "cannot be built"),
        ({"qubits": {"q0": 1, "q1": 1}}, "cannot be built"),
    ],
)
def test_a_mappable_register_without_a_right_map_is_refused(parameters: dict[str, Any], told: str) -> None:
    why = refusal(a_task(mappable(), parameters=parameters))

    assert why.field == "parameters"
    assert told in str(why)


@pytest.mark.parametrize(
    ("shots", "default", "resolved"), [(None, 70, 70), (1, 70, 70), (2, 70, 2), (None, None, 1000)]
)
def test_shots_with_a_configuration(shots: int | None, default: int | None, resolved: int) -> None:
    document = a_configuration() | {"default_num_shots": default}
    if default is None:
        del document["default_num_shots"]

    _, config = QUTIP.prepare(configured(document, shots=shots))

    assert config.default_num_shots == resolved


@pytest.mark.parametrize(("shots", "resolved"), [(None, 100), (1, 1), (7, 7)])
def test_shots_without_a_configuration(shots: int | None, resolved: int) -> None:
    _, config = QUTIP.prepare(a_task(shots=shots))

    assert config.default_num_shots == resolved


def test_an_observable_keeps_its_own_shots() -> None:
    document = a_configuration(BitStrings(evaluation_times=[1.0], num_shots=30), BitStrings(tag_suffix="b"))

    _, config = QUTIP.prepare(configured(document, shots=50))

    assert bitstrings(config) == [("bitstrings", 30), ("bitstrings_b", 50)]


@pytest.mark.parametrize("shots", [0, -1])
def test_no_shots_are_refused(shots: int) -> None:
    assert refusal(a_task(shots=shots)).field == "shots"


def test_too_many_shots_are_refused_wherever_they_are_asked() -> None:
    tasks = [
        a_task(shots=101, max_shots=100),
        configured(a_configuration() | {"default_num_shots": 101}, shots=None, max_shots=100),
        configured(a_configuration(BitStrings(num_shots=101)), shots=5, max_shots=100),
    ]

    for task in tasks:
        with pytest.raises(ShotsOverLimit) as caught:
            QUTIP.check(task)
        assert (caught.value.asked, caught.value.allowed) == (101, 100)


@pytest.mark.parametrize(
    ("engine", "key", "told"),
    [
        (QUTIP, "dt", "not a setting of pulser-qutip but one of emu-sv and emu-mps"),
        (SV, "max_bond_dim", "not a setting of emu-sv but one of emu-mps"),
        (MPS, "sampling_rate", "not a setting of emu-mps but one of pulser-qutip"),
        (MPS, "backend_options", "`backend_options` is not a setting of emu-mps."),
    ],
)
def test_a_strange_key_is_named(engine: PulserEngine, key: str, told: str) -> None:
    why = refusal(configured(a_configuration() | {key: 1}), engine)

    assert why.field == "configuration"
    assert told in str(why)


def test_wishes_about_our_machine_are_not_followed(tmp_path: Any) -> None:
    wishes = {
        "log_file": str(tmp_path / "log"),
        "autosave_prefix": str(tmp_path / "save"),
        "autosave_dt": 11.0,
        "num_gpus_to_use": 1,
        "gpu": True,
    }

    _, config = MPS.prepare(configured(a_configuration() | wishes))

    assert (config.gpu, config.log_file, config.autosave_dt) == (False, None, inf)
    assert str(tmp_path) not in repr(config)
    assert not list(tmp_path.iterdir())


def test_the_infinity_that_clients_send_is_read() -> None:
    text = json.dumps(a_configuration() | {"autosave_dt": inf, "num_gpus_to_use": 1})

    MPS.check(a_task(two_blockaded(), configuration=text))

    assert "Infinity" in text


@pytest.mark.parametrize(
    ("engine", "changes", "told"),
    [
        (QUTIP, {"callbacks": [{"a": 1}]}, "Callbacks"),
        (QUTIP, {"n_trajectories": 10**9}, "trajectories"),
        (QUTIP, {"n_trajectories": 0}, "trajectories"),
        (QUTIP, {"sampling_rate": 2.0}, "sampling_rate"),
        (QUTIP, {"sampling_rate": 1e-5}, "sampling_rate"),
        (QUTIP, {"solver": "mine"}, "no solver mine"),
        (QUTIP, {"default_evaluation_times": [0.5, 2.0]}, "can read"),
        (QUTIP, {"default_evaluation_times": [n / 1e5 for n in range(90_000)]}, "evaluation times"),
        (QUTIP, {"observables": [{"observable": "mine"}]}, "can read"),
        (QUTIP, {"observables": 3}, "can read"),
        (QUTIP, {"observables": [{}] * 200}, "200 observables"),
        (QUTIP, {"interaction_matrix": [[0.0, 1.0], [1.0, 0.0]]}, "does not handle"),
        (QUTIP, {"noise_model": {}}, "can read"),
        (QUTIP, {"noise_model": None}, "can read"),
        (QUTIP, {"default_num_shots": "many"}, "whole number"),
        (SV, {"dt": 1e-6}, "dt"),
        (SV, {"dt": 0}, "dt"),
        (SV, {"dt": nan}, "dt"),
        (SV, {"dt": "ten"}, "dt"),
        (SV, {"dt": 0.001}, "Steps of 0.001 ns"),
        (SV, {"solver": "mine"}, "no solver mine"),
        (SV, {"max_krylov_dim": 2.5}, "whole number"),
        (SV, {"default_evaluation_times": "Full", "observables": [{"observable": "energy"}]}, "can"),
        (SV, {"interaction_matrix": [[0.0] * 50] * 50}, "larger than the 2 atoms"),
        (SV, {"interaction_matrix": [[0.0, 1.0], [2.0, 0.0]]}, "symmetric"),
        (MPS, {"max_bond_dim": 10**6}, "max_bond_dim"),
        (MPS, {"precision": 0}, "precision"),
    ],
)
def test_a_configuration_out_of_bounds_is_refused(
    engine: PulserEngine, changes: dict[str, Any], told: str
) -> None:
    why = refusal(configured(a_configuration() | changes, shots=None), engine)

    assert why.field == "configuration"
    assert any(part in str(why) for part in told.split("|"))


@pytest.mark.parametrize("text", ["nope", "[]", "3"])
def test_a_configuration_that_is_none_is_refused(text: str) -> None:
    assert refusal(a_task(configuration=text)).field == "configuration"


def test_states_and_operators_of_another_size_are_refused_before_they_are_built() -> None:
    state = StateRepr.from_state_amplitudes(eigenstates=("r", "g"), amplitudes={"r" * 30: 1.0})
    operator = OperatorRepr.from_operator_repr(
        eigenstates=("r", "g"), n_qudits=30, operations=[(1.0, [({"rr": 1.0}, {0})])]
    )
    documents = [
        a_configuration(Fidelity(state)),
        a_configuration(Expectation(operator)),
        a_configuration(initial_state=state),
    ]

    for document in documents:
        assert "atoms" in str(refusal(configured(document)))


def test_evaluation_times_that_keep_too_much_are_refused() -> None:
    sequence = a_sequence(*((n * FAR, 0.0) for n in range(12)), duration=50_000)

    why = refusal(configured(a_configuration() | {"default_evaluation_times": "Full"}, sequence))

    assert "MiB" in str(why)


def test_trajectories_without_chance_are_not_repeated() -> None:
    document = a_configuration(noise_model=NoiseModel(p_false_pos=0.1), n_trajectories=40)

    repeats = [engine.prepare(configured(document))[1].n_trajectories for engine in (QUTIP, SV, MPS)]

    assert repeats == [1, 1, 1]


def test_the_noise_of_the_device_is_taken_whole_where_it_is_preferred() -> None:
    device = dataclasses.replace(pulser.MockDevice, noise_model=NoiseModel(p_false_pos=0.25, amp_sigma=0.1))
    sequence = a_sequence((0.0, 0.0), (FAR, 0.0), device=device)
    document = a_configuration() | {"prefer_device_noise_model": True}
    del document["n_trajectories"]

    for engine in (QUTIP, SV, MPS):
        _, config = engine.prepare(configured(document, sequence))
        assert (config.noise_model.p_false_pos, config.n_trajectories) == (0.25, 40)


def test_noise_of_an_older_client_brings_its_runs() -> None:
    document = a_configuration(noise_model=NoiseModel(amp_sigma=0.1))
    del document["n_trajectories"]
    document["noise_model"] |= {"runs": 7, "samples_per_run": 3}

    _, config = QUTIP.prepare(configured(document))

    assert config.n_trajectories == 7


def test_a_noise_that_an_engine_does_not_know_is_refused() -> None:
    leak = NoiseModel(
        eff_noise_opers=(np.array([[0, 0, 0], [0, 0, 0], [0, 1, 0]]),),
        eff_noise_rates=(3.0,),
        with_leakage=True,
    )
    task = configured(a_configuration(noise_model=leak))

    with pytest.raises(ProgramRefused, match="emu-sv cannot run this"):
        SV.run(task, lambda percent: None)
