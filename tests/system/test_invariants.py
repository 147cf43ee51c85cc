"""The crash suite's own eyes: each kind of damage is seen, and where there is none nothing is."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.services.steps import PLATFORMS, claim_one, create, done
from tests.system.crashes import invariants
from tests.system.crashes.database import InAFile
from tests.worlds import a_world


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    """What a server left that ran two jobs and cancelled one."""
    async with a_world(tmp_path, catalogue=PLATFORMS) as world:
        batch = await create(world, 3)
        for _ in range(2):
            await done(world, await claim_one(world))
        await world.core.batches.cancel(world.owner, batch.id)
    return tmp_path


def of_the_folder(data: Path) -> Iterator[str]:
    database = InAFile(data)
    yield from invariants.of_what_is_kept(database.ask, data)
    yield from database.stop()


async def test_where_nothing_is_wrong_nothing_is_said(data):
    assert [*of_the_folder(data)] == []


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM results", "is done without a result"),
        ("UPDATE jobs SET status = 'failed' WHERE status = 'done'", "has a result and is not done"),
        ("UPDATE jobs SET status = 'running' WHERE status = 'cancelled'", "never ended"),
        ("UPDATE batches SET status = 'stopping'", "has no job left and never ended"),
        ("UPDATE leases SET status = 'live'", "is live and nobody works"),
        ("UPDATE usage SET done = done + 1", "2 jobs are done and usage says 3"),
        ("UPDATE usage SET circuits = circuits + 1", "2 circuits were run and usage says 3"),
        ("UPDATE usage SET shots = 2 * shots", "and usage says 400"),
    ],
)
async def test_damage_to_the_database_is_seen(data, statement, said):
    with sqlite3.connect(data / "ketway.db") as database:
        database.execute(statement)
    database.close()

    assert any(said in sentence for sentence in of_the_folder(data))


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda blobs: next((blobs / "programs").rglob("*/*")).unlink(), "is named and not there"),
        (lambda blobs: (blobs / "results" / "left").write_bytes(b""), "is there and nobody names it"),
        (lambda blobs: (blobs / ".aside" / "half").write_bytes(b""), "is there and nobody names it"),
    ],
)
async def test_damage_to_the_blobs_is_seen(data, damage: Callable[[Path], object], said):
    (data / "blobs" / "results").mkdir(exist_ok=True)

    damage(data / "blobs")

    assert any(said in sentence for sentence in of_the_folder(data))


def test_what_broke_is_seen_in_a_log_and_what_was_refused_is_not(tmp_path):
    (tmp_path / "log-001-api").write_text('ketway serves\n{"event": "sweep_put_off", "why": "busy"}\n')
    (tmp_path / "log-002-api").write_text('{"event": "request_failed", "exception": "Traceback"}\n')
    (tmp_path / "log-003-worker").write_text("Traceback (most recent call last):\n  ...\nOSError\n")

    said = [*invariants.of_logs(tmp_path)]

    assert [sentence.split()[0] for sentence in said] == ["log-002-api", "log-003-worker"]


@dataclass
class Told:
    """A server with one finished job, as its users see it."""

    acknowledged: list[str] = field(default_factory=lambda: ["one"])
    ended: dict[str, str] = field(default_factory=lambda: {"one": "done"})
    listed: list[dict[str, Any]] = field(
        default_factory=lambda: [{"id": "one", "status": "done", "errors": []}]
    )
    body: bytes = b"{}"

    def jobs(self) -> list[Any]:
        return self.listed

    def job(self, id: str) -> Any:
        return {"result": {"size": 2, "sha256": hashlib.sha256(b"{}").hexdigest()}}

    def result(self, id: str) -> bytes:
        return self.body


def test_where_every_promise_was_kept_nothing_is_said():
    assert [*invariants.of_the_running_server(Told())] == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (Told(acknowledged=["one", "two"]), "job two was acknowledged and is not there"),
        (Told(acknowledged=[]), "job one is there and nobody was told"),
        (Told(ended={"one": "cancelled"}), "job one was cancelled and is done"),
        (Told(body=b"[]"), "does not fit its checksum"),
        (
            Told(listed=[{"id": "one", "status": "running", "errors": []}], ended={}),
            "job one is running for ever",
        ),
        (
            Told(listed=[{"id": "one", "status": "failed", "errors": ["?"]}], ended={}),
            "failed without a reason of its own",
        ),
    ],
)
def test_a_promise_that_was_not_kept_is_seen(told, said):
    assert any(said in sentence for sentence in invariants.of_the_running_server(told))
