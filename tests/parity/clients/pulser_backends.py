"""`pulser-pasqal` 0.22 with the oldest Pulser that it takes: connection, backends, devices."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Any

import pulser
from pasqal_cloud import SDK
from pasqal_cloud.endpoints import TokenProviderConf
from pulser.backend import BitStrings, EmulationConfig, Occupation, QPUBackend
from pulser_pasqal import (
    EmuFreeBackend,
    EmuFreeBackendV2,
    EmuMPSBackend,
    EmuSVBackend,
    EmuTNBackend,
    PasqalCloud,
)

from tests.parity.clients.pairs import two_on
from tests.parity.clients.stage import endpoints, play, refused, sequence, setting


def connected(**changes: str) -> PasqalCloud:
    """As a form, to a token endpoint that need not be over TLS."""
    here = setting()
    who = {"username": here.username, "password": here.password, "project_id": here.project_id}
    login = TokenProviderConf(
        token_endpoint=f"{here.url}/oauth/token",
        public_client_id="local",
        audience=f"{here.url}/account/api/v1",
        realm="pcs-users",
        grant_type="http://auth0.com/oauth/grant-type/password-realm",
    )
    return PasqalCloud(**who | changes, endpoints=endpoints(here.url), auth_config=login)


def read(name: str) -> Any:
    return pulser.Sequence.from_abstract_repr(sequence(name))


def told(remote: Any) -> dict[str, Any]:
    results = remote.results
    return {
        "status": remote.get_batch_status().name,
        "counts": [dict(result.final_bitstrings) for result in results],
        "atoms": [list(result.atom_order) for result in results],
    }


def a_wrong_password(sdk: SDK) -> Any:
    return refused(connected, password="wrong")


def devices(sdk: SDK) -> Any:
    """Each was read by this Pulser."""
    return {name: device.name for name, device in connected().fetch_available_devices().items()}


def emulators(sdk: SDK) -> Any:
    here = connected()
    few = EmulationConfig(observables=[BitStrings(num_shots=200)])
    return {
        backend.__name__: told(backend(read("two_far_apart"), here, config=few).run(wait=True))
        for backend in (EmuFreeBackendV2, EmuSVBackend, EmuMPSBackend)
    }


def as_they_come(sdk: SDK) -> Any:
    """Without a configuration and without runs, for which this client sends 1."""
    return told(EmuMPSBackend(read("two_far_apart"), connected()).run(wait=True))


def a_blockade(sdk: SDK) -> Any:
    return told(EmuSVBackend(read("three_blockaded"), connected()).run(wait=True))


def an_observable(sdk: SDK) -> Any:
    occupation = Occupation(evaluation_times=[0.5, 1.0])
    config = EmulationConfig(observables=[BitStrings(), occupation])
    # By its name: this Pulser does not say which id its observable has.
    remote = EmuSVBackend(read("one_atom_flipped"), connected(), config=config).run(wait=True)
    (result,) = remote.results
    return {
        "times": list(result.get_result_times("occupation")),
        "occupation": [float(value[0]) for value in result.occupation],
    }


#: Before a `backend_configuration`, there was a `configuration`.
JOBS = [{"runs": 100}]


def the_free_emulator_of_before(sdk: SDK) -> Any:
    here, pair = connected(), read("two_far_apart")
    plain = EmuFreeBackend.default_config
    noisy = replace(plain, backend_options={"with_noise": True})
    return {
        "as it comes": told(EmuFreeBackend(pair, here).run(JOBS, wait=True)),
        "configured": told(EmuFreeBackend(pair, here, noisy).run(JOBS, wait=True)),
    }


def the_tensor_networks_of_before(sdk: SDK) -> Any:
    here, pair = connected(), read("two_far_apart")
    precise = replace(
        EmuTNBackend.default_config,
        sampling_rate=0.2,
        backend_options={"precision": "high", "max_bond_dim": 50},
    )
    return {
        "as it comes": told(EmuTNBackend(pair, here).run(JOBS, wait=True)),
        "configured": told(EmuTNBackend(pair, here, precise).run(JOBS, wait=True)),
    }


def an_open_batch(sdk: SDK) -> Any:
    here = connected()
    backend = EmuFreeBackendV2(
        read("parametrised"), here, config=EmulationConfig(observables=[BitStrings(num_shots=50)])
    )
    ran, told_of = [], []
    with backend.open_batch():
        for area in (pi, 0.0):
            remote = backend.run([{"variables": {"area": area, "phases": [0.0, 0.0]}}])
            sdk.get_job(remote.job_ids[0], wait=True)
            ran.append(remote)
            told_of.append(told(remote)["counts"])
    return {
        "batches": len({remote.batch_id for remote in ran}),
        "jobs": len({id for remote in ran for id in remote.job_ids}),
        "counts": told_of,
        "open": sdk.get_batch(ran[0].batch_id).open,
    }


def a_computer(sdk: SDK) -> Any:
    """On the device that plays a QPU, through the backend for QPUs."""
    here = connected()
    device = here.fetch_available_devices()["FRESNEL"]
    pair, strange = two_on(device), two_on(replace(device, name="ELSEWHERE"))
    remote = QPUBackend(pair, here).run([{"runs": 200}], wait=True)
    return told(remote) | {
        "device_type": sdk.get_batch(remote.batch_id).device_type,
        "without runs": refused(here.submit, pair, job_params=[{}]),
        "elsewhere": refused(QPUBackend(strange, here).run, [{"runs": 1}]),
    }


def refusals(sdk: SDK) -> Any:
    here = connected()
    unknown = EmulationConfig(observables=[BitStrings()], no_such_setting=5)
    return {
        "a setting": refused(EmuSVBackend(read("one_atom_flipped"), here, config=unknown).run),
        "one atom": refused(EmuMPSBackend(read("one_atom_flipped"), here).run),
    }


SCENES = [
    a_wrong_password,
    devices,
    emulators,
    as_they_come,
    a_blockade,
    an_observable,
    the_free_emulator_of_before,
    the_tensor_networks_of_before,
    an_open_batch,
    a_computer,
    refusals,
]

if __name__ == "__main__":
    play(SCENES)
