from __future__ import annotations

import dataclasses
import json

import pytest

from ketway.domain.errors import ProgramRefused, ShotsOverLimit
from ketway.engines.photonic import ENGINE
from ketway.engines.photonic_library import PERCEVAL, pcvl
from tests.engines.photons import (
    a_payload,
    a_task,
    an_experiment,
    chances,
    directly,
    is_sample_of,
    lined_up,
    on,
    read,
    run,
    two_meet,
)

SAMPLES = 20_000


def refusal(task) -> str:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(task)
    return str(refused.value)


def test_probabilities_are_those_of_perceval():
    found = read(run(two_meet()))

    expected = directly(two_meet())
    assert chances(found["results"]) == pytest.approx(chances(expected["results"]), abs=1e-12)
    assert found["global_perf"] == pytest.approx(1.0)


def test_nothing_is_counted_where_probabilities_were_computed():
    computed = run(two_meet())

    assert (computed.counts, computed.shots) == ([{}], 0)


def test_samples_are_drawn_from_these_probabilities():
    computed = run(two_meet(), "sample_count", max_samples=SAMPLES, max_shots=SAMPLES)

    (counts,) = computed.counts
    assert sum(counts.values()) == computed.shots == SAMPLES
    assert is_sample_of(counts, chances(directly(two_meet())["results"]))
    assert {str(state): count for state, count in read(computed)["results"].items()} == counts


def test_two_alike_photons_leave_a_balanced_splitter_together():
    computed = run(an_experiment(pcvl.BS(), 1, 1), "sample_count", max_samples=1000)

    assert computed.counts[0].keys() == {"|2,0>", "|0,2>"}


def test_samples_come_in_the_order_in_which_they_were_drawn():
    computed = run(two_meet(), "samples", max_samples=300)

    found = [str(state) for state in read(computed)["results"]]
    assert len(found) == computed.shots == 300
    assert {state: found.count(state) for state in found} == computed.counts[0]


@pytest.mark.parametrize("command", ["sample_count", "samples"])
def test_the_same_seed_draws_the_same_samples_and_another_does_not(command):
    task = a_task(lined_up(4, 8), command, max_samples=200)

    documents = [
        ENGINE.run(dataclasses.replace(task, seed=seed), lambda percent: None).document for seed in (1, 1, 2)
    ]

    assert documents[0] == documents[1] != documents[2]


def test_fewer_shots_than_samples_end_the_sampling():
    assert run(two_meet(), "samples", max_samples=500, max_shots=40).shots == 40


def test_without_a_number_of_samples_every_shot_is_one():
    assert run(two_meet(), "samples", max_samples=None, max_shots=60).shots == 60


def test_a_shot_that_is_not_selected_is_no_sample():
    least_two = an_experiment(pcvl.BS(), 1, 1, least=2)
    noise = pcvl.NoiseModel(transmittance=0.5)
    least_two.noise = noise

    computed = run(least_two, "sample_count", max_samples=10_000, max_shots=3_000)

    # One photon at least comes in three of four repetitions, both in one of four.
    assert sum(computed.counts[0].values()) == pytest.approx(1000, abs=1)
    assert computed.shots == pytest.approx(3_000, rel=0.01)
    assert read(computed)["global_perf"] == pytest.approx(0.25, abs=1e-6)


def test_heralds_and_post_selection_are_perceval_s():
    gate = pcvl.catalog["heralded cnot"].build_experiment()
    gate.with_input(pcvl.BasicState([0, 1, 1, 0]))
    gate.min_detected_photons_filter(2)

    found = read(run(gate))

    expected = directly(gate)
    assert chances(found["results"]) == pytest.approx(chances(expected["results"]), abs=1e-9)
    assert chances(found["results"])["|0,1,0,1>"] == pytest.approx(1.0)
    assert found["global_perf"] == pytest.approx(expected["global_perf"])


def test_a_post_selected_gate_keeps_what_its_condition_allows():
    gate = pcvl.catalog["postprocessed cnot"].build_experiment()
    gate.with_input(pcvl.BasicState([0, 1, 0, 1]))
    gate.min_detected_photons_filter(2)

    computed = run(gate, "sample_count", max_samples=2000, max_shots=None)

    assert computed.counts[0] == {"|0,1,1,0>": 2000}
    assert read(computed)["global_perf"] == pytest.approx(1 / 9, rel=0.2)
    assert computed.shots == pytest.approx(2000 * 9, rel=0.2)


def test_physical_and_logical_performance_are_told_apart_when_asked():
    gate = pcvl.catalog["postprocessed cnot"].build_experiment()
    gate.with_input(pcvl.BasicState([0, 1, 0, 1]))
    gate.min_detected_photons_filter(2)

    found = read(run(gate, parameters={"compute_physical_logical_perf": True}))

    assert found["physical_perf"] == pytest.approx(1.0)
    assert found["logical_perf"] == pytest.approx(1 / 9)


@pytest.mark.parametrize("command", ["probs", "sample_count"])
def test_a_detector_that_clicks_does_not_count(command):
    experiment = an_experiment(pcvl.BS(), 1, 1)
    for mode in range(2):
        experiment.add(mode, pcvl.Detector.threshold())

    found = read(run(experiment, command, max_samples=100))

    assert {str(state) for state in found["results"]} == {"|1,0>", "|0,1>"}


@pytest.mark.parametrize(
    "noise",
    [
        pcvl.NoiseModel(indistinguishability=0.6),
        pcvl.NoiseModel(transmittance=0.3, brightness=0.9),
        pcvl.NoiseModel(g2=0.1, g2_distinguishable=False),
    ],
)
def test_the_noise_of_a_job_is_simulated(noise):
    experiment = two_meet()
    experiment.noise = noise
    expected = chances(directly(two_meet(), noise)["results"])

    probabilities = chances(read(run(experiment))["results"])
    counts = run(experiment, "sample_count", max_samples=SAMPLES, max_shots=100 * SAMPLES).counts[0]

    assert probabilities == pytest.approx(expected, abs=1e-4)
    assert is_sample_of(counts, expected)


def test_phase_errors_are_the_seed_s():
    circuit = pcvl.BS() // pcvl.PS(0.3) // pcvl.BS()
    experiment = an_experiment(circuit, 1, 0)
    experiment.noise = pcvl.NoiseModel(phase_error=0.5)

    found = [chances(read(run(experiment, seed=seed))["results"]) for seed in (3, 3, 4)]

    assert found[0] == found[1] != found[2]
    assert found[0] != pytest.approx(chances(directly(an_experiment(circuit, 1, 0))["results"]))


def test_feed_forward_answers_to_what_was_detected():
    flipped = pcvl.PERM([1, 0])
    experiment = pcvl.Experiment(4)
    experiment.add(0, pcvl.BS()).add(0, pcvl.Detector.pnr()).add(1, pcvl.Detector.pnr())
    provider = pcvl.FFCircuitProvider(2, 0, pcvl.Circuit(2))
    provider.add_configuration([0, 1], pcvl.Circuit(2).add(0, flipped))
    experiment.add(0, provider)
    experiment.with_input(pcvl.BasicState([1, 0, 1, 0]))
    experiment.min_detected_photons_filter(2)

    found = chances(read(run(experiment))["results"])

    assert found == pytest.approx({"|1,0,1,0>": 0.5, "|0,1,0,1>": 0.5})


def test_variables_of_feed_forward_get_their_numbers():
    phi = pcvl.P("phi")
    controlled = pcvl.Circuit(2).add(0, pcvl.BS.Ry(theta=2 * phi))
    configurator = pcvl.FFConfigurator(2, 0, controlled, {"phi": 0.0})
    configurator.add_configuration([0, 1], {"phi": 1.0})
    experiment = pcvl.Experiment(4)
    experiment.add(0, pcvl.BS()).add(0, pcvl.Detector.pnr()).add(1, pcvl.Detector.pnr())
    experiment.add(0, configurator)
    experiment.with_input(pcvl.BasicState([1, 0, 1, 0]))
    experiment.min_detected_photons_filter(2)

    found = chances(read(run(experiment))["results"])

    assert found == pytest.approx(chances(directly(experiment)["results"]), abs=1e-6)
    assert len(found) == 3


@pytest.mark.parametrize("command", ["probs", "sample_count"])
def test_losses_and_delays_are_simulated(command):
    experiment = pcvl.Experiment(2)
    experiment.add(0, pcvl.BS()).add(0, pcvl.LC(0.4)).add(1, pcvl.TD(1)).add(0, pcvl.BS())
    experiment.with_input(pcvl.BasicState([1, 0]))
    experiment.min_detected_photons_filter(1)

    found = read(run(experiment, command, max_samples=SAMPLES))["results"]

    expected = chances(directly(experiment)["results"])
    if command == "probs":
        assert chances(found) == pytest.approx(expected)
    else:
        assert is_sample_of({str(state): count for state, count in found.items()}, expected)


def test_a_superposition_may_enter():
    experiment = pcvl.Experiment(pcvl.BS())
    experiment.with_input(pcvl.BasicState([1, 0]) + pcvl.BasicState([0, 1]))
    experiment.min_detected_photons_filter(1)

    found = run(experiment, "sample_count", max_samples=SAMPLES)

    assert is_sample_of(found.counts[0], chances(directly(experiment)["results"]))
    assert found.metadata["backend"] == "SLOS"


def test_polarised_photons_may_enter():
    experiment = pcvl.Experiment(pcvl.Circuit(2).add(0, pcvl.PBS()))
    experiment.with_input(pcvl.BasicState("|{P:H},{P:V}>"))
    experiment.min_detected_photons_filter(2)

    assert chances(read(run(experiment))["results"]) == pytest.approx(
        chances(directly(experiment)["results"])
    )


def test_each_iteration_has_its_result_and_says_which_it_is():
    phi = pcvl.P("phi")
    experiment = an_experiment(pcvl.BS() // pcvl.PS(phi) // pcvl.BS(theta=phi / 2), 1, 0, least=0)
    iterations = [
        {"circuit_params": {"phi": 0.4}},
        {"circuit_params": {"phi": 1.1}, "input_state": pcvl.BasicState([0, 2]), "max_samples": 50},
        {"circuit_params": {"phi": 1.1}, "postselect": pcvl.PostSelect("[0] == 1")},
        {"circuit_params": {"phi": 0.4}, "min_detected_photons": 2},
        {"circuit_params": {"phi": 0.4}, "noise": pcvl.NoiseModel(transmittance=0.5)},
    ]

    computed = run(experiment, "sample_count", max_samples=200, max_shots=None, iterator=iterations)

    found = read(computed)["results_list"]
    assert [one["iteration"] for one in found] == iterations
    assert [sum(counts.values()) for counts in computed.counts] == [200, 50, 200, 0, 200]
    assert set(computed.counts[1]) <= {"|2,0>", "|1,1>", "|0,2>"}
    assert set(computed.counts[2]) == {"|1,0>"}
    assert "|0,0>" in computed.counts[4]


@pytest.mark.parametrize("command", ["probs", "sample_count", "samples"])
def test_where_more_photons_are_wanted_than_enter_there_is_no_result(command):
    computed = run(an_experiment(pcvl.BS(), 1, 0, least=2), command, max_samples=20, max_shots=30)

    assert len(read(computed)["results"]) == 0
    assert computed.counts == [{}]
    assert json.loads(computed.document)["global_perf"] == 0


@pytest.mark.parametrize("command", ["sample_count", "samples"])
def test_there_is_no_sample_where_probabilities_come_to_nothing(command):
    experiment = pcvl.Experiment(2)
    experiment.add(0, pcvl.BS()).add(0, pcvl.LC(0.4))
    experiment.with_input(pcvl.BasicState([1, 0]))
    experiment.min_detected_photons_filter(2)

    computed = run(experiment, command, max_samples=20)

    assert (computed.counts, computed.shots) == ([{}], 0)
    assert computed.metadata["backend"] == "SLOS"


def test_the_share_of_no_sample_is_a_number():
    both_click = an_experiment(pcvl.BS(), 1, 1, least=2)
    for mode in range(2):
        both_click.add(mode, pcvl.Detector.threshold())

    computed = run(both_click, "sample_count", max_samples=20, max_shots=30)

    assert json.loads(computed.document)["global_perf"] == 0.0
    assert computed.shots == 30


def test_iterations_compute_with_the_numbers_that_they_give():
    phi = pcvl.P("phi")
    phi.set_value(0.1)
    experiment = an_experiment(pcvl.BS(theta=2 * phi) // pcvl.PS(phi), 1, 1)
    chosen = [0.4, 1.1]

    found = read(run(experiment, iterator=[{"circuit_params": {"phi": value}} for value in chosen]))

    for one, value in zip(found["results_list"], chosen, strict=True):
        fixed = an_experiment(pcvl.BS(theta=2 * value) // pcvl.PS(value), 1, 1)
        assert chances(one["results"]) == pytest.approx(chances(directly(fixed)["results"]))


def test_a_parameter_without_a_value_is_named():
    experiment = an_experiment(pcvl.BS(theta=pcvl.P("alpha")), 1, 0)

    assert "alpha has no value" in refusal(a_task(experiment))


def test_an_iteration_that_is_wrong_is_named():
    iterations = [{}, {"input_state": pcvl.BasicState([1, 1, 1])}]

    assert refusal(a_task(two_meet(), iterator=[*iterations, {"circuit_params": {"phi": 1}}])).startswith(
        "The circuit has no parameter 'phi'"
    )
    assert refusal(a_task(two_meet(), iterator=[{}, {"input_state": pcvl.BasicState([1] * 4)}])).startswith(
        "Iteration 2 of 2: "
    )


def test_the_context_of_a_job_comes_back():
    context = {"result_mapping": ["perceval.utils", "sample_count_to_probs"]}

    assert json.loads(run(two_meet(), job_context=context).document)["job_context"] == context
    assert "job_context" not in json.loads(run(two_meet()).document)


def test_progress_only_goes_forward():
    told: list[int] = []
    iterations = [{"max_samples": 100} for _ in range(5)]

    ENGINE.run(a_task(two_meet(), iterator=iterations), told.append)

    assert told == sorted(told)
    assert (told[0], told[-1]) == (0, 100)


def test_what_ran_is_told():
    computed = run(lined_up(3, 6), "sample_count", max_samples=10)

    told = computed.metadata
    assert told["engine"] == "perceval"
    assert told["version"] == PERCEVAL
    assert (told["qubits"], told["modes"], told["seed"]) == (3, 6, 7)
    assert told["backend"] == "CliffordClifford2017"
    assert run(lined_up(3, 6)).metadata["backend"] == "SLOS"


def test_only_the_commonest_outcomes_are_shown():
    computed = run(lined_up(8, 16), "sample_count", max_samples=3000)

    assert len(read(computed)["results"]) > 1024
    assert len(computed.counts[0]) == 1024
    assert list(computed.counts[0].values()) == sorted(computed.counts[0].values(), reverse=True)


def test_too_many_photons_or_modes_are_refused_with_both_numbers():
    assert "21 photons enter, from 0 to 20" in refusal(a_task(lined_up(21, 30), "samples", max_samples=1))
    assert "from 0 to 100 allowed" in refusal(a_task(lined_up(1, 101), "samples", max_samples=1))


def test_too_many_outcomes_are_refused_before_they_are_computed():
    assert "10 photons in 20 modes have 20,030,010 outcomes" in refusal(a_task(lined_up(10, 20)))


def test_samples_that_would_take_days_are_refused():
    assert "would take too long" in refusal(
        a_task(lined_up(20, 40), "samples", max_samples=1_000_000, max_shots=None)
    )


def test_noise_that_would_take_hours_is_refused():
    experiment = lined_up(14, 5 + 9)
    experiment = an_experiment(pcvl.Unitary(pcvl.Matrix.random_unitary(5)), 4, 4, 4, 4, 4)
    experiment.noise = pcvl.NoiseModel(indistinguishability=0.9)

    assert "would take too long" in refusal(a_task(experiment, iterator=[{}] * 200))


def test_more_samples_or_shots_than_allowed_are_refused():
    assert "2,000,000 samples asked, at most 1,000,000" in refusal(
        a_task(two_meet(), "samples", max_samples=2_000_000, max_shots=None)
    )
    with pytest.raises(ShotsOverLimit):
        ENGINE.check(a_task(two_meet(), "samples", max_samples=10, max_shots=10**10))
    assert "Say how many samples" in refusal(a_task(two_meet(), "samples", max_samples=None, max_shots=None))


def test_an_experiment_without_photons_is_refused():
    experiment = pcvl.Experiment(pcvl.BS())
    experiment.min_detected_photons_filter(1)

    assert "No input state is known" in refusal(a_task(experiment))


def test_what_perceval_objects_to_is_the_program_s_fault():
    payload = a_payload(two_meet()) | {"parameters": {}}
    text = json.dumps(payload | {"iterator": [{"input_state": ":PCVL:BasicState:|1,1>"}]})

    assert refusal(on("EMU-SAMPLING-L4", text)).startswith("Iteration 1 of 1: Perceval cannot read this: ")
