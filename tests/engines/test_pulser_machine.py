"""The emulated machine: its limits, its noise, and what it makes of a forged device."""

from __future__ import annotations

import dataclasses
import json
from math import pi, sqrt
from typing import Any

import pulser
import pytest
from pulser.devices import MockDevice
from pulser.pulse import Pulse

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.domain.platforms import Door
from ketway.domain.tasks import Task
from ketway.engines.pulser_engine import PulserEngine
from ketway.engines.pulser_qutip import ENGINE
from tests.engines.machines import PLATFORMS, a_task_on, corners, device_of, neighbours, on_traps
from tests.engines.sequences import a_configuration, a_sequence

MACHINES = ("EMU_FRESNEL", "FRESNEL")
SHOTS = 2_000


def counts_of(engine: PulserEngine, task: Task) -> dict[str, int]:
    return dict(engine.run(task, lambda percent: None).counts[0])


def refusal_of(task: Task) -> ProgramRefused:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(task)
    return refused.value


def document_of(sequence: pulser.Sequence[Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(sequence.to_abstract_repr())
    return document


@pytest.mark.parametrize("name", MACHINES)
def test_far_atoms_flip_as_often_as_the_noise_lets_them(name: str) -> None:
    """A pi pulse, misread with p_false_neg, on atoms prepared and driven imperfectly."""
    noise = device_of(name).noise_model
    counts = counts_of(ENGINE, a_task_on(name, on_traps(*corners()), shots=SHOTS))

    ones = sum(count * bits.count("1") for bits, count in counts.items()) / (2 * SHOTS)
    # Amplitude off by s turns by pi (1 + s), and so misses sin^2(pi s / 2) on average.
    missed = (pi * noise.amp_sigma / 2) ** 2
    excited = (1 - noise.state_prep_error) * (1 - missed)
    expected = excited * (1 - noise.p_false_neg) + (1 - excited) * noise.p_false_pos
    # Forty draws of the noise are shared by the shots, so their spread comes on top of the shots' own.
    assert ones == pytest.approx(expected, abs=5 * sqrt(0.25 / (2 * SHOTS)) / 2 + 0.015)


@pytest.mark.parametrize("name", MACHINES)
def test_atoms_left_alone_are_read_as_one_only_by_mistake(name: str) -> None:
    p_false_pos = device_of(name).noise_model.p_false_pos
    sequence = on_traps(*corners(), area=1e-3)

    counts = counts_of(ENGINE, a_task_on(name, sequence, shots=SHOTS))

    ones = sum(count * bits.count("1") for bits, count in counts.items())
    assert ones == pytest.approx(2 * SHOTS * p_false_pos, abs=5 * sqrt(2 * SHOTS * p_false_pos))


def test_neighbours_are_in_blockade() -> None:
    counts = counts_of(ENGINE, a_task_on("FRESNEL", on_traps(*neighbours(), area=pi / sqrt(2)), shots=SHOTS))

    assert counts.get("11", 0) < 0.03 * SHOTS
    assert (counts["01"] + counts["10"]) / SHOTS > 0.85


def test_the_same_seed_gives_the_same_document() -> None:
    first, again, other = (
        ENGINE.run(a_task_on("FRESNEL", on_traps(30), shots=50, seed=seed), lambda percent: None)
        for seed in (3, 3, 4)
    )

    assert first.document == again.document != other.document


@pytest.mark.parametrize("shots", [1, 7, 100])
def test_as_many_shots_as_asked(shots: int) -> None:
    computed = ENGINE.run(a_task_on("FRESNEL", on_traps(30), shots=shots), lambda percent: None)

    assert computed.shots == sum(computed.counts[0].values()) == shots


def test_the_emulator_of_the_machine_assumes_a_number_of_shots() -> None:
    computed = ENGINE.run(a_task_on("EMU_FRESNEL", on_traps(30), shots=None), lambda percent: None)

    assert computed.shots == 100


def test_more_shots_than_the_machine_makes_are_refused() -> None:
    with pytest.raises(ShotsOverLimit):
        ENGINE.check(a_task_on("FRESNEL", on_traps(30), shots=2_001))


def test_a_sequence_for_the_machine_runs_on_its_emulator_too_and_not_the_other_way_round() -> None:
    emulated = on_traps(30, device=device_of("EMU_FRESNEL"))

    assert ENGINE.check(a_task_on("EMU_FRESNEL", on_traps(30))).qubits == 1
    assert ENGINE.check(a_task_on("EMU_FRESNEL", emulated)).qubits == 1
    assert "made for the device EMU_FRESNEL; this platform runs those made for FRESNEL" in str(
        refusal_of(a_task_on("FRESNEL", emulated))
    )


@pytest.mark.parametrize("name", MACHINES)
def test_a_sequence_for_another_device_is_refused_with_what_to_do(name: str) -> None:
    why = str(refusal_of(a_task_on(name, a_sequence((0.0, 0.0)))))

    assert f"made for the device {MockDevice.name}" in why
    assert "with_new_device" in why


def test_a_forged_device_lifts_no_limit() -> None:
    strong = on_traps(30, device=MockDevice, area=40 * pi)
    forged = document_of(strong)
    forged["device"]["name"] = "FRESNEL"

    why = str(refusal_of(a_task_on("FRESNEL", json.dumps(forged))))

    assert why.startswith("FRESNEL cannot run this sequence:")
    assert "amplitude" in why


def beyond(what: str) -> str:
    """A sequence that says it is for FRESNEL, and is more than it can do."""
    layout = device_of("FRESNEL").pre_calibrated_layouts[0]
    free = pulser.Register({"a": (0.0, 0.0), "b": (8.0, 0.0)})
    registers = {
        "without layout": free,
        "too close": pulser.Register({"a": (0.0, 0.0), "b": (2.0, 0.0)}),
        "too far": pulser.Register({"a": (0.0, 0.0), "b": (500.0, 0.0)}),
        "too many atoms": layout.define_register(*range(13)),
    }
    sequence = pulser.Sequence(registers.get(what, layout.define_register(30, 31)), MockDevice)
    sequence.declare_channel("drive", "raman_global" if what == "digital" else "rydberg_global")
    duration = 9_000 if what == "too long" else 400
    detuning = 400.0 if what == "detuning" else 0.0
    if what != "empty":
        sequence.add(Pulse.ConstantPulse(duration, 1.0, detuning, 0.0), "drive")
    sequence.measure("digital" if what == "digital" else "ground-rydberg")
    document = document_of(sequence)
    document["device"]["name"] = "FRESNEL"
    return json.dumps(document)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ("without layout", "RegisterLayout"),
        ("too close", "minimal distance"),
        ("too far", "at most 38 μm away"),
        ("too many atoms", "13 atoms, at most 12"),
        ("too long", "duration"),
        ("detuning", "detuning"),
        ("digital", "raman_global"),
        ("empty", "empty"),
    ],
)
def test_what_the_machine_cannot_do_is_refused_with_the_reason(what: str, said: str) -> None:
    assert said in str(refusal_of(a_task_on("FRESNEL", beyond(what))))


def test_a_mappable_register_is_put_on_the_machines_traps() -> None:
    device = device_of("FRESNEL")
    sequence = pulser.Sequence(device.pre_calibrated_layouts[0].make_mappable_register(4), device)
    sequence.declare_channel("drive", "rydberg_global")
    area = sequence.declare_variable("area", dtype=float)
    sequence.add(Pulse.ConstantPulse(400, area * 2.5, 0.0, 0.0), "drive")
    text = sequence.to_abstract_repr()
    parameters = {"area": pi, "qubits": {"q0": 0, "q1": 60}}

    assert ENGINE.check(a_task_on("FRESNEL", text, parameters=parameters)).qubits == 2
    strong = refusal_of(a_task_on("FRESNEL", text, parameters=parameters | {"area": 9.0}))
    assert (strong.field, "amplitude" in strong.why) == ("parameters", True)


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("text", ["{}", json.dumps(a_configuration())])
def test_a_machine_takes_no_configuration(name: str, text: str) -> None:
    refusal = refusal_of(a_task_on(name, on_traps(30), configuration=text))

    assert refusal.field == "configuration"
    assert refusal.why.startswith(f"{name} takes no configuration")


def test_what_is_no_sequence_is_refused_as_anywhere() -> None:
    assert "old JSON format" in str(refusal_of(a_task_on("FRESNEL", '{"_build": true}')))
    assert "FRESNEL cannot run" in str(refusal_of(a_task_on("FRESNEL", '{"device": "FRESNEL"}')))


@pytest.mark.parametrize("name", MACHINES)
def test_limits_in_the_catalogue_are_those_of_the_device(name: str) -> None:
    platform, device = PLATFORMS[name], device_of(name)

    assert (platform.max_qubits, platform.max_shots) == (device.max_atom_num, device.max_runs)
    assert json.loads(platform.settings["device"]) == json.loads(platform.specs or "")
    assert device.noise_model is not None


def test_only_the_machine_itself_keeps_a_pace_and_is_held_by_one_batch() -> None:
    door = Door("pasqal")
    of_atoms = {name: platform for name, platform in PLATFORMS.items() if door in platform.shown}
    paced = [name for name, platform in of_atoms.items() if platform.shots_per_s is not None]

    assert paced == [name for name, platform in of_atoms.items() if platform.is_exclusive] == ["FRESNEL"]
    assert PLATFORMS["FRESNEL"].needs_shots


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_takes_what_was_written_for_it_under_any_of_its_names(name: str) -> None:
    """Clients give a device the name of the platform that they read it from."""
    shown = [{"name": name, **at} for at in PLATFORMS[name].shown.values()]
    names = {word for at in shown for word in (at["name"], *at.get("aliases", ()))}

    for word in names:
        sequence = on_traps(30, device=dataclasses.replace(device_of(name), name=word))
        assert ENGINE.check(a_task_on(name, sequence)).qubits == 1
