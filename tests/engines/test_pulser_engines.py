"""The three engines for sequences: their physics, their agreement, their documents."""

from __future__ import annotations

import json
from dataclasses import replace
from math import pi, sqrt
from typing import Any

import numpy as np
import pulser
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulser import NoiseModel
from pulser.backend import (
    BitStrings,
    CorrelationMatrix,
    Energy,
    Expectation,
    Occupation,
    OperatorRepr,
    Results,
)
from pulser.json.abstract_repr.deserializer import deserialize_device

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Computed
from ketway.engines import emu_mps, emu_sv, pulser_qutip
from ketway.engines.pulser_engine import PulserEngine
from ketway.engines.pulser_results import drawn, read
from tests.engines.machines import PLATFORMS, a_task_on
from tests.engines.sequences import (
    FAR,
    NEAR,
    a_configuration,
    a_sequence,
    a_task,
    mappable,
    parametrised,
    three_in_a_row,
    two_blockaded,
)
from tools.make_specs import DEVICES, SPECS, spec

QUTIP, SV, MPS = pulser_qutip.ENGINE, emu_sv.ENGINE, emu_mps.ENGINE
ENGINES = [pytest.param(engine, id=engine.name) for engine in (QUTIP, SV, MPS)]
SHOTS = 10_000

NOISES = {
    "read-out": NoiseModel(p_false_pos=0.1, p_false_neg=0.2),
    "amplitude": NoiseModel(amp_sigma=0.2),
    "decay": NoiseModel(relaxation_rate=2.0, dephasing_rate=1.0),
    "amplitude and decay": NoiseModel(amp_sigma=0.2, relaxation_rate=2.0),
}


@pytest.fixture(autouse=True)
def one_thread() -> Any:
    """As in a worker's child."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def ran(engine: PulserEngine, sequence: Any, document: Any = None, **changes: Any) -> Computed:
    configuration = None if document is None else json.dumps(document)
    return engine.run(a_task(sequence, configuration=configuration, **changes), lambda percent: None)


def results_of(computed: Computed) -> Results:
    return Results.from_abstract_repr(json.loads(computed.document)["serialised_results"])


def near(count: int, probability: float, shots: int = SHOTS, sigmas: float = 5.0) -> bool:
    """Whether a count is what sampling may give."""
    spread = sqrt(shots * probability * (1 - probability))
    return abs(count - shots * probability) <= sigmas * spread + 1


def test_a_sweep_is_rehearsed_once_and_each_other_form_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = PulserEngine(pulser_qutip.PulserQutip())
    rehearsed: list[int] = []
    rehearse = engine.emulator.rehearse

    def heard(sequence: Any, config: Any) -> None:
        rehearsed.append(len(sequence.register.qubit_ids))
        rehearse(sequence, config)

    monkeypatch.setattr(engine.emulator, "rehearse", heard)
    swept = [a_task(parametrised(), parameters={"area": area, "phases": [0, 0]}) for area in (1.0, 2.0, 3.0)]
    with_noise = json.dumps(a_configuration(noise_model=NOISES["amplitude"]))
    found = [engine.check(task).qubits for task in (*swept, a_task(two_blockaded()), swept[0])]
    engine.check(a_task(parametrised(), configuration=with_noise, parameters=swept[0].parameters))

    assert found == [1, 1, 1, 2, 1]
    assert rehearsed == [1, 2, 1, 1]


def test_what_an_emulator_refuses_it_refuses_each_time() -> None:
    engine = PulserEngine(pulser_qutip.PulserQutip())
    every_step = np.linspace(0, 1, 2_000).tolist()
    too_large = json.dumps(a_configuration(BitStrings(evaluation_times=every_step)))
    task = a_task(a_sequence(*[(FAR * n, 0.0) for n in range(17)], duration=4_000), max_qubits=17)
    for _ in range(2):
        with pytest.raises(ProgramRefused, match="evaluation times keep states"):
            engine.check(replace(task, configuration=too_large))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_pulse_of_area_pi_flips_every_lone_atom(engine: PulserEngine) -> None:
    computed = ran(engine, a_sequence((0.0, 0.0), (FAR, 0.0)), shots=500)

    assert computed.counts[0] == {"11": 500}


@pytest.mark.parametrize("engine", ENGINES)
def test_half_the_area_flips_half_the_atoms(engine: PulserEngine) -> None:
    counts = ran(engine, a_sequence((0.0, 0.0), (FAR, 0.0), area=pi / 2), shots=SHOTS).counts[0]

    assert all(near(counts.get(bits, 0), 0.25) for bits in ("00", "01", "10", "11"))


@pytest.mark.parametrize("engine", ENGINES)
def test_two_atoms_in_blockade_share_one_excitation(engine: PulserEngine) -> None:
    counts = ran(engine, two_blockaded(), shots=SHOTS).counts[0]

    assert near(counts["01"], 0.5, sigmas=6)
    assert counts["01"] + counts["10"] >= 0.998 * SHOTS
    assert counts.get("11", 0) <= 10


@pytest.mark.parametrize("engine", [pytest.param(each, id=each.name) for each in (QUTIP, SV)])
def test_the_first_character_is_the_first_qubit(engine: PulserEngine) -> None:
    sequence = a_sequence((0.0, 0.0), (FAR, 0.0), (2 * FAR, 0.0), channel="rydberg_local")

    assert ran(engine, sequence).counts[0] == {"100": 100}


@pytest.mark.parametrize("engine", [pytest.param(each, id=each.name) for each in (QUTIP, MPS)])
def test_the_xy_interaction_carries_an_excitation_over(engine: PulserEngine) -> None:
    sequence = a_sequence((0.0, 0.0), (50.0, 0.0), area=pi, channel="mw_global", basis="XY", duration=100)

    counts = ran(engine, sequence, shots=1000).counts[0]

    assert counts["11"] >= 900


@pytest.mark.parametrize("engine", ENGINES)
def test_a_mapped_register_reads_the_mapped_qubits_only(engine: PulserEngine) -> None:
    computed = ran(engine, mappable(), parameters={"qubits": {"q0": 3, "q1": 0}})

    assert computed.counts[0] == {"11": 100}
    assert results_of(computed).atom_order == ("q0", "q1")


@pytest.mark.parametrize(("area", "bits"), [(0.0, "0"), (pi, "1"), (2 * pi, "0")])
def test_variables_decide_what_is_run(area: float, bits: str) -> None:
    computed = ran(QUTIP, parametrised(), parameters={"area": area, "phases": [0.0, 0.0]}, shots=50)

    assert computed.counts[0] == {bits: 50}


def test_a_sequence_of_two_bases_reads_the_basis_it_measures() -> None:
    found = {}
    for basis in ("ground-rydberg", "digital"):
        sequence = a_sequence((0.0, 0.0), basis=None)
        sequence.declare_channel("raman", "raman_global")
        sequence.add(pulser.Pulse.ConstantPulse(20, 0.01, 0.0, 0.0), "raman")
        sequence.measure(basis)
        found[basis] = ran(QUTIP, sequence).counts[0]

    assert found == {"ground-rydberg": {"1": 100}, "digital": {"0": 100}}


angles = st.floats(0.3, 4.0)
places = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=3, unique=True)


@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(places=places, area=angles, detuning=st.floats(-8.0, 8.0), duration=st.sampled_from([200, 300]))
def test_the_engines_agree(
    places: list[tuple[int, int]], area: float, detuning: float, duration: int
) -> None:
    atoms = [(6.5 * x, 6.5 * y) for x, y in places]
    sequence = a_sequence(*atoms, area=area, detuning=detuning, duration=duration)
    document = a_configuration(BitStrings(), Occupation(), CorrelationMatrix())

    computed = [ran(engine, sequence, document, shots=SHOTS) for engine in (QUTIP, SV, MPS)]

    occupations = [results_of(each).get_result("occupation", 1.0) for each in computed]
    pairs = [results_of(each).get_result("correlation_matrix", 1.0) for each in computed]
    for other in (1, 2):
        assert occupations[other] == pytest.approx(occupations[0], abs=0.01)
        assert np.array(pairs[other]) == pytest.approx(np.array(pairs[0]), abs=0.01)
    for each, occupation in zip(computed, occupations, strict=True):
        for qubit, mean in enumerate(occupation):
            ones = sum(count for bits, count in each.counts[0].items() if bits[qubit] == "1")
            assert near(ones, min(max(mean, 0.0), 1.0))


@pytest.mark.parametrize("noise", NOISES)
def test_the_engines_agree_about_noise(noise: str) -> None:
    document = a_configuration(
        BitStrings(), Occupation(), noise_model=NOISES[noise], n_trajectories=1 if noise == "read-out" else 40
    )

    found = [ran(engine, two_blockaded(), document, shots=SHOTS) for engine in (QUTIP, SV)]

    for bits in ("00", "01", "10"):
        one, other = (each.counts[0].get(bits, 0) / SHOTS for each in found)
        # A jump moves a whole trajectory to one outcome: 2.4 sigma of forty, with seeds that stay.
        assert one == pytest.approx(other, abs=0.25 if noise == "amplitude and decay" else 0.035)


@pytest.mark.parametrize("engine", ENGINES)
def test_read_out_errors_are_those_asked_for(engine: PulserEngine) -> None:
    document = a_configuration(noise_model=NoiseModel(p_false_neg=0.2))

    counts = ran(engine, a_sequence((0.0, 0.0), (FAR, 0.0)), document, shots=SHOTS).counts[0]

    assert near(counts["11"], 0.64)
    assert near(counts["00"], 0.04)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("noise", [None, *NOISES])
def test_the_same_seed_gives_the_same_document(engine: PulserEngine, noise: str | None) -> None:
    trajectories = {} if noise is None else {"noise_model": NOISES[noise], "n_trajectories": 3}
    document = a_configuration(BitStrings(), Occupation(), **trajectories)

    first, again, other = (ran(engine, two_blockaded(), document, seed=seed) for seed in (5, 5, 6))

    assert first.document == again.document
    assert first.document != other.document


def test_the_same_seed_gives_the_same_document_without_a_configuration() -> None:
    assert ran(SV, three_in_a_row(), seed=9).document == ran(SV, three_in_a_row(), seed=9).document


@pytest.mark.parametrize("engine", ENGINES)
def test_trajectories_together_give_the_shots_asked_for(engine: PulserEngine) -> None:
    document = a_configuration(
        BitStrings(evaluation_times=[0.5, 1.0]),
        BitStrings(num_shots=20, tag_suffix="few"),
        noise_model=NOISES["amplitude"],
        n_trajectories=4,
    )

    computed = ran(engine, two_blockaded(), document, shots=50)

    results = results_of(computed)
    assert computed.shots == 50
    assert [sum(counter.values()) for counter in results.bitstrings] == [50, 50]
    assert [sum(counter.values()) for counter in results.bitstrings_few] == [20]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_document_is_what_clients_read(engine: PulserEngine) -> None:
    operator = OperatorRepr.from_operator_repr(
        eigenstates=("r", "g"), n_qudits=2, operations=[(1.0, [({"rr": 1.0}, {0})])]
    )
    asked = [
        BitStrings(),
        Occupation(evaluation_times=[0.5, 1.0]),
        Expectation(operator),
        Energy(tag_suffix="e"),
    ]

    computed = ran(engine, two_blockaded(), a_configuration(*asked), shots=200)

    document = json.loads(computed.document)
    results = results_of(computed)
    assert set(document) == {"counter", "raw", "serialised_results"}
    assert document["counter"] == computed.counts[0] == dict(results.final_bitstrings)
    assert {bits: document["raw"].count(bits) for bits in set(document["raw"])} == document["counter"]
    assert results.get_result_tags() == [each.tag for each in asked]
    assert len(results.get_result(asked[1], 1.0)) == 2
    assert results.get_result_times(asked[1]) == [0.5, 1.0]
    assert results.get_result(asked[2], 1.0) == pytest.approx(0.5, abs=0.01)
    assert json.loads(document["serialised_results"])["total_duration"] == 400
    assert results.atom_order == ("q0", "q1")


@pytest.mark.parametrize("engine", ENGINES)
def test_ids_of_observables_are_kept_over_trajectories(engine: PulserEngine) -> None:
    asked = [Occupation(), BitStrings()]
    document = a_configuration(*asked, noise_model=NOISES["amplitude"], n_trajectories=3)

    results = results_of(ran(engine, two_blockaded(), document))

    assert sum(results.get_result(asked[1], 1.0).values()) == 100
    assert results.get_result_tags() == ["occupation", "bitstrings"]


@pytest.mark.parametrize(
    "asked", [[Occupation()], [BitStrings(evaluation_times=[0.5])], [BitStrings(tag_suffix="b")]]
)
def test_without_bitstrings_at_the_end_there_is_no_counter(asked: list[Any]) -> None:
    computed = ran(SV, two_blockaded(), a_configuration(*asked))

    document = json.loads(computed.document)
    assert (document["counter"], document["raw"], computed.shots) == ({}, [], 100)
    assert results_of(computed).get_result_tags() == [asked[0].tag]


def test_shots_in_order_are_not_sorted() -> None:
    raw = json.loads(ran(SV, two_blockaded(), shots=200).document)["raw"]

    assert raw not in (sorted(raw), sorted(raw, reverse=True))


def test_extra_times_for_progress_stay_out_of_the_results() -> None:
    asked = Occupation(evaluation_times=[0.0, 0.1, 0.1004, 0.5, 1.0])
    document = a_configuration(asked, BitStrings()) | {"default_evaluation_times": [0.25, 1.0]}

    results = results_of(ran(QUTIP, a_sequence(duration=5_000), document))

    assert results.get_result_times("occupation") == pytest.approx([0.0, 0.1, 0.1004, 0.5, 1.0])
    assert results.get_result_times("bitstrings") == pytest.approx([0.25, 1.0])


def test_every_step_can_be_an_evaluation_time_in_qutip() -> None:
    document = a_configuration(Occupation()) | {"default_evaluation_times": "Full"}

    results = results_of(ran(QUTIP, a_sequence(duration=100), document))

    assert len(results.get_result_times("occupation")) == 101


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("noise", [None, "amplitude", "amplitude and decay"])
def test_progress_only_rises_and_ends_with_the_document(engine: PulserEngine, noise: str | None) -> None:
    trajectories = {} if noise is None else {"noise_model": NOISES[noise], "n_trajectories": 3}
    document = a_configuration(**trajectories)
    told: list[int] = []

    engine.run(a_task(two_blockaded(), configuration=json.dumps(document)), told.append)

    assert told == sorted(set(told))
    assert (told[0], told[-1]) == (0, 100)
    assert len(told) >= (5 if noise else 10)


@pytest.mark.parametrize("engine", ENGINES)
def test_nothing_is_printed(engine: PulserEngine, capfd: pytest.CaptureFixture[str]) -> None:
    ran(engine, two_blockaded())

    assert capfd.readouterr().out == ""


@pytest.mark.parametrize("engine", ENGINES)
def test_the_metadata_say_where_it_was_computed(engine: PulserEngine) -> None:
    metadata = ran(engine, two_blockaded(), seed=3).metadata

    assert set(metadata) == {"engine", "version", "pulser_version", "seed", "seconds", "qubits", "resampled"}
    assert metadata["qubits"] == 2
    assert (metadata["engine"], metadata["version"], metadata["seed"]) == (engine.name, engine.version, 3)


@pytest.mark.parametrize("engine", [pytest.param(each, id=each.name) for each in (SV, MPS)])
def test_an_interaction_matrix_of_ones_own_is_used(engine: PulserEngine) -> None:
    document = a_configuration() | {"interaction_matrix": [[0.0, 0.0], [0.0, 0.0]]}
    sequence = a_sequence((0.0, 0.0), (NEAR, 0.0))

    assert ran(engine, sequence, document).counts[0] == {"11": 100}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_initial_state_is_where_it_begins(engine: PulserEngine) -> None:
    document = a_configuration() | {
        "initial_state": {"eigenstates": ["r", "g"], "amplitudes": {"rg": 1.0}},
    }
    sequence = a_sequence((0.0, 0.0), (FAR, 0.0), area=1e-4)

    assert ran(engine, sequence, document).counts[0] == {"10": 100}


def test_a_draw_never_exceeds_what_was_sampled() -> None:
    counter = {"00": 700, "01": 200, "11": 100}

    taken = drawn(counter, 100, np.random.default_rng(1))

    assert sum(taken.values()) == 100
    assert all(taken[bits] <= counter[bits] for bits in taken)
    assert drawn(counter, 1000, np.random.default_rng(1)) == counter


def test_a_value_that_is_no_number_is_never_sent() -> None:
    observable = Occupation()
    results = Results(atom_order=("q0",), total_duration=100)
    results._store(observable=observable, time=1.0, value=[float("nan")])

    with pytest.raises(ArithmeticError, match="NaN"):
        read(results)


@pytest.mark.parametrize("name", DEVICES)
def test_the_shipped_device_is_the_one_the_tool_writes(name: str) -> None:
    text = (SPECS / f"{name}.json").read_text(encoding="utf-8")

    assert text == spec(name)
    assert deserialize_device(text).name == name


BY_NAME = {engine.name: engine for engine in (QUTIP, SV, MPS)}
FREE = [name for name in DEVICES if "FRESNEL" not in name]


def test_every_device_is_a_platform_and_has_its_limits() -> None:
    assert DEVICES.keys() == {name for name, platform in PLATFORMS.items() if platform.specs is not None}
    for name, device in DEVICES.items():
        platform = PLATFORMS[name]
        assert (platform.max_qubits, platform.max_shots) == (device.max_atom_num, device.max_runs)


@pytest.mark.parametrize("name", FREE)
def test_every_channel_of_a_shipped_device_runs_on_its_engine(name: str) -> None:
    engine = BY_NAME[PLATFORMS[name].engine]
    device = deserialize_device((SPECS / f"{name}.json").read_text(encoding="utf-8"))

    for channel in device.channels:
        sequence = a_sequence((0.0, 0.0), (FAR, 0.0), channel=channel, basis=None, device=device)
        assert engine.check(a_task(sequence)).qubits == 2


def test_the_old_tensor_network_device_agrees_with_the_free_one() -> None:
    sequence = three_in_a_row()

    free, tensor = (
        BY_NAME[PLATFORMS[name].engine].run(a_task_on(name, sequence, shots=SHOTS), lambda percent: None)
        for name in ("EMU_FREE", "EMU_TN")
    )

    for bits in free.counts[0].keys() | tensor.counts[0].keys():
        one, other = (each.counts[0].get(bits, 0) for each in (free, tensor))
        assert near(other, one / SHOTS, sigmas=7)
