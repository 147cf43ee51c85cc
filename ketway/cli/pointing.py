"""`ketway env` and `ketway exec`: what points each client here."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

import httpx

from ketway.credentials_file import NAME, Credentials
from ketway.settings import Settings

_HOOK = Path(__file__).with_name("pointed")
_QRMI_DEVICES = ("EMU_FREE", "EMU_FRESNEL", "EMU_MPS", "EMU_SV", "FRESNEL")

SNIPPETS = """\
# pasqal-cloud 0.21 and later
from pasqal_cloud import PasqalCloudConnection
from pasqal_cloud.endpoints import Endpoints, TokenProviderConf
connection = PasqalCloudConnection(
    username={username!r}, password={password!r}, project_id={project_id!r},
    endpoints=Endpoints(core="{url}/core-fast", account="{url}/account"),
    auth_config=TokenProviderConf(
        token_endpoint="{url}/oauth/token", public_client_id="local", realm="pcs-users",
        audience="{url}/account/api/v1",
        grant_type="http://auth0.com/oauth/grant-type/password-realm"))

# pasqal-cloud 0.2 to 0.20: SDK(token_provider=Login(), endpoints=Endpoints(core="{url}/core-fast"),
#                              project_id={project_id!r}), where
class Login(ExpiringTokenProvider):  # from pasqal_cloud.authentication
    def _query_token(self):
        return requests.post("{url}/oauth/token", data=dict(
            grant_type="password", username={username!r}, password={password!r})).json()

# pasqal-cloud through OVH, with PASQAL_PULSER_ACCESS_TOKEN={secret_key!r}
from pasqal_cloud import OVHConnection
connection = OVHConnection(endpoints=Endpoints(core="{url}/core-fast", account="{url}/account"))

# The Scaleway SDK
from scaleway import Client
client = Client(access_key={access_key!r}, secret_key={secret_key!r},
                default_project_id={project_id!r}, api_url={url!r})

# qiskit-scaleway 0.2 and later; pulser-scaleway's ScalewayProvider takes the same
from qiskit_scaleway import ScalewayProvider
provider = ScalewayProvider({project_id!r}, {secret_key!r}, {url!r})

# cirq-scaleway 0.1.6 and later
from cirq_scaleway import ScalewayQuantumService
service = ScalewayQuantumService({project_id!r}, {secret_key!r}, {url!r})

# qiskit-scaleway 0.1 and cirq-scaleway before 0.1.6: the same with url="{url}/qaas/v1alpha1"

# PennyLane: qml.device("scaleway.aer", wires=..., backend="EMU-AER-16C-128M",
#                       project_id={project_id!r}, secret_key={secret_key!r}, url={url!r})

# Perceval
from perceval.providers.scaleway import Session
session = Session("EMU-SAMPLING-L4", project_id={project_id!r}, token={secret_key!r}, url={url!r})

# scaleway-qaas-client, below all these
from scaleway_qaas_client.v1alpha1 import QaaSClient
client = QaaSClient(project_id={project_id!r}, secret_key={secret_key!r}, url={url!r})
"""


class NotPointed(Exception):
    """Why no client can be pointed; the sentence is for the person who tried."""


def folder_of(data: Path | None) -> Path:
    return data if data is not None else Settings().data


def credentials(data: Path | None) -> Credentials:
    """
    Raises:
        NotPointed: no server was ever started on this folder.
    """
    folder = folder_of(data)
    try:
        found = Credentials.read(folder)
    except (ValueError, OSError) as error:
        raise NotPointed(str(error)) from None
    if found is None:
        raise NotPointed(f"There is no {folder / NAME}; start a server first: ketway serve --data {folder}")
    return found


def variables(known: Credentials) -> dict[str, str]:
    """What the clients that read their environment are told."""
    # CUDA-Q and the first clients for Qiskit and Cirq want the path in their address; later ones and the
    # SDK, which read the same variables, add it once more, and are answered all the same.
    with_path = f"{known.url}/qaas/v1alpha1"
    told = {
        "KETWAY_URL": known.url,
        "KETWAY_USERNAME": known.username,
        "KETWAY_PASSWORD": known.password,
        "KETWAY_PROJECT_ID": known.project_id,
        "SCW_API_URL": with_path,
        "SCW_ACCESS_KEY": known.access_key,
        "SCW_SECRET_KEY": known.secret_key,
        "SCW_PROJECT_ID": known.project_id,
        "SCW_DEFAULT_PROJECT_ID": known.project_id,
        "SCALEWAY_CLOUD_TOKEN": known.secret_key,
        "PASQAL_USERNAME": known.username,
        "PASQAL_PASSWORD": known.password,
        "PASQAL_PULSER_ACCESS_TOKEN": known.secret_key,
    }
    for client in ("QISKIT", "CIRQ", "PULSER"):
        told[f"{client}_SCALEWAY_API_URL"] = with_path
        told[f"{client}_SCALEWAY_PROJECT_ID"] = known.project_id
        told[f"{client}_SCALEWAY_SECRET_KEY"] = known.secret_key
        told[f"{client}_SCALEWAY_API_TOKEN"] = known.secret_key
    for device in _QRMI_DEVICES:
        told[f"{device}_QRMI_PASQAL_CLOUD_BASE_URL"] = known.url
        told[f"{device}_QRMI_PASQAL_CLOUD_AUTH_ENDPOINT"] = f"{known.url}/oauth/token"
        told[f"{device}_QRMI_PASQAL_CLOUD_PROJECT_ID"] = known.project_id
    return told


def exports(known: Credentials) -> str:
    """Lines that a shell can evaluate."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in variables(known).items())


def snippets(known: Credentials) -> str:
    """How clients without such variables are given their address."""
    facts = {name: getattr(known, name) for name in known.__dataclass_fields__}
    return SNIPPETS.format(**facts)


def run(known: Credentials, command: Sequence[str]) -> int:
    """Run a program whose clients talk to the server; its exit code.

    Raises:
        NotPointed: the server does not answer, or the program cannot be started.
    """
    try:
        httpx.get(f"{known.url}/healthz", timeout=5, trust_env=False).raise_for_status()
    except httpx.HTTPError as error:
        raise NotPointed(f"No server answers at {known.url} ({error}); start it: ketway serve") from None
    path = os.pathsep.join(filter(None, [str(_HOOK), os.environ.get("PYTHONPATH", "")]))
    environment = os.environ | variables(known) | {"PYTHONPATH": path}
    try:
        return subprocess.run(command, env=environment, check=False).returncode  # noqa: S603 - it is theirs
    except OSError as error:
        raise NotPointed(f"{command[0]} cannot be started: {error.strerror}") from None
