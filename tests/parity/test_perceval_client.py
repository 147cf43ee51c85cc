"""Perceval's own client for Scaleway against a running ketway, beside the same experiments run directly."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any

import pytest
import requests
from scaleway import Client
from scaleway.qaas import v1alpha1 as qaas

from ketway import platforms
from ketway.engines.photonic_library import pcvl
from tests.system.processes import Server, until

scaleway = pcvl.providers.scaleway

EMULATOR = "EMU-SAMPLING-L4"
QPU = "QPU-ASCELLA-6PQ"
SHOTS = 4_000


@pytest.fixture(autouse=True)
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The client keeps its configuration in the user's home."""
    monkeypatch.setenv("PCVL_PERSISTENT_PATH", str(tmp_path_factory.mktemp("perceval")))


def a_computer(server: Server, platform: str = EMULATOR) -> Any:
    known = server.credentials
    layer = scaleway.ScalewayCommunicationLayer(
        platform, known.project_id, known.secret_key, url=server.url, max_duration_s=600
    )
    return pcvl.RemoteComputer(layer)


@pytest.fixture
def computer(server: Server) -> Iterator[Any]:
    made = a_computer(server)
    with made.acquire():
        yield made


@pytest.fixture
def machine(server: Server) -> Iterator[Any]:
    made = a_computer(server, QPU)
    with made.acquire():
        yield made


@pytest.fixture
def processor(server: Server) -> Iterator[Any]:
    """The older way: a session that builds processors."""
    known = server.credentials
    session = scaleway.Session(EMULATOR, known.project_id, known.secret_key, url=server.url)
    with session:
        yield session.build_remote_processor()


def ask(computer: Any, experiment: Any, shots: int = SHOTS) -> Any:
    return pcvl.ExecutionFactory(computer, experiment, max_shots_per_call=shots)


def uneven(*photons: int) -> Any:
    """An interferometer without any symmetry that would hide an exchange of modes or of photons."""
    circuit = (
        pcvl.Circuit(4)
        .add(0, pcvl.BS(theta=1.1))
        .add(2, pcvl.BS.H(theta=0.6))
        .add(1, pcvl.PS(0.4))
        .add(1, pcvl.BS.Ry(theta=0.9))
        .add(0, pcvl.PS(1.3))
        .add(0, pcvl.BS(theta=2.0))
    )
    experiment = pcvl.Experiment(circuit)
    experiment.with_input(pcvl.BasicState(list(photons)))
    experiment.min_detected_photons_filter(0)
    return experiment


def directly(experiment: Any, noise: Any = None) -> dict[str, float]:
    local = pcvl.SimulatedComputer("SLOS")
    local.noise = noise
    return chances(local.probs(experiment.copy())["results"])


def chances(distribution: Any) -> dict[str, float]:
    return {str(state): float(chance) for state, chance in distribution.items()}


def counted(results: Any) -> dict[str, int]:
    return {str(state): int(count) for state, count in results.items()}


def is_sample_of(counts: Mapping[str, int], expected: Mapping[str, float]) -> bool:
    """Every count within five standard deviations."""
    shots = sum(counts.values())
    return counts.keys() <= expected.keys() and all(
        abs(counts.get(state, 0) - shots * chance) <= 5 * sqrt(shots * chance * (1 - chance)) + 1e-9
        for state, chance in expected.items()
    )


def test_probabilities_are_exactly_those_that_perceval_computes_itself(computer):
    for photons in ((1, 1, 0, 0), (0, 1, 2, 0), (1, 0, 0, 1)):
        found = ask(computer, uneven(*photons)).probs()

        assert chances(found["results"]) == pytest.approx(directly(uneven(*photons)), abs=1e-9)
        assert found["global_perf"] == pytest.approx(1.0)


def test_counts_are_a_sample_of_them(computer):
    found = ask(computer, uneven(1, 1, 1, 0)).sample_count(SHOTS)

    assert sum(counted(found["results"]).values()) == SHOTS
    assert is_sample_of(counted(found["results"]), directly(uneven(1, 1, 1, 0)))


def test_two_photons_that_meet_do_not_part(computer):
    """Hong, Ou and Mandel; and on a splitter that is not balanced, as much as amplitudes say."""
    for theta in (pcvl.BS.r_to_theta(0.5), pcvl.BS.r_to_theta(0.8)):
        experiment = pcvl.Experiment(pcvl.BS(theta=theta))
        experiment.with_input(pcvl.BasicState([1, 1]))
        experiment.min_detected_photons_filter(2)

        counts = counted(ask(computer, experiment).sample_count(SHOTS)["results"])

        reflected = 0.5 if theta == pcvl.BS.r_to_theta(0.5) else 0.8
        together = 2 * reflected * (1 - reflected)
        assert is_sample_of(counts, {"|1,1>": (2 * reflected - 1) ** 2, "|2,0>": together, "|0,2>": together})


def test_samples_come_one_by_one(computer):
    found = ask(computer, uneven(1, 0, 1, 0)).samples(300)

    samples = [str(state) for state in found["results"]]
    assert len(samples) == 300
    assert is_sample_of({state: samples.count(state) for state in samples}, directly(uneven(1, 0, 1, 0)))


def test_iterations_come_back_in_their_order(computer):
    phi = pcvl.P("phi")
    experiment = pcvl.Experiment(pcvl.BS() // pcvl.PS(phi) // pcvl.BS(theta=1.2))
    experiment.with_input(pcvl.BasicState([1, 0]))
    experiment.min_detected_photons_filter(1)
    factory = ask(computer, experiment)
    iterations = [
        {"circuit_params": {"phi": 0.3}},
        {"circuit_params": {"phi": 2.1}, "input_state": pcvl.BasicState([0, 2])},
        {"circuit_params": {"phi": 2.1}, "postselect": pcvl.PostSelect("[1] == 1")},
    ]
    factory.add_iteration_list(iterations)

    found = factory.probs()["results_list"]

    assert [one["iteration"] for one in found] == iterations
    phi.set_value(0.3)
    assert chances(found[0]["results"]) == pytest.approx(directly(experiment))
    phi.set_value(2.1)
    experiment.with_input(pcvl.BasicState([0, 2]))
    assert chances(found[1]["results"]) == pytest.approx(directly(experiment))
    assert chances(found[2]["results"]) == pytest.approx({"|0,1>": 1.0})


def test_noise_that_is_sent_is_simulated(computer):
    noise = pcvl.NoiseModel(indistinguishability=0.7, transmittance=0.8)
    computer.noise = noise

    found = ask(computer, uneven(1, 1, 0, 0)).probs()

    assert chances(found["results"]) == pytest.approx(directly(uneven(1, 1, 0, 0), noise), abs=1e-4)


def test_heralds_detectors_and_feed_forward_come_through(computer):
    provider = pcvl.FFCircuitProvider(1, 0, pcvl.Circuit(2))
    provider.add_configuration([1], pcvl.Circuit(2).add(0, pcvl.BS(theta=0.8)))
    experiment = pcvl.Experiment(4)
    experiment.add(0, pcvl.BS(theta=1.3)).add(0, pcvl.Detector.threshold()).add(0, provider)
    experiment.add_herald(3, 0)
    experiment.with_input(pcvl.BasicState([1, 0, 1]))
    experiment.min_detected_photons_filter(1)

    found = ask(computer, experiment).probs()

    assert chances(found["results"]) == pytest.approx(directly(experiment))


def test_the_older_processor_samples_the_same(processor):
    processor.set_circuit(uneven(1, 1, 0, 0).unitary_circuit())
    processor.with_input(pcvl.BasicState([1, 1, 0, 0]))
    processor.min_detected_photons_filter(1)
    sampler = pcvl.algorithm.Sampler(processor, max_shots_per_call=SHOTS)

    expected = directly(uneven(1, 1, 0, 0))
    assert chances(sampler.probs()["results"]) == pytest.approx(expected, abs=1e-9)
    assert is_sample_of(counted(sampler.sample_count(SHOTS)["results"]), expected)
    samples = [str(state) for state in sampler.samples(200)["results"]]
    assert is_sample_of({state: samples.count(state) for state in samples}, expected)


def test_the_older_processor_iterates(processor):
    phi = pcvl.P("phi")
    processor.set_circuit(pcvl.BS() // pcvl.PS(phi) // pcvl.BS())
    processor.with_input(pcvl.BasicState([1, 0]))
    processor.min_detected_photons_filter(1)
    sampler = pcvl.algorithm.Sampler(processor, max_shots_per_call=SHOTS)
    sampler.add_iteration_list([{"circuit_params": {"phi": value}} for value in (0.0, 1.0, 2.0)])

    job = sampler.sample_count
    job.name = "scan"
    found = job.execute_sync(SHOTS)["results_list"]

    for one, value in zip(found, (0.0, 1.0, 2.0), strict=True):
        phi.set_value(value)
        fixed = pcvl.Experiment(pcvl.BS() // pcvl.PS(phi) // pcvl.BS())
        fixed.with_input(pcvl.BasicState([1, 0]))
        fixed.min_detected_photons_filter(1)
        assert is_sample_of(
            counted(one["results"]), directly(fixed) | {"|1,0>": directly(fixed).get("|1,0>", 0.0)}
        )


def test_a_result_too_large_for_the_answer_comes_by_its_link(computer):
    experiment = pcvl.Experiment(pcvl.Unitary(pcvl.Matrix.random_unitary(12)))
    experiment.with_input(pcvl.BasicState([1] * 8 + [0] * 4))
    experiment.min_detected_photons_filter(8)

    found = chances(ask(computer, experiment).probs()["results"])

    assert len(found) == 75_582
    assert sum(found.values()) == pytest.approx(1.0)


def test_too_many_photons_do_not_leave_the_client(computer):
    experiment = pcvl.Experiment(pcvl.Unitary(pcvl.Matrix.random_unitary(21)))
    experiment.with_input(pcvl.BasicState([1] * 21))
    experiment.min_detected_photons_filter(1)

    with pytest.raises(RuntimeError, match="Too many photons in input state"):
        ask(computer, experiment).sample_count(10)


def test_too_many_photons_that_were_sent_all_the_same_fail_with_the_reason(computer):
    computer.specs.constraints = {}
    experiment = pcvl.Experiment(pcvl.Unitary(pcvl.Matrix.random_unitary(21)))
    experiment.with_input(pcvl.BasicState([1] * 21))
    experiment.min_detected_photons_filter(1)
    execution = ask(computer, experiment).sample_count

    execution.execute_async(10)
    until(lambda: execution.is_complete, "the job to end")

    assert execution.is_failed
    assert "21 photons enter, from 0 to 20 on this platform" in execution.status.stop_message


def test_what_would_not_fit_fails_with_the_reason(computer):
    experiment = pcvl.Experiment(pcvl.Unitary(pcvl.Matrix.random_unitary(24)))
    experiment.with_input(pcvl.BasicState([1] * 12 + [0] * 12))
    experiment.min_detected_photons_filter(1)
    execution = ask(computer, experiment).probs

    execution.execute_async()
    until(lambda: execution.is_complete, "the job to end")

    assert "ask for samples instead" in execution.status.stop_message


def test_a_machine_looks_like_one(machine):
    assert machine.type == pcvl.ProcessorType.PHYSICAL
    assert machine.specs.constraints["max_photon_count"] == 6
    assert machine.specs.available_commands == ["probs", "sample_count", "samples"]


def test_a_machine_clicks_and_loses_photons(machine):
    experiment = pcvl.Experiment(pcvl.BS())
    experiment.with_input(pcvl.BasicState([1, 1]))
    experiment.min_detected_photons_filter(2)

    found = ask(machine, experiment, shots=10_000_000).sample_count(200)

    # What parts, though it should not, is what can be told apart.
    assert counted(found["results"]) == {"|1,1>": 200}
    assert found["global_perf"] < 0.08**2


def test_a_machine_gives_probabilities_of_what_it_sampled(machine):
    found = chances(ask(machine, uneven(1, 0, 1, 0), shots=2_000).probs()["results"])

    assert sum(found.values()) == pytest.approx(1.0)
    assert all(chance * 2_000 == pytest.approx(round(chance * 2_000)) for chance in found.values())
    assert all("2" not in state for state in found)


def test_a_machine_takes_one_photon_a_mode(machine):
    with pytest.raises(RuntimeError, match="doesn't accept more than 1 photon per mode"):
        ask(machine, uneven(2, 0, 0, 0)).probs()


def test_a_job_may_run_a_model_that_holds_its_payload(server):
    known = server.credentials
    sdk = qaas.QaasV1Alpha1API(
        Client(
            access_key=known.access_key,
            secret_key=known.secret_key,
            default_project_id=known.project_id,
            api_url=server.url,
        )
    )
    (platform,) = sdk.list_platforms_all(name=EMULATOR)
    session = sdk.create_session(platform_id=platform.id)
    payload = {"command": "probs", "experiment": uneven(1, 1, 0, 0), "max_shots": 100}
    model = sdk.create_model(payload=json.dumps(pcvl.serialization.serialize(payload)))

    job = sdk.create_job(
        session_id=session.id, name="by its model", model_id=model.id, circuit=qaas.JobCircuit()
    )
    sdk.wait_for_job(job_id=job.id)
    (result,) = sdk.list_job_results_all(job_id=job.id)

    assert result.result is not None
    found = pcvl.serialization.deserialize(json.loads(result.result))
    assert chances(found["results"]) == pytest.approx(directly(uneven(1, 1, 0, 0)))
    sdk.delete_session(session_id=session.id)


def test_old_names_lead_to_the_platform_and_are_not_listed(server):
    known = server.credentials
    layer = scaleway.ScalewayCommunicationLayer(
        "sim:sampling:p100", known.project_id, known.secret_key, url=server.url
    )
    listed = requests.get(
        f"{server.url}/qaas/v1alpha1/platforms?providerName=quandela",
        headers={"X-Auth-Token": known.secret_key},
        timeout=30,
    ).json()["platforms"]

    assert layer.get_platform_details()["name"] == EMULATOR
    ours = {platform.name for platform in platforms.read() if platform.engine == "perceval"}
    assert {one["name"] for one in listed} == ours
    assert all(json.loads(one["metadata"])["constraints"] for one in listed)
