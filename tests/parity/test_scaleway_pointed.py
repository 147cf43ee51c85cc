"""Programs that know nothing of ketway, run by `ketway exec` or with what `ketway env` prints."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from ketway.cli import pointing
from tests.parity import environments
from tests.system.processes import Server

AER = "EMU-AER-16C-128M"
OURS = environments.NEWEST
#: The clients that take part in each environment. Those that read no address need `ketway exec`.
TOLD = {
    "scaleway-312": {"qiskit", "cirq", "pennylane", "pulser"},
    "scaleway-g1": {"qiskit", "cirq"},
    "scaleway-g2": {"qiskit", "cirq"},
    OURS: {"sdk"},
}
HOOKED = {
    "scaleway-312": {"low_level"},
    "scaleway-g1": set[str](),
    "scaleway-g2": {"low_level"},
    OURS: {"perceval"},
}

every = pytest.mark.parametrize(
    "environment",
    [pytest.param(name, marks=pytest.mark.older if name == "scaleway-g2" else ()) for name in TOLD],
)


def seen(told: dict[str, Any]) -> dict[str, Any]:
    failed = {name: scene["failed"] for name, scene in told["scenes"].items() if "failed" in scene}
    assert not failed, "\n".join(failed.values())
    return {name: scene["saw"] for name, scene in told["scenes"].items()}


def assert_pointed_here(saw: dict[str, Any]) -> None:
    expected = {
        "qiskit": lambda counts: counts == {"10": 10},
        "cirq": lambda devices: isinstance(devices, list),
        "pennylane": lambda device: device == "scaleway.aer",
        "pulser": lambda devices: "EMU-FRESNEL-100PQ" in devices,
        "sdk": lambda names: names == [AER],
        "low_level": lambda names: names == [AER],
        "perceval": lambda name: name == "EMU-SAMPLING-L4",
    }
    for client, what in saw.items():
        assert expected[client](what), (client, what)


@every
def test_exec_points_clients_that_were_made_for_another_account(server: Server, environment: str):
    under = (sys.executable, "-m", "ketway", "exec", f"--data={server.folder}", "--")

    saw = seen(environments.run(environment, "scaleway.pointed", {}, under=under, words=("hooked",)))

    assert saw.keys() == TOLD[environment] | HOOKED[environment]
    assert_pointed_here(saw)


@every
def test_the_variables_alone_point_clients_that_read_them(server: Server, environment: str):
    variables = pointing.variables(server.credentials)

    saw = seen(environments.run(environment, "scaleway.pointed", {}, variables=variables))

    assert saw.keys() == TOLD[environment]
    assert_pointed_here(saw)
