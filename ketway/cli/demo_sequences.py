"""The demo's sequence: three atoms, through the published Pasqal client, on each emulator."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from importlib import metadata
from typing import Any

import pasqal_cloud
import pulser
from pasqal_cloud.endpoints import Endpoints, TokenProviderConf
from pulser.backend.remote import BatchStatus

from ketway.cli.demo_shown import Shown
from ketway.credentials_file import Credentials

SHOTS = 1000
_LOOK_AGAIN_S = 0.1


def connect(credentials: Credentials) -> Any:
    """The client, given another address and nothing else."""
    url = credentials.url
    return pasqal_cloud.PasqalCloudConnection(
        username=credentials.username,
        password=credentials.password,
        project_id=credentials.project_id,
        endpoints=Endpoints(core=f"{url}/core-fast", account=f"{url}/account"),
        auth_config=TokenProviderConf(
            token_endpoint=f"{url}/oauth/token",
            public_client_id="local",
            audience=f"{url}/account/api/v1",
            realm="pcs-users",
            grant_type="http://auth0.com/oauth/grant-type/password-realm",
        ),
    )


def three_atoms(device: Any) -> Any:
    """A row of atoms swept into the order in which neighbours are never both excited: 101."""
    register = pulser.Register({"left": (-6.0, 0.0), "middle": (0.0, 0.0), "right": (6.0, 0.0)})
    sequence = pulser.Sequence(register, device)
    sequence.declare_channel("rydberg", "rydberg_global")
    peak = 2 * math.pi  # rad/us
    amplitude = pulser.InterpolatedWaveform(3000, [0.0, peak, peak, 0.0])
    detuning = pulser.InterpolatedWaveform(3000, [-2 * peak, 0.0, 2 * peak])  # rad/us
    sequence.add(pulser.Pulse(amplitude, detuning, 0.0), "rydberg")
    sequence.measure("ground-rydberg")
    return sequence


def _on(device_type: str, backend: Any) -> Shown:
    def run(credentials: Credentials, tell: Callable[[str], None]) -> dict[str, int]:
        connection = connect(credentials)
        tell("reading the device's specs")
        with warnings.catch_warnings():
            # Pulser's own: some devices' specs hold what readers before 1.7 cannot do without.
            warnings.simplefilter("ignore")
            device = connection.fetch_available_devices()[device_type]
            remote = backend(three_atoms(device), connection).run([{"runs": SHOTS}])
        while (status := remote.get_batch_status()) in (BatchStatus.PENDING, BatchStatus.RUNNING):
            tell(status.name.lower())
            time.sleep(_LOOK_AGAIN_S)
        return dict(remote.results[0].final_bitstrings)

    return Shown(
        title=f"Three atoms on {device_type}",
        client=f"pasqal-cloud {metadata.version('pasqal-cloud')}",
        run=run,
    )


SHOWN = [
    _on("EMU_FREE", pasqal_cloud.RemoteEmuFreeBackend),
    _on("EMU_SV", pasqal_cloud.RemoteSVBackend),
    _on("EMU_MPS", pasqal_cloud.RemoteMPSBackend),
]
