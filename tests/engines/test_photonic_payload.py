"""The forms in which jobs come, and what is said of those that are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ketway.engines.photonic_library import pcvl, serialize
from tests.engines.photonic_programs import archived, ran, refused, refused_with
from tests.engines.photons import a_payload, an_experiment, chances, directly, two_meet


def test_a_payload_may_be_a_string_in_a_string():
    program = json.dumps(json.dumps(a_payload(two_meet())))

    assert chances(ran(program)["results"]) == pytest.approx(chances(directly(two_meet())["results"]))


def test_a_payload_may_have_the_envelope_of_other_clouds():
    program = json.dumps({"pcvl_version": "1.3.1", "platform_name": "x", "payload": a_payload(two_meet())})

    assert len(ran(program)["results"]) == len(directly(two_meet())["results"])


def test_parts_may_stand_side_by_side_as_they_did_before_there_were_experiments():
    circuit = pcvl.Circuit(3).add(0, pcvl.BS(theta=1.0)).add(1, pcvl.BS(theta=0.7))
    program = {
        "command": "probs",
        "circuit": serialize(circuit),
        "input_state": serialize(pcvl.BasicState([1, 1, 1])),
        "postselect": serialize(pcvl.PostSelect("[0] == 1")),
        "heralds": {"2": 1},
        "noise": serialize(pcvl.NoiseModel(indistinguishability=0.9)),
        "parameters": {"min_detected_photons": 2},
        "max_shots": 1000,
    }

    found = chances(ran(json.dumps(program))["results"])

    expected = pcvl.Experiment(circuit)
    expected.add_herald(2, 1)
    expected.with_input(pcvl.BasicState([1, 1]))
    expected.set_postselection(pcvl.PostSelect("[0] == 1"))
    expected.min_detected_photons_filter(2)
    noise = pcvl.NoiseModel(indistinguishability=0.9)
    assert found == pytest.approx(chances(directly(expected, noise)["results"]), abs=1e-4)


@pytest.mark.parametrize("is_iterated", [False, True])
def test_the_newer_form_is_read(is_iterated):
    phi = pcvl.P("phi")
    experiment = an_experiment(pcvl.BS(theta=phi), 1, 1)
    computation: Any = pcvl.Computation(pcvl.CommandFactory.sample_count, experiment)
    computation.add_params(max_samples=40, max_shots=100)
    if is_iterated:
        computation = pcvl.ComputationIterator(computation)
        computation.add_iteration(circuit_params={"phi": 0.5}, max_samples=30)
        computation.add_iteration(circuit_params={"phi": 0.5}, input_state=pcvl.BasicState([2, 0]))
    else:
        phi.set_value(0.5)
    program = {
        "computation": archived(computation),
        "mitigations": archived([]),
        "parameters": archived({"compute_physical_logical_perf": True}),
        "noise": archived(pcvl.NoiseModel(transmittance=0.9)),
        "command": "sample_count",
        "max_shots": 100,
        "max_samples": 40,
    }

    found = ran(json.dumps(program))

    if is_iterated:
        assert [one["results"].total() for one in found["results_list"]] == [30, 40]
        assert found["results_list"][1]["iteration"]["input_state"] == pcvl.BasicState([2, 0])
    else:
        assert found["results"].total() == 40
        assert found["physical_perf"] < 1


def test_a_newer_form_that_is_compressed_is_read():
    computation = pcvl.Computation(pcvl.CommandFactory.probs, two_meet())

    found = ran(json.dumps({"computation": archived(computation, compress=True)}))

    assert chances(found["results"]) == pytest.approx(chances(directly(two_meet())["results"]))


@pytest.mark.parametrize("thing", [pcvl.BS(), pcvl.Experiment(pcvl.BS())])
def test_a_bare_circuit_is_refused_for_want_of_photons(thing):
    assert "a circuit without an input state" in refused(serialize(thing))


def test_a_bare_experiment_that_has_its_photons_is_run():
    found = ran(serialize(two_meet()))

    assert chances(found["results"]) == pytest.approx(chances(directly(two_meet())["results"]))


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("", "is not JSON"),
        ("[]", "neither Perceval's text nor a JSON object"),
        ("{}", "holds no `experiment`"),
        ("[" * 100_000, "nested more than"),
        (":PCVL:zip:!", "cannot be inflated"),
        (":PCVL:", "is not what Perceval serializes"),
        ("pcvlar 1 1 0 Computation", "is not JSON"),
    ],
)
def test_what_is_no_payload_is_refused(program, why):
    assert why in refused(program)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"command": "evolve"}, "the command 'evolve' is not known; there are probs, sample_count, samples"),
        ({"max_samples": "many"}, "max_samples should be a whole number"),
        ({"max_shots": -1}, "max_shots should be a whole number"),
        ({"experiment": 5}, "should be a text"),
        ({"experiment": ":PCVL:Tomography:AA=="}, "is a 'Tomography'"),
        ({"experiment": "pcvlar 0 1 0 Experiment 0 "}, "another version of Perceval"),
        ({"experiment": ":PCVL:Experiment:!!"}, "is not base64"),
        ({"experiment": ":PCVL:Experiment:" + "/" * 40}, "not what Perceval serializes"),
        ({"parameters": []}, "`parameters` should be a JSON object"),
        ({"iterator": {"phi": 1}}, "`iterator` should be a list"),
        ({"iterator": [{}] * 1001}, "1001 iterations, at most 1000"),
        ({"iterator": [{"detectors": 1}]}, "an iteration says 'detectors'"),
        ({"iterator": [{"circuit_params": {"phi": "1"}}]}, "'phi' should be a finite number"),
        ({"iterator": [{"circuit_params": {"phi": 10**400}}]}, "'phi' should be a finite number"),
        ({"iterator": [{"noise": ":PCVL:NoiseModel:[]"}]}, "should be an object of numbers"),
        ({"iterator": [{"noise": ':PCVL:NoiseModel:{"g2": NaN}'}]}, "g2 of the noise model should be"),
        ({"iterator": [{"noise": ':PCVL:NoiseModel:{"__class__": 1}'}]}, "'__class__', which is not known"),
        ({"iterator": [{"postselect": ":PCVL:PostSelect:[7] == 1"}]}, "names mode 7 of 3 modes"),
        ({"iterator": [{"input_state": ":PCVL:NoiseModel:{}"}]}, "which is no state known here"),
        ({"job_context": "x" * 100_000}, "`job_context` is larger"),
    ],
)
def test_a_payload_that_is_wrong_is_refused_with_what_to_change(changes, why):
    assert why.lower() in refused_with(**changes).lower()
