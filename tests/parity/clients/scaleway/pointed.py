"""A program that knows nothing of ketway: what its clients say and where they find themselves.

It is run by `ketway exec`, or with the variables that `ketway env` prints; whichever of the clients
are in its environment take part.
"""

from __future__ import annotations

import json
import sys
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from warnings import simplefilter

from tests.parity.clients.scaleway.stage import AER, SOON
from tests.parity.clients.scenes import played

#: Of an account at the vendor's; nobody here has it.
THEIRS = {
    "project_id": "11111111-1111-4111-8111-111111111111",
    "secret_key": "22222222-2222-4222-8222-222222222222",
}


def qiskit(**known: str) -> Any:
    from qiskit import QuantumCircuit
    from qiskit_scaleway import ScalewayProvider

    circuit = QuantumCircuit(2, 2)
    circuit.x(1)
    circuit.measure([0, 1], [0, 1])
    job = ScalewayProvider(**known).get_backend(AER).run(circuit, shots=10)
    return job.result(fetch_interval=SOON).get_counts()


def cirq(**known: str) -> Any:
    from cirq_scaleway import ScalewayQuantumService

    return [device.name for device in ScalewayQuantumService(**known).devices()]


def pennylane(**known: str) -> Any:
    import pennylane

    device = pennylane.device("scaleway.aer", wires=1, backend=AER, **known)
    device.start()
    device.stop()
    return device.name


def pulser(**known: str) -> Any:
    from pulser_scaleway import ScalewayProvider

    return sorted(ScalewayProvider(**known).fetch_available_devices())


def low_level(**known: str) -> Any:
    from scaleway_qaas_client.v1alpha1 import QaaSClient

    return [platform.name for platform in QaaSClient(**known).list_platforms(name=AER)]


def sdk(**known: str) -> Any:
    from scaleway import Client
    from scaleway.qaas.v1alpha1 import QaasV1Alpha1API

    if known:
        theirs = {"access_key": "SCW" + "X" * 17, "secret_key": known["secret_key"]}
        client = Client(default_project_id=known["project_id"], **theirs)
    else:
        client = Client.from_config_file_and_env()
    api = QaasV1Alpha1API(client)
    assert api.list_sessions_all() is not None  # which needs the project
    return [platform.name for platform in api.list_platforms_all(name=AER)]


def perceval(**known: str) -> Any:
    from perceval.providers.scaleway import Session

    theirs = {"project_id": known["project_id"], "token": known["secret_key"]}
    with Session("EMU-SAMPLING-L4", **theirs) as session:
        return session.build_remote_processor().name


#: What takes part, and the module that must be there; clients that read no address from their
#: environment need `ketway exec`.
BY_ENVIRONMENT = {
    qiskit: "qiskit_scaleway",
    cirq: "cirq_scaleway",
    pennylane: "pennylane_scaleway",
    pulser: "pulser_scaleway",
    sdk: "scaleway",
}
BY_HOOK = BY_ENVIRONMENT | {low_level: "scaleway_qaas_client", perceval: "perceval"}


def main() -> None:
    """The first word says how the clients are pointed."""
    simplefilter("ignore")
    asked, known = (BY_HOOK, THEIRS) if sys.argv[1:] == ["hooked"] else (BY_ENVIRONMENT, {})
    there = [scene for scene, module in asked.items() if find_spec(module) is not None]
    # One after another: scenes that import the same packages side by side can lock each other out.
    for scene in there:
        import_module(asked[scene])
    print(json.dumps({"scenes": played({scene.__name__: partial(scene, **known) for scene in there})}))


if __name__ == "__main__":
    main()
