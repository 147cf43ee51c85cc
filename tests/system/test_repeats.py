"""A client that hangs up before it is answered, and comes again: a real server, a real socket."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.engines.sequences import one_atom_flipped
from tests.system.processes import Client, a_server, until


def test_whoever_hung_up_and_comes_again_gets_the_batch_that_was_made(tmp_path: Path) -> None:
    with a_server(tmp_path / "data", workers=0) as server:
        client = Client(server).login()
        body = {
            "project_id": client.credentials.project_id,
            "sequence_builder": one_atom_flipped().to_abstract_repr(),
            "device_type": "EMU_FREE",
            "jobs": [{"runs": 5}],
        }

        # The check of the first submission waits for the engines, so that nobody is there any more
        # when the answer is ready.
        _ask_and_hang_up(client, body)
        (made,) = until(lambda: _batches(client), "the batch to be made")
        again = client.ask("POST", "/api/v1/batches", body).raise_for_status().json()["data"]
        third = client.ask("POST", "/api/v1/batches", body).raise_for_status().json()["data"]

        assert again["id"] == made["id"]
        assert third["id"] != made["id"]
        assert len(_batches(client)) == 2


def _ask_and_hang_up(client: Client, body: dict[str, Any]) -> None:
    address = urlsplit(client.url)
    content = json.dumps(body).encode()
    head = (
        "POST /core-fast/api/v1/batches HTTP/1.1\r\n"
        f"Host: {address.netloc}\r\n"
        f"Authorization: {client.authorization}\r\n"
        "Content-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.sendall(head.encode() + content)
        # Once later requests are answered, this one has been read and is with the engine.
        for _ in range(5):
            assert _batches(client) == []


def _batches(client: Client) -> list[Any]:
    listed: list[Any] = client.ask("GET", "/api/v1/batches").raise_for_status().json()["data"]
    return listed
