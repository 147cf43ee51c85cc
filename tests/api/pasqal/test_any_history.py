"""Whatever clients, operators, workers and time do, in any order, the answers keep to the life cycles."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, invariant, multiple, rule

from tests.api.pasqal.clients import a_batch_body
from tests.api.pasqal.worlds import CORE, a_client, a_machine, a_token, an_emulator
from tests.api.surface.prospects import without_prospect
from tests.fakes import a_memory_world
from tests.histories import USUAL, History
from tests.worlds import World, a_world

V1, V2 = f"{CORE}/v1", f"{CORE}/v2"
Seen = dict[str, dict[str, Any]]

LIMITS = {"default_idle_s": 40.0, "default_total_s": 90.0}
DEVICES = [an_emulator(**LIMITS), a_machine(**LIMITS)]
ROOMY, EXCLUSIVE = (device.name for device in DEVICES)

JOB_WORDS = ["PENDING", "RUNNING", "DONE", "ERROR", "CANCELED"]
BATCH_WORDS = [*JOB_WORDS, "TIMED_OUT", "PAUSED"]
FINAL = {"DONE", "ERROR", "CANCELED", "TIMED_OUT"}
#: One action of somebody may make more than one move: the late report of a lease that was lost
#: starts a job and ends it, and the last job of a batch takes the batch with it.
JOB_MOVES = {
    "PENDING": {"RUNNING", "DONE", "ERROR", "CANCELED"},
    "RUNNING": {"PENDING", "DONE", "ERROR", "CANCELED"},
}
#: PAUSED is shown as PENDING, so a batch that was ever paused may seem to wait again.
BATCH_MOVES = {
    "PENDING": {"RUNNING", *FINAL},
    "RUNNING": FINAL,
}

VERSIONS = st.sampled_from([1, 2])
#: Which job of a batch is meant: the first, the second, ...
PLACES = st.integers(0, 3)
NEW_JOBS = st.lists(st.sampled_from([{"runs": 1}, {"runs": 7}, {}]), max_size=3)
FILTERS = st.sampled_from(
    [{}, {"status": "PENDING"}, {"status": ["DONE", "ERROR"]}, {"min_runs": 2}, {"errors": "True"}]
)


class AnyHistory(History):
    """One client who is an operator too, two workers, and everything that may happen between them."""

    batches = Bundle("batches")

    def __init__(self) -> None:
        super().__init__()
        self.seen_batches: Seen = {}
        self.seen_jobs: Seen = {}
        self.paused: set[str] = set()

    def a_world(self) -> AbstractAsyncContextManager[World]:
        return a_memory_world(catalogue=DEVICES)

    async def open_world(self) -> None:
        await super().open_world()
        self.api = await self.stack.enter_async_context(a_client(self.world, await a_token(self.world)))

    def answer(self, method: str, path: str, **asked: Any) -> httpx.Response:
        self.tick()
        response = self.do(self.api.request(method, path, **asked))
        assert response.status_code in (200, 409, 422), response.text
        assert '"CANCELING"' not in response.text
        return response

    def ask(self, method: str, path: str, **asked: Any) -> Any:
        """What is said to something that may be said."""
        response = self.answer(method, path, **asked)
        assert response.status_code == 200, response.text
        assert '"PAUSED"' not in response.text
        return response.json()["data"]

    @rule(
        target=batches,
        jobs=NEW_JOBS,
        device=st.sampled_from([ROOMY, EXCLUSIVE, EXCLUSIVE]),
        is_open=st.booleans(),
    )
    def create(self, jobs, device, is_open):
        wanted = jobs if is_open else jobs or [{"runs": 1}]
        body = a_batch_body(self.world, jobs=wanted, device_type=device, open=is_open)
        made = self.ask("POST", f"{V1}/batches", json=body)
        # Where there is room for all, an open batch has the device at once.
        begins_as = "RUNNING" if is_open and device == ROOMY else "PENDING"
        assert (made["status"], made["open"]) == (begins_as, is_open)
        assert [job["runs"] for job in made["jobs"]] == [job.get("runs") for job in wanted]
        return made["id"]

    @rule(batch=batches, jobs=NEW_JOBS, version=VERSIONS)
    def add(self, batch, jobs, version):
        before = self.seen_batches[batch]
        added = self.answer("POST", f"{CORE}/v{version}/batches/{batch}/jobs", json=jobs)
        if not jobs:
            assert added.status_code == 422
        elif not before["open"]:
            assert added.status_code == 409
        else:
            assert added.json()["data"]["jobs_count"] == before["jobs_count"] + len(jobs)

    @rule(batch=batches)
    def add_one(self, batch):
        added = self.answer("POST", f"{V1}/jobs", json={"runs": 3, "batch_id": batch})
        assert (added.status_code == 200) == self.seen_batches[batch]["open"]

    @rule(batch=batches, version=VERSIONS)
    def close(self, batch, version):
        method = "PUT" if version == 1 else "PATCH"
        closed = self.ask(method, f"{CORE}/v{version}/batches/{batch}/complete")
        assert not closed["open"]
        if not self.seen_batches[batch]["jobs_count"]:
            assert closed["status"] in FINAL

    @rule(batch=batches, version=VERSIONS)
    def cancel(self, batch, version):
        method = "PUT" if version == 1 else "PATCH"
        answer = self.answer(method, f"{CORE}/v{version}/batches/{batch}/cancel")
        assert (answer.status_code == 200) == (not self.is_final(batch)), answer.text

    @rule(batch=batches, place=PLACES, version=VERSIONS)
    def cancel_job(self, batch, place, version):
        if (job := self.job(batch, place)) is not None:
            method = "PUT" if version == 1 else "PATCH"
            answer = self.answer(method, f"{CORE}/v{version}/jobs/{job['id']}/cancel")
            assert (answer.status_code == 200) == (job["status"] not in FINAL), answer.text

    @rule(batch=batches, version=VERSIONS, filter=FILTERS)
    def cancel_jobs(self, batch, version, filter):
        method = "PUT" if version == 1 else "PATCH"
        answer = self.ask(method, f"{CORE}/v{version}/batches/{batch}/cancel/jobs", params=filter)
        assert {self.seen_jobs[id]["status"] for id in answer["errors"]} <= FINAL
        assert not {self.seen_jobs[job["id"]]["status"] for job in answer["jobs"]} & FINAL

    @rule(batch=batches, other=batches)
    def cancel_several(self, batch, other):
        answer = self.ask("PATCH", f"{V1}/batches/cancel", json={"batch_ids": [batch, other]})
        assert {made["id"] for made in answer["batches"]} | answer["errors"].keys() == {batch, other}
        assert answer["errors"].keys() == {id for id in (batch, other) if self.is_final(id)}

    @rule(
        filter=st.sampled_from(
            [{"cancel_all": True}, {"status": ["PENDING"]}, {"device_type": [EXCLUSIVE]}, {"open": True}]
        )
    )
    def cancel_those_that(self, filter):
        answer = self.ask("PATCH", f"{V1}/batches/cancel", json=filter)
        assert answer["errors"] == {}
        assert not any(self.is_final(made["id"]) for made in answer["batches"])
        if filter == {"cancel_all": True}:
            living = {id for id in self.seen_batches if not self.is_final(id)}
            assert {made["id"] for made in answer["batches"]} == living

    @rule(target=batches, batch=batches, filter=FILTERS)
    def rebatch(self, batch, filter):
        answer = self.answer("POST", f"{V1}/batches/{batch}/rebatch", params=filter)
        if answer.status_code != 200:
            assert answer.status_code == (409 if self.seen_batches[batch]["open"] else 422), answer.text
            return multiple()
        made = answer.json()["data"]
        old = [self.seen_jobs[job["parent_id"]] for job in made["jobs"]]
        assert (made["parent_id"], made["status"], made["open"]) == (batch, "PENDING", False)
        assert {job["batch_id"] for job in old} == {batch}
        assert [job["creation_order"] for job in old] == sorted(job["creation_order"] for job in old)
        assert [job["runs"] for job in made["jobs"]] == [job["runs"] for job in old]
        return made["id"]

    @rule(batch=batches, tags=st.lists(st.sampled_from(["a", "b"]), unique=True))
    def tag(self, batch, tags):
        assert self.ask("PATCH", f"{V1}/batches/{batch}/tags", json=tags)["tags"] == tags

    @rule(batch=batches, word=st.sampled_from([*BATCH_WORDS, "PAUSED", "PAUSED"]), tells=st.booleans())
    def operator_moves_batch(self, batch, word, tells):
        now = self.world.clock.now().isoformat()
        span = {"start_datetime": now, "end_datetime": now} if tells else {}
        answer = self.answer("PUT", f"{V1}/batches/{batch}/status", json={"status": word} | span)
        if answer.status_code == 200 and word == "PAUSED":
            self.paused.add(batch)
            assert answer.json()["data"]["status"] == "PAUSED"
        if word == "DONE":
            assert answer.status_code == 409
        elif word in FINAL:
            assert (answer.status_code == 200) == (not self.is_final(batch)), answer.text

    @rule(
        batch=batches,
        place=PLACES,
        word=st.sampled_from([*JOB_WORDS, "RUNNING"]),
        progress=st.sampled_from([None, 0, 50, 100]),
        tells=st.booleans(),
    )
    def operator_moves_job(self, batch, place, word, progress, tells):
        if (job := self.job(batch, place)) is None:
            return
        now = self.world.clock.now().isoformat()
        said = {"status": word} | ({"start_timestamp": now, "end_timestamp": now} if tells else {})
        if progress is None:
            self.answer("PUT", f"{V1}/jobs/{job['id']}/status", json=said)
        else:
            self.answer("PATCH", f"{V1}/jobs/{job['id']}", json=said | {"progress": progress})

    @rule(batch=batches, place=PLACES)
    def operator_reports_errors(self, batch, place):
        if (job := self.job(batch, place)) is not None:
            answer = self.answer("POST", f"{V1}/jobs/{job['id']}/errors", json={"errors": ["Too warm."]})
            assert (answer.status_code == 200) == (job["status"] not in FINAL), answer.text

    @invariant()
    def every_answer_agrees_with_every_other_and_with_the_life_cycles(self):
        upward = {"order_by": "created_at", "order_by_direction": "ASC"}
        batches = {row["id"]: row for row in self.ask("GET", f"{V1}/batches", params=upward)}
        jobs = {row["id"]: row for row in self.ask("GET", f"{V1}/jobs", params=upward)}
        changed = [id for id, row in batches.items() if row != self.seen_batches.get(id)]
        parents = {batches[id]["parent_id"] for id in changed} - {None, *changed}

        assert self.seen_batches.keys() <= batches.keys()
        assert self.seen_jobs.keys() <= jobs.keys()
        for id, batch in batches.items():
            self.must_be_a_good_batch(batch, [job for job in jobs.values() if job["batch_id"] == id])
        for id, job in jobs.items():
            self.must_be_a_good_job(job)
            if job != self.seen_jobs.get(id):
                self.must_read_the_same_everywhere(job)
        self.must_have_one_batch_on_the_exclusive_device(batches, jobs)
        for id in [*changed, *parents]:
            self.must_be_told_the_same_everywhere(batches[id], batches, jobs)

        self.seen_batches, self.seen_jobs = batches, jobs

    def must_be_a_good_batch(self, batch: dict[str, Any], jobs: list[dict[str, Any]]) -> None:
        before = self.seen_batches.get(batch["id"], batch)
        status = batch["status"]
        is_final = status in FINAL
        found = Counter(job["status"] for job in jobs)
        if status != before["status"]:
            paused = {"PENDING"} if batch["id"] in self.paused else set()
            assert status in BATCH_MOVES.get(before["status"], set()) | paused, (before, batch)
        assert batch["open"] <= before["open"]
        assert batch["complete"] is not batch["open"]
        assert batch["updated_at"] >= before["updated_at"]
        assert batch["jobs_count"] == sum(batch["jobs_count_per_status"].values()) == len(jobs)
        assert batch["jobs_count_per_status"] == {word: found[word] for word in JOB_WORDS}
        assert batch["job_ids"] == [job["id"] for job in sorted(jobs, key=lambda job: job["creation_order"])]
        assert sorted(job["creation_order"] for job in jobs) == list(range(1, len(jobs) + 1))
        assert is_final == (batch["end_datetime"] is not None), batch
        if is_final:
            assert not batch["open"]
            assert not found["PENDING"] + found["RUNNING"]
        elif not batch["open"]:
            assert found["PENDING"] + found["RUNNING"]

    def must_be_a_good_job(self, job: dict[str, Any]) -> None:
        before = self.seen_jobs.get(job["id"], job)
        if job["status"] != before["status"]:
            assert job["status"] in JOB_MOVES.get(before["status"], set()), (before, job)
        assert (job["status"] in FINAL) == (job["end_timestamp"] is not None), job
        assert (job["result"] is None) == (job["full_result"] is None) == (job["status"] != "DONE")
        if job["status"] == "DONE":
            assert sum(job["result"].values()) == job["runs"]
            assert (job["full_result"]["counter"], job["progress"]) == (job["result"], 100)
        if job["status"] == "ERROR":
            assert job["errors"]
        if job["status"] == "RUNNING":
            assert job["start_timestamp"]

    def must_have_one_batch_on_the_exclusive_device(self, batches: Seen, jobs: Seen) -> None:
        there = [batch for batch in batches.values() if batch["device_type"] == EXCLUSIVE]
        running = [job["batch_id"] for job in jobs.values() if job["status"] == "RUNNING"]
        assert sum(batch["status"] == "RUNNING" for batch in there) <= 1
        assert len({batch["id"] for batch in there} & set(running)) <= 1

    def must_read_the_same_everywhere(self, job: dict[str, Any]) -> None:
        """In every route of a job, and by its results link."""
        path = f"jobs/{job['id']}"
        first = job | {"logs_link": None}
        second = {name: first[name] for name in first.keys() - {"result", "full_result"}}
        second |= {"slurm_job_id": None, "slurm_cluster_name": None}
        for version, expected in ((V1, first), (V2, second)):
            read = self.ask("GET", f"{version}/{path}")
            assert without_prospect(read, has_ended=job["status"] in FINAL) == expected
        assert self.ask("GET", f"{V1}/{path}/status") == {"id": job["id"], "status": job["status"]}
        link = self.ask("GET", f"{V1}/{path}/results_link")["results_link"]
        assert (link is None) == (job["status"] != "DONE")
        if link is not None:
            assert self.do(self.api.get(link)).json()["counter"] == job["result"]

    def must_be_told_the_same_everywhere(self, batch: dict[str, Any], batches: Seen, jobs: Seen) -> None:
        """In every route of a batch, and of its parent and its children."""
        id = batch["id"]
        full = self.ask("GET", f"{V1}/batches/{id}")
        plain = self.ask("GET", f"{V2}/batches/{id}")
        status = self.ask("GET", f"{V1}/batches/{id}/status")
        by_batch = {"batch_id": id, "order_by": "creation_order", "order_by_direction": "ASC"}
        listed = self.ask("GET", f"{V2}/jobs", params=by_batch)
        children = [other["id"] for other in batches.values() if other["parent_id"] == id]
        assert full == plain | {"jobs": [jobs[job_id] for job_id in batch["job_ids"]]}
        assert batch == {name: plain[name] for name in batch}
        assert sorted(plain["child_ids"]) == sorted(children)
        assert batch["parent_id"] is None or batch["parent_id"] in batches
        assert status == {name: plain[name] for name in status}
        nowhere = {"slurm_job_id": None, "slurm_cluster_name": None}
        assert listed == [{name: (jobs[row["id"]] | nowhere)[name] for name in row} for row in listed]
        assert [row["id"] for row in listed] == batch["job_ids"]

    def job(self, batch: str, place: int) -> dict[str, Any] | None:
        """As last seen; None where a batch has none there."""
        ids = self.seen_batches[batch]["job_ids"]
        return self.seen_jobs[ids[place]] if place < len(ids) else None

    def is_final(self, batch: str) -> bool:
        return self.seen_batches[batch]["status"] in FINAL


class AnyHistoryOnDisk(AnyHistory):
    """The same on a real database."""

    def a_world(self) -> AbstractAsyncContextManager[World]:
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        return a_world(Path(folder), catalogue=DEVICES)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(USUAL, max_examples=25, stateful_step_count=25)
TestAnyHistoryOnDisk = AnyHistoryOnDisk.TestCase
TestAnyHistoryOnDisk.settings = settings(USUAL, max_examples=5, stateful_step_count=20)
