"""What must hold once everything has calmed down, whatever happened before."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from tests.system.crashes.database import Ask

FINAL = ("done", "failed", "cancelled")
#: What a job may fail with here: nothing else is wrong with any of them.
_GIVEN_UP = "given up"


#: How Python begins to tell of what nobody caught.
_BROKEN = ("Traceback ", "Task exception", "Exception ")


class Witness(Protocol):
    """Who submitted, and can ask."""

    @property
    def acknowledged(self) -> Collection[str]: ...

    @property
    def ended(self) -> Mapping[str, str]: ...

    def jobs(self) -> list[Any]: ...

    def job(self, id: str) -> Any: ...

    def result(self, id: str) -> bytes: ...


def of_the_running_server(users: Witness) -> Iterator[str]:
    """What is wrong with what users were promised: a sentence each."""
    known = {job["id"]: job for job in users.jobs()}
    for id in users.acknowledged:
        if id not in known:
            yield f"job {id} was acknowledged and is not there"
    for id, job in known.items():
        if id not in users.acknowledged:
            yield f"job {id} is there and nobody was told"
        if job["status"] not in FINAL:
            yield f"job {id} is {job['status']} for ever"
        if users.ended.get(id, job["status"]) != job["status"]:
            yield f"job {id} was {users.ended[id]} and is {job['status']}"
        if job["status"] == "failed" and not any(_GIVEN_UP in error for error in job["errors"]):
            yield f"job {id} failed without a reason of its own: {job['errors']}"
        if job["status"] == "done":
            yield from _of_a_result(id, users)


def _of_a_result(id: str, users: Witness) -> Iterator[str]:
    told, body = users.job(id)["result"], users.result(id)
    if told is None:
        yield f"job {id} is done and has no result"
    elif (len(body), hashlib.sha256(body).hexdigest()) != (told["size"], told["sha256"]):
        yield f"job {id} has a result that does not fit its checksum"


def of_what_is_kept(ask: Ask, data: Path) -> Iterator[str]:
    """What is wrong with what stopped servers left: a sentence each."""
    yield from _of_jobs(ask)
    yield from _of_leases(ask)
    yield from _of_usage(ask)
    yield from of_blobs(ask, data)


def of_blobs(ask: Ask, data: Path) -> Iterator[str]:
    """What is wrong between the database and the folder of blobs: a sentence each."""
    blobs = data / "blobs"
    there = {
        str(file.relative_to(blobs)) for file in blobs.rglob("*") if file.is_file() and file.name != ".lock"
    }
    results = set(_column(ask, "SELECT key FROM results WHERE key LIKE 'results/%'"))
    sums = _column(ask, "SELECT sha256 FROM programs")
    named = results | {f"programs/{sha256[:2]}/{sha256}" for sha256 in sums}
    for key in sorted(named - there):
        yield f"{key} is named and not there"
    for key in sorted(there - named):
        yield f"{key} is there and nobody names it"


def of_logs(folder: Path) -> Iterator[str]:
    """Where something broke that was meant to be refused, or put off: a sentence each."""
    for log in sorted(folder.glob("log-*")):
        lines = log.read_text(errors="replace").splitlines()
        broken = [line for line in lines if line.startswith(_BROKEN) or '"exception": ' in line]
        if broken:
            yield f"{log.name} tells of something that broke: {broken[0][-2000:]}"


def live_leases(ask: Ask) -> int:
    return len(_column(ask, "SELECT id FROM leases WHERE status = 'live'"))


def _of_jobs(ask: Ask) -> Iterator[str]:
    done = _column(ask, "SELECT id FROM jobs WHERE status = 'done'")
    kept = Counter(_column(ask, "SELECT job_id FROM results"))
    for id in set(done) - set(kept):
        yield f"job {id} is done without a result"
    for id in set(kept) - set(done):
        yield f"job {id} has a result and is not done"
    for id, number in kept.items():
        if number > 1:
            yield f"job {id} has {number} results"
    for id in _column(ask, "SELECT id FROM jobs WHERE status IN ('queued', 'running')"):
        yield f"job {id} never ended"
    unfinished = (
        "SELECT id FROM batches WHERE status = 'stopping'"
        " OR (NOT is_open AND status IN ('queued', 'active', 'paused'))"
    )
    for id in _column(ask, unfinished):
        yield f"batch {id} has no job left and never ended"


def _of_leases(ask: Ask) -> Iterator[str]:
    for id in _column(ask, "SELECT id FROM leases WHERE status = 'live'"):
        yield f"lease {id} is live and nobody works"
    twice = (
        "SELECT job_id FROM leases JOIN results USING (job_id)"
        " WHERE status = 'ended' AND outcome = sha256 GROUP BY job_id HAVING count(*) > 1"
    )
    for id in _column(ask, twice):
        yield f"job {id} was ended by two attempts"


def _of_usage(ask: Ask) -> Iterator[str]:
    (sums,) = ask("SELECT sum(done), sum(failed), sum(cancelled), sum(circuits), sum(shots) FROM usage")
    *ended, circuits, shots = [number or 0 for number in sums]
    jobs = Counter(_column(ask, "SELECT status FROM jobs"))
    for status, counted in zip(FINAL, ended, strict=True):
        if counted != jobs[status]:
            yield f"{jobs[status]} jobs are {status} and usage says {counted}"
    if circuits != jobs["done"]:
        yield f"{jobs['done']} circuits were run and usage says {circuits}"
    ((in_results,),) = ask("SELECT coalesce(sum(shots), 0) FROM results")
    ((most,),) = ask("SELECT coalesce(sum(shots), 0) FROM jobs")
    if not in_results <= shots <= most:
        yield f"{in_results} shots are in results, {most} were asked for, and usage says {shots}"


def _column(ask: Ask, query: str) -> list[Any]:
    return [row[0] for row in ask(query)]
