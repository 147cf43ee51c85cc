"""The platforms of the catalogue: what they say of themselves, and that they hold to it."""

from __future__ import annotations

import json
from importlib import metadata

import numpy as np
import pytest

from ketway.api.scaleway.translate import DOOR
from ketway.domain.errors import ProgramRefused
from ketway.engines.photonic import ENGINE, trials_of
from ketway.engines.photonic_library import pcvl
from ketway.engines.photonic_machine import machine_of
from tests.engines.photons import (
    MACHINES,
    PLATFORMS,
    a_task,
    an_experiment,
    chances,
    lined_up,
    on,
    read,
    run,
    two_meet,
)

EMULATORS = sorted(PLATFORMS.keys() - set(MACHINES))


def refusal(task) -> str:
    with pytest.raises(ProgramRefused) as refused:
        ENGINE.check(task)
    return str(refused.value)


def said_of(name: str) -> dict:
    return json.loads(PLATFORMS[name].shown[DOOR]["metadata"])


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_metadata_has_what_the_client_reads(name):
    said = said_of(name)

    assert said.keys() == {
        "constraints",
        "pcvl_version",
        "documentation",
        "available_commands",
        "detector",
    }
    assert said["available_commands"] == ["probs", "sample_count", "samples"]
    assert said["pcvl_version"] == metadata.version("perceval-quandela")
    assert said["documentation"] == PLATFORMS[name].shown[DOOR]["documentation_url"]


@pytest.mark.parametrize("name", PLATFORMS)
def test_what_the_client_checks_is_what_the_engine_checks(name):
    machine = machine_of(on(name, ""))

    assert said_of(name)["constraints"] == {
        "max_photon_count": machine.max_photons,
        "min_photon_count": max(machine.min_photons, 1),
        "max_mode_count": machine.max_modes,
        "min_mode_count": machine.min_modes,
        "support_multi_photon": machine.takes_several,
    }
    assert machine.max_photons == PLATFORMS[name].max_qubits


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_says_that_it_is_none(name):
    platform = PLATFORMS[name]
    figures = json.loads(platform.settings["device"])["figures"]

    assert platform.is_exclusive
    assert platform.shots_per_s
    assert (platform.shown[DOOR]["type"], platform.shown[DOOR]["provider_name"]) == ("qpu", "quandela")
    assert "emulated (Perceval) by ketway" in platform.description
    assert "not calibration data" in platform.description
    assert all(figure["source"] for figure in figures.values())
    assert platform.shots_per_s == figures["shots_per_s"]["value"]
    for figure in ("transmittance", "indistinguishability"):
        assert f"{figure} {figures[figure]['value']:.0%}".replace("%", " %") in platform.description


@pytest.mark.parametrize("name", EMULATORS)
def test_an_emulator_says_what_it_runs_on(name):
    assert f"Perceval, on this server's processors), run by ketway: {PLATFORMS[name].max_qubits} photons" in (
        PLATFORMS[name].description
    )


@pytest.mark.parametrize("name", PLATFORMS)
def test_the_largest_job_is_taken_and_one_photon_or_mode_more_is_not(name):
    platform = PLATFORMS[name]
    modes = said_of(name)["constraints"]["max_mode_count"]

    def asked(photons: int, modes: int):
        return a_task(lined_up(photons, modes), "sample_count", platform=name, max_samples=10, max_shots=10)

    assert ENGINE.check(asked(platform.max_qubits, modes)).qubits == platform.max_qubits
    assert "photons enter" in refusal(asked(platform.max_qubits + 1, modes))
    assert "modes" in refusal(asked(1, modes + 1))


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_takes_one_photon_a_mode_and_at_least_one(name):
    assert "at most one photon in each mode" in refusal(a_task(an_experiment(pcvl.BS(), 2, 0), platform=name))
    assert "0 photons enter, from 1" in refusal(a_task(an_experiment(pcvl.BS(), 0, 0), platform=name))


@pytest.mark.parametrize("name", MACHINES)
@pytest.mark.parametrize("part", [pcvl.LC(0.1), pcvl.TD(1)])
def test_a_machine_is_programmed_with_a_plain_circuit_only(name, part):
    experiment = pcvl.Experiment(2)
    experiment.add(0, pcvl.BS()).add(0, part)
    experiment.with_input(pcvl.BasicState([1, 0]))
    experiment.min_detected_photons_filter(1)

    assert "no feed-forward, delays, loss channels" in refusal(a_task(experiment, platform=name))


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_s_detectors_click_whatever_the_job_wants(name):
    experiment = an_experiment(pcvl.BS(), 1, 1)
    for mode in range(2):
        experiment.add(mode, pcvl.Detector.pnr())

    computed = run(experiment, "sample_count", platform=name, max_samples=2000, max_shots=10**6)

    assert computed.counts[0].keys() == {"|1,0>", "|0,1>", "|1,1>"}


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_has_its_own_noise_whatever_the_job_wants(name):
    perfect = an_experiment(pcvl.BS(), 1, 1, least=2)
    perfect.noise = pcvl.NoiseModel()
    noise = machine_of(on(name, "")).noise
    assert noise is not None

    computed = run(perfect, "sample_count", platform=name, max_samples=10**6, max_shots=2 * 10**7)

    found = read(computed)
    clicks = sum(computed.counts[0].values())
    # Both come, and they do not leave together: half as often as they can be told apart.
    expected = noise["transmittance"] ** 2 * (1 - noise["indistinguishability"]) / 2
    extra = noise["g2"] * noise["transmittance"] ** 2  # of one emitted twice
    assert computed.counts[0].keys() == {"|1,1>"}
    assert expected * 0.95 < found["global_perf"] < (expected + extra) * 1.05
    assert computed.shots == pytest.approx(2 * 10**7, rel=1e-4)
    assert clicks > 1000


@pytest.mark.parametrize("name", MACHINES)
def test_a_machine_s_probabilities_come_from_samples(name):
    computed = run(two_meet(), platform=name, max_shots=5_000)

    (counts,) = computed.counts
    assert sum(counts.values()) == 5_000
    assert chances(read(computed)["results"]) == pytest.approx(
        {state: count / 5_000 for state, count in counts.items()}
    )


def programmed(experiment, seed: int, **changes) -> np.ndarray:
    """What the chip of a machine is made to do."""
    task = a_task(experiment, platform="QPU-ASCELLA-6PQ", seed=seed, **changes)
    made = trials_of(task).built(0).experiment.unitary_circuit().compute_unitary()
    return np.asarray(made)


def test_a_machine_s_phases_err_as_the_seed_says_also_where_none_is_written():
    nothing = an_experiment(pcvl.Unitary(pcvl.Matrix.eye(12)), *[1] * 6, *[0] * 6)

    first, again, other = (programmed(nothing, seed) for seed in (1, 1, 2))

    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)
    assert 0.001 < np.abs(first - np.eye(12)).max() < 0.5


def test_a_job_may_say_the_seed_of_its_compilation():
    first, again = (programmed(two_meet(), seed, compilation_seed=5) for seed in (1, 2))

    assert np.array_equal(first, again)
    assert not np.array_equal(first, programmed(two_meet(), 1))
