"""Who has a version play its program, and asks what it saw."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.parity import environments, kept_sequences
from tests.system.processes import Client, Server


class Audience:
    def __init__(self, server: Server, idle: Server, certificate: Path) -> None:
        self.server, self.idle, self.certificate = server, idle, certificate
        self._seen: dict[tuple[str, str], dict[str, Any]] = {}

    def scene(self, version: str, program: str, name: str) -> Any:
        """What a version saw in one scene of a program; the first question has it play them all.

        Raises:
            AssertionError: the scene failed; with what the client raised.
        """
        seen = self._seen.get((version, program)) or self._play(version, program)
        told = seen["scenes"][name]
        assert "saw" in told, f"{name} with pasqal-cloud {version}:\n{told['failed']}"
        return told["saw"]

    def _play(self, version: str, program: str) -> dict[str, Any]:
        said = {
            "url": self.server.url,
            **_who(self.server),
            "plain": {"url": self.idle.url, **_who(self.idle)},
            "open_batches": [self._an_open_batch()],
        }
        trust = {"REQUESTS_CA_BUNDLE": str(self.certificate)}
        seen: dict[str, Any] = environments.run(version, program, said, **trust)
        assert seen["client"] == version
        self._seen[version, program] = seen
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


def _who(server: Server) -> dict[str, str]:
    known = server.credentials
    return {"username": known.username, "password": known.password, "project_id": known.project_id}
