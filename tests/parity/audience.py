"""Who has clients play their programs, and asks what they saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parity import environments, kept_sequences
from tests.system.processes import Client, Server


class Audience:
    """Of the programs of one environment after another; each is played once."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], dict[str, Any]] = {}

    def scene(self, environment: str, program: str, name: str) -> Any:
        """What a client saw in one scene of a program; the first question has it play them all.

        Raises:
            AssertionError: the scene failed; with what the client raised.
        """
        if (environment, program) not in self._seen:
            self._seen[environment, program] = self.play(environment, program)
        told = self._seen[environment, program]["scenes"][name]
        assert "saw" in told, f"{name} with {environment}:\n{told['failed']}"
        return told["saw"]

    def play(self, environment: str, program: str) -> dict[str, Any]:
        raise NotImplementedError


class PasqalAudience(Audience):
    """Environments are versions of pasqal-cloud."""

    def __init__(self, server: Server, idle: Server, certificate: Path) -> None:
        super().__init__()
        self.server, self.idle, self.certificate = server, idle, certificate

    def play(self, environment: str, program: str) -> dict[str, Any]:
        said = {
            "url": self.server.url,
            **_who(self.server),
            "plain": {"url": self.idle.url, **_who(self.idle)},
            "open_batches": [self._an_open_batch()],
        }
        trust = {"REQUESTS_CA_BUNDLE": str(self.certificate)}
        seen: dict[str, Any] = environments.run(environment, program, said, variables=trust)
        assert seen["client"] == environment
        return seen

    def _an_open_batch(self) -> str:
        client = Client(self.server, verify=False).login()
        body = {
            "project_id": self.server.credentials.project_id,
            "sequence_builder": kept_sequences.read("one_atom_flipped"),
            "device_type": "EMU_FREE",
            "open": True,
            "jobs": [],
        }
        made = client.ask("POST", "/api/v1/batches", body).raise_for_status().json()["data"]
        return str(made["id"])


class ScalewayAudience(Audience):
    """Programs are those of `tests/parity/clients/scaleway`."""

    def __init__(self, server: Server, idle: Server) -> None:
        super().__init__()
        self.server, self.idle = server, idle

    def play(self, environment: str, program: str) -> dict[str, Any]:
        said = {**_keys(self.server), "idle": _keys(self.idle)}
        seen: dict[str, Any] = environments.run(environment, f"scaleway.{program}", said)
        return seen


def _who(server: Server) -> dict[str, str]:
    known = server.credentials
    return {"username": known.username, "password": known.password, "project_id": known.project_id}


def _keys(server: Server) -> dict[str, str]:
    known = server.credentials
    return {"url": server.url, "project_id": known.project_id, "secret_key": known.secret_key}
