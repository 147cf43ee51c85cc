"""Which emulator a sequence is given to, where the platform leaves it to its size."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pulser
import pytest
from pulser import NoiseModel
from pulser.pulse import Pulse

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Task
from ketway.engines.pulser_by_size import ENGINE, STEPS, chosen
from tests.engines.machines import PLATFORMS, a_task_on, device_of
from tests.engines.sequences import a_configuration, a_sequence, a_task

NAME = "EMU-FRESNEL-100PQ"


def atoms(number: int, **changes: Any) -> Any:
    return a_sequence(*((8.0 * n, 0.0) for n in range(number)), **changes)


def engine_for(task: Task) -> str:
    engine, _ = chosen(task)
    return engine.name


def settings(**keys: Any) -> str:
    return json.dumps(a_configuration() | keys)


@pytest.mark.parametrize(("number", "name"), [(1, "pulser-qutip"), (13, "pulser-qutip"), (14, "emu-sv")])
def test_the_smallest_registers_go_to_the_fastest(number: int, name: str) -> None:
    assert engine_for(a_task(atoms(number), max_qubits=60)) == name


def test_each_emulator_is_given_as_many_atoms_as_it_says_and_the_last_all_the_others() -> None:
    for step, after in itertools.pairwise(STEPS):
        assert engine_for(a_task(atoms(step.max_atoms), max_qubits=60)) == step.engine.name
        assert engine_for(a_task(atoms(step.max_atoms + 1), max_qubits=60)) == after.engine.name


def test_an_emulator_is_held_to_its_own_size_and_to_the_platform_s() -> None:
    _, few = chosen(a_task(atoms(2), max_qubits=60))
    _, fewer = chosen(a_task(atoms(2), max_qubits=5))

    assert (few.max_qubits, fewer.max_qubits) == (STEPS[0].max_atoms, 5)


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        ({}, "pulser-qutip"),
        ({"sampling_rate": 0.5}, "pulser-qutip"),
        ({"dt": 5.0}, "emu-sv"),
        ({"krylov_tolerance": 1e-8}, "emu-sv"),
        ({"max_bond_dim": 10}, "emu-mps"),
    ],
)
def test_a_configuration_of_one_emulator_asks_for_that_one(keys: dict[str, Any], name: str) -> None:
    beside = a_task(atoms(2), configuration=settings(**keys))
    inside = {"sequence": atoms(2).to_abstract_repr(), "backend_configuration": settings(**keys)}

    assert engine_for(beside) == name
    assert engine_for(a_task(json.dumps(inside))) == name


def test_what_state_vectors_do_not_know_goes_to_the_one_that_does() -> None:
    assert engine_for(a_task(atoms(14, channel="mw_global", basis="XY"), max_qubits=60)) == "emu-mps"


@pytest.mark.parametrize(
    ("task", "said"),
    [
        (a_task(atoms(61), max_qubits=60), "61 atoms, at most 60"),
        (a_task(atoms(2), configuration=settings(guess=True)), "`guess` is not a setting"),
        (a_task(atoms(2), configuration="[]"), "should be a JSON object"),
        (a_task("{}"), "Not a sequence that Pulser can read"),
    ],
)
def test_what_no_emulator_takes_is_refused_with_the_reason(task: Task, said: str) -> None:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(task)

    assert said in str(refused.value)


def test_the_answer_says_which_emulator_gave_it() -> None:
    told: list[int] = []

    computed = ENGINE.run(a_task(atoms(2)), told.append)

    assert computed.metadata["engine"] == "pulser-qutip"
    assert (told[0], told[-1]) == (0, 100)


def test_the_emulators_agree_on_a_register_without_symmetry() -> None:
    """Told by the mean of each atom: one that is in another's place would be seen."""
    places = [(0.0, 0.0), (5.5, 0.0), (11.0, 5.0), (25.0, 0.0), (25.0, 6.0), (40.0, 0.0), (45.0, 3.0)]
    sequence = a_sequence(*places, (60.0, 0.0), (80.0, 1.0), area=2.0, duration=120, detuning=4.0)

    means = []
    for keys in ({}, {"krylov_tolerance": 1e-10}, {"max_bond_dim": 64, "dt": 20.0}):
        task = a_task(sequence, shots=4_000, configuration=settings(**keys))
        counts = ENGINE.run(task, lambda percent: None).counts[0]
        means.append([sum(n for bits, n in counts.items() if bits[atom] == "1") / 4_000 for atom in range(9)])

    assert max(means[0]) - min(means[0]) > 0.2
    for other in means[1:]:
        assert other == pytest.approx(means[0], abs=0.055)


def vendors_own_example() -> pulser.Sequence[Any]:
    """Twenty-five atoms in a square on a layout made for them, and one duration left open."""
    device = device_of(NAME)
    register = pulser.Register.square(5, 5, prefix="q").with_automatic_layout(device)
    sequence = pulser.Sequence(register, device)
    sequence.declare_channel("rydberg_global", "rydberg_global")
    t = sequence.declare_variable("t", dtype=int)
    pulse = Pulse(pulser.BlackmanWaveform(t, 3.14), pulser.RampWaveform(t, -5, 5), 0)
    sequence.add(pulse, "rydberg_global")
    sequence.measure()
    return sequence


def test_the_platform_takes_the_square_of_twenty_five_atoms_that_its_clients_try_first() -> None:
    text = vendors_own_example().to_abstract_repr()
    task = a_task_on(NAME, text, parameters={"t": 1000})

    assert engine_for(task) == "emu-mps"
    assert ENGINE.check(task).qubits == 25


def test_the_device_s_noise_is_there_for_those_who_ask() -> None:
    device = device_of(NAME)
    sequence = pulser.Sequence(device.pre_calibrated_layouts[0].define_register(30), device)
    sequence.declare_channel("drive", "rydberg_global")
    sequence.add(Pulse.ConstantPulse(400, 3.14159 * 2.5, 0.0, 0.0), "drive")

    quiet, noisy = (
        ENGINE.run(
            a_task_on(NAME, sequence, shots=2_000, configuration=settings(prefer_device_noise_model=asked)),
            lambda percent: None,
        ).counts[0]
        for asked in (False, True)
    )

    assert isinstance(device.noise_model, NoiseModel)
    assert quiet == {"1": 2_000}
    assert noisy.get("0", 0) > 50


def test_the_platform_s_limits_are_those_of_its_device() -> None:
    platform, device = PLATFORMS[NAME], device_of(NAME)

    assert (platform.max_qubits, platform.max_shots) == (device.max_atom_num, device.max_runs)


def test_the_platform_s_numbers_hold_where_the_writer_gives_none() -> None:
    text = vendors_own_example().to_abstract_repr()
    plain = a_task_on(NAME, text, parameters={"t": 1000})
    precise = a_task_on(NAME, text, parameters={"t": 1000}, configuration=settings(max_bond_dim=200))

    found = []
    for task in (plain, precise):
        engine, own = chosen(task)
        _, config = engine.prepare(own)
        found.append((config.max_bond_dim, config.precision))

    assert found == [(64, 1e-4), (200, 1e-4)]
    small, own = chosen(a_task_on(NAME, a_sequence()))
    assert small.prepare(own)[1].default_num_shots == 100
