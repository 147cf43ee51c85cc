"""Running ketways for the vendors' own client libraries."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scaleway.qaas import v1alpha1 as qaas

from tests.parity.audience import PasqalAudience, ScalewayAudience
from tests.parity.scaleway_sdk import an_sdk, the_platform
from tests.system.processes import Server, a_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with a_server(tmp_path_factory.mktemp("parity") / "data", workers=2, lease_s=30, qpu_speed=200) as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For 127.0.0.1, signed by itself; its key is beside it."""
    file = tmp_path_factory.mktemp("tls") / "cert.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"),
            *("-subj", "/CN=ketway", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-out", str(file), "-keyout", str(file.with_name("key.pem"))),
        ],
        capture_output=True,
        check=True,
    )
    return file


@pytest.fixture(scope="session")
def tls_server(tmp_path_factory: pytest.TempPathFactory, certificate: Path) -> Iterator[Server]:
    """Old clients log in over TLS or not at all."""
    tls: dict[str, Any] = {"tls_cert": str(certificate), "tls_key": str(certificate.with_name("key.pem"))}
    with a_server(tmp_path_factory.mktemp("parity") / "data", workers=2, lease_s=30, **tls) as server:
        yield server


@pytest.fixture(scope="session")
def idle_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Without TLS and without workers: for those who only log in and look."""
    with a_server(tmp_path_factory.mktemp("parity") / "data", workers=0) as server:
        yield server


@pytest.fixture(scope="session")
def audience(tls_server: Server, idle_server: Server, certificate: Path) -> PasqalAudience:
    return PasqalAudience(tls_server, idle_server, certificate)


@pytest.fixture(scope="session")
def scaleway(server: Server, idle_server: Server) -> ScalewayAudience:
    return ScalewayAudience(server, idle_server)


@pytest.fixture(scope="session")
def sdk(server: Server) -> qaas.QaasV1Alpha1API:
    return an_sdk(server)


@pytest.fixture(scope="session")
def platform(sdk: qaas.QaasV1Alpha1API) -> qaas.Platform:
    return the_platform(sdk)


@pytest.fixture
def session(sdk: qaas.QaasV1Alpha1API, platform: qaas.Platform) -> Iterator[qaas.Session]:
    made = sdk.create_session(platform_id=platform.id, name="parity", max_duration="600s")
    yield made
    sdk.delete_session(session_id=made.id)
