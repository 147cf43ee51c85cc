"""Whatever clients, operators, workers and time do, in any order, the answers keep to the life cycles."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, initialize, invariant, multiple, rule

from tests.api.scaleway.clients import a_model
from tests.api.scaleway.worlds import PREFIX, a_client, a_qpu, an_aer
from tests.api.surface.prospects import without_prospect
from tests.fakes import a_memory_world
from tests.histories import USUAL, History
from tests.services.steps import claim
from tests.worlds import World, a_world

Seen = dict[str, dict[str, Any]]

LIMITS = {"default_idle_s": 40.0, "default_total_s": 90.0}
PLATFORMS = [an_aer(**LIMITS), a_qpu(**LIMITS)]
ROOMY, EXCLUSIVE = (str(platform.id) for platform in PLATFORMS)

#: One action of somebody may make more than one move.
SESSION_MOVES = {
    "starting": {"running", "stopping", "stopped"},
    "running": {"stopping", "stopped"},
    "stopping": {"stopped"},
}
#: A job whose worker was lost, or gave it back, waits again.
JOB_MOVES = {
    "waiting": {"running", "cancelling", "completed", "error", "cancelled"},
    "running": {"waiting", "cancelling", "completed", "error", "cancelled"},
    "cancelling": {"cancelled"},
}
LIVING = {"starting", "running"}
FINAL = {"completed", "error", "cancelled"}

SECONDS = st.sampled_from([None, "1s", "30.5s", 45])
#: Whose worker may have lost it since.
CLAIMED = History.grants.map(lambda grant: str(grant.job.id))
TAGS = st.lists(st.sampled_from(["a", "b"]), max_size=2)


class AnyHistory(History):
    """One client, an operator, two workers, and everything that may happen between them."""

    sessions = Bundle("sessions")
    jobs = Bundle("jobs")

    def __init__(self) -> None:
        super().__init__()
        self.seen_sessions: Seen = {}
        self.seen_jobs: Seen = {}
        #: How many jobs of each session have ended and were deleted; jobs and sessions that are gone.
        self.deleted: Counter[str] = Counter()
        self.gone: set[str] = set()

    def a_world(self) -> AbstractAsyncContextManager[World]:
        return a_memory_world(catalogue=PLATFORMS)

    async def open_world(self) -> None:
        await super().open_world()
        client = a_client(self.world.core, self.world.credentials.secret_key, linked=self.world.blobs)
        self.api = await self.stack.enter_async_context(client)

    @initialize(target=sessions)
    def begin(self):  # type: ignore[override]
        """With something to go on from."""
        super().begin()
        made = [self.ask("POST", "/sessions", json={"platform_id": id})["id"] for id in (ROOMY, EXCLUSIVE)]
        self.note()
        return multiple(*made)

    def answer(self, method: str, path: str, **asked: Any) -> httpx.Response:
        self.tick()
        return self.do(self.api.request(method, path, **asked))

    def ask(self, method: str, path: str, **asked: Any) -> Any:
        """What is said to something that may be said."""
        response = self.answer(method, path, **asked)
        assert response.status_code == 200, response.text
        return response.json()

    def must_be_refused(self, answer: httpx.Response, type: str) -> None:
        assert (answer.status_code >= 400, answer.json()["type"]) == (True, type), answer.text

    @rule(
        target=sessions,
        platform=st.sampled_from([ROOMY, EXCLUSIVE]),
        key=st.sampled_from([None, "", "ours", "ours"]),
        payload=st.sampled_from([None, None, "größer → \n"]),
        tags=TAGS,
        is_held=st.sampled_from([False, False, True]),
    )
    def create_session(self, platform, key, payload, tags, is_held):
        self.hold(platform, is_held)
        model = {} if payload is None else {"model_id": self.model(payload)}
        twin = self.living_with(platform, key)
        body = {"platform_id": platform, "deduplication_id": key, "tags": tags} | model
        answer = self.answer("POST", "/sessions", json=body)
        self.hold(platform, False)
        if twin is not None:
            assert answer.json() == twin
            return multiple()
        if is_held:
            self.must_be_refused(answer, "out_of_stock")
            return multiple()
        made = answer.json()
        # Where there is room for all, a session has its platform at once.
        begins_as = "running" if platform == ROOMY else "starting"
        assert (made["status"], made["tags"], made["deduplication_id"]) == (begins_as, tags, key or "")
        assert made["id"] not in {*self.seen_sessions, *self.gone}
        assert made.items() >= model.items()
        return made["id"]

    @rule(target=jobs, session=sessions, runs=st.sampled_from(["circuit", "model", "session's model"]))
    def post(self, session, runs):
        sent = self.a_job(session, runs)
        answer = self.answer("POST", "/jobs", json=sent)
        seen = self.seen_sessions.get(session)
        if seen is None or seen["status"] not in LIVING:
            self.must_be_refused(answer, "not_found" if seen is None else "precondition_failed")
            return multiple()
        if runs == "session's model" and "model_id" not in seen:
            self.must_be_refused(answer, "invalid_arguments")
            return multiple()
        made = answer.json()
        assert (made["status"], made["session_id"]) == ("waiting", session)
        assert made["parameters"] == sent["parameters"]
        assert made.get("model_id") == sent.get("model_id")
        return made["id"]

    @rule(target=History.grants, session=sessions)
    def post_and_claim(self, session):
        self.answer("POST", "/jobs", json=self.a_job(session, "circuit"))
        return multiple(*self.do(claim(self.world, self.workers[0], 3)))

    @rule(session=sessions, name=st.sampled_from([None, "a", "b"]), idle=SECONDS, total=SECONDS, tags=TAGS)
    def patch_session(self, session, name, idle, total, tags):
        body = {"name": name, "max_idle_duration": idle, "maxDuration": total, "tags": tags or None}
        answer = self.answer("PATCH", f"/sessions/{session}", json=body)
        before = self.seen_sessions.get(session)
        if before is None or before["status"] == "stopping":
            self.must_be_refused(answer, "not_found" if before is None else "transient_state")
            return
        after = answer.json()
        assert after["name"] == (name or before["name"])
        assert after["tags"] == (tags or before["tags"])
        if total is None and idle is None:
            assert after["max_duration"] == before["max_duration"]
            assert after["status"] == before["status"]
        if before["status"] == "stopped":
            assert after["status"] == "stopped"

    @rule(session=sessions, how=st.sampled_from(["at rest", "at rest", "at work", "for ever"]))
    def end_session(self, session, how):
        if how == "at work":
            self.post_and_claim(session)
            self.note()
        if how == "for ever":
            self.delete(session)
            return
        answer = self.answer("POST", f"/sessions/{session}/terminate")
        before = self.seen_sessions.get(session)
        if before is None:
            self.must_be_refused(answer, "not_found")
        elif before["status"] == "stopped":
            assert answer.json() == before
        else:
            assert answer.json()["status"] in {"stopping", "stopped"}
            assert answer.json()["waiting_job_count"] == 0

    def delete(self, session: str) -> None:
        answer = self.answer("DELETE", f"/sessions/{session}")
        if session in self.gone:
            self.must_be_refused(answer, "not_found")
            return
        assert answer.status_code == 204
        jobs = [job["id"] for job in self.seen_jobs.values() if job["session_id"] == session]
        self.gone |= {session, *jobs}
        for path in (f"/sessions/{session}", *(f"/jobs/{id}" for id in jobs)):
            self.must_be_refused(self.answer("GET", path), "not_found")

    @rule(job=st.one_of(jobs, CLAIMED), action=st.sampled_from(["cancel", "delete", "cancel", "patch"]))
    def act_on_job(self, job, action):
        method, path, body = {
            "cancel": ("POST", f"/jobs/{job}/cancel", None),
            "delete": ("DELETE", f"/jobs/{job}", None),
            "patch": ("PATCH", f"/jobs/{job}", {"tags": ["x"]}),
        }[action]
        answer = self.answer(method, path, json=body)
        if job in self.gone:
            self.must_be_refused(answer, "not_found")
        elif action == "delete" and self.seen_jobs[job]["status"] not in FINAL:
            self.must_be_refused(answer, "precondition_failed")
        elif action == "delete":
            assert answer.status_code == 204
            self.gone.add(job)
            self.deleted[self.seen_jobs[job]["session_id"]] += 1
        else:
            self.must_follow(self.seen_jobs[job], action, answer)

    def must_follow(self, before: dict[str, Any], action: str, answer: httpx.Response) -> None:
        """What a job is after somebody changed or cancelled it."""
        if action == "patch" and before["status"] == "cancelling":
            self.must_be_refused(answer, "transient_state")
        elif action == "patch":
            assert (answer.json()["tags"], answer.json()["status"]) == (["x"], before["status"])
        elif before["status"] in FINAL:
            assert answer.json() == before
        else:
            ends_as = "cancelled" if before["status"] == "waiting" else "cancelling"
            assert answer.json()["status"] == ends_as

    @invariant()
    def every_answer_agrees_with_every_other_and_with_the_life_cycles(self):
        self.note()

    def note(self):
        """What is there now, once it was seen to be as it must."""
        upward = {"order_by": "created_at_asc"}
        sessions = {row["id"]: row for row in self.ask("GET", "/sessions", params=upward)["sessions"]}
        jobs = {row["id"]: row for row in self.ask("GET", "/jobs", params=upward)["jobs"]}

        assert self.seen_sessions.keys() - self.gone <= sessions.keys()
        assert self.seen_jobs.keys() - self.gone <= jobs.keys()
        assert not self.gone & {*sessions, *jobs}
        for id, session in sessions.items():
            found = [job for job in jobs.values() if job["session_id"] == id]
            self.must_be_a_good_session(session, found)
            if session != self.seen_sessions.get(id):
                self.must_be_told_the_same_everywhere(session, found)
        for id, job in jobs.items():
            assert job["session_id"] in sessions
            self.must_be_a_good_job(job)
            if job != self.seen_jobs.get(id):
                self.must_read_the_same_everywhere(job)
        self.must_have_one_session_on_the_exclusive_platform(sessions, jobs)

        self.seen_sessions, self.seen_jobs = sessions, jobs

    def must_be_a_good_session(self, session: dict[str, Any], jobs: list[dict[str, Any]]) -> None:
        before = self.seen_sessions.get(session["id"], session)
        status = session["status"]
        found = Counter(job["status"] for job in jobs)
        if status != before["status"]:
            assert status in SESSION_MOVES.get(before["status"], set()), (before, session)
        assert session["updated_at"] >= before["updated_at"]
        assert session["waiting_job_count"] == found["waiting"]
        ended = sum(found[word] for word in FINAL)
        assert session["finished_job_count"] == ended + self.deleted[session["id"]]
        assert ("terminated_at" in session) == (status == "stopped"), session
        assert ("started_at" in session) >= (status in {"running", "stopping"}), session
        if status == "running":
            assert moment(session["started_at"]) + seconds(session["max_duration"]) > self.world.clock.now()
        if status == "stopped":
            assert not found["waiting"] + found["running"] + found["cancelling"]
        if status == "stopping":
            assert not found["waiting"]
            assert found["running"] + found["cancelling"]

    def must_be_a_good_job(self, job: dict[str, Any]) -> None:
        before = self.seen_jobs.get(job["id"], job)
        status = job["status"]
        if status != before["status"]:
            assert status in JOB_MOVES.get(before["status"], set()), (before, job)
        assert ("started_at" in job) >= (status in {"running", "cancelling", "completed"}), job
        assert ("job_duration" in job) == (status in FINAL and "started_at" in job), job
        assert bool(job["progress_message"]) >= (status == "error"), job
        assert job.get("parameters") == before.get("parameters")

    def must_have_one_session_on_the_exclusive_platform(self, sessions: Seen, jobs: Seen) -> None:
        there = {id for id, row in sessions.items() if row["platform_id"] == EXCLUSIVE}
        holders = [id for id in there if sessions[id]["status"] in {"running", "stopping"}]
        running = {job["session_id"] for job in jobs.values() if job["status"] in {"running", "cancelling"}}
        assert len(holders) <= 1
        assert running & there <= set(holders)

    def must_be_told_the_same_everywhere(self, session: dict[str, Any], jobs: list[dict[str, Any]]) -> None:
        """In every route of a session."""
        path = f"/sessions/{session['id']}"
        listed = self.ask("GET", "/jobs", params={"session_id": session["id"], "order_by": "created_at_asc"})
        assert self.ask("GET", path) == self.ask("GET", f"{PREFIX}{path}") == session
        assert self.ask("GET", f"{path}/acls") == {"total_count": 1, "acls": ["full"]}
        assert listed == {"total_count": len(jobs), "jobs": jobs}

    def must_read_the_same_everywhere(self, job: dict[str, Any]) -> None:
        """In every route of a job; it is completed if and only if its result can be read."""
        path = f"/jobs/{job['id']}"
        results = self.ask("GET", f"{path}/results")
        circuit = self.ask("GET", f"{path}/circuit")
        read = self.ask("GET", path)
        assert without_prospect(read, has_ended=job["status"] in FINAL) == job
        assert circuit == ({"qiskit_circuit": "x"} if job["name"] == "circuit" else {})
        assert results["total_count"] == len(results["job_results"]) == (job["status"] == "completed")
        for result in results["job_results"]:
            assert (result["job_id"], result["url"]) == (job["id"], "")
            assert json.loads(result["result"])["counter"]

    def hold(self, platform: str, is_down: bool) -> None:
        """An operator does, or lets it go on."""
        id = next(known.id for known in PLATFORMS if str(known.id) == platform)
        self.do(self.world.core.platforms.set_down(self.world.operator, [id], is_down))
        expected = "maintenance" if is_down else "available"
        assert self.ask("GET", f"/platforms/{platform}")["availability"] == expected

    def model(self, payload: str) -> str:
        """Kept to the letter."""
        made = self.do(a_model(self.api, payload))
        fetched = self.do(self.api.get(made["url"], headers={"X-Auth-Token": ""}))
        assert fetched.content == payload.encode()
        return made["id"]

    def a_job(self, session: str, runs: str) -> dict[str, Any]:
        """The wish for one."""
        plain = {"name": runs, "session_id": session, "parameters": '{"shots":  5}'}
        if runs == "model":
            return plain | {"model_id": self.model("{}"), "circuit": {"perceval_circuit": "y"}}
        return plain | {"circuit": {"qiskit_circuit": "x" if runs == "circuit" else None}}

    def living_with(self, platform: str, key: str | None) -> dict[str, Any] | None:
        """The session that a deduplication key stands for."""
        found = [
            row
            for row in self.seen_sessions.values()
            if key and row["deduplication_id"] == key and row["platform_id"] == platform
            if row["status"] in LIVING
        ]
        assert len(found) <= 1
        return found[0] if found else None


def moment(told: str) -> datetime:
    return datetime.fromisoformat(told)


def seconds(told: str) -> timedelta:
    return timedelta(seconds=float(told.removesuffix("s")))


class AnyHistoryOnDisk(AnyHistory):
    """The same on a real database."""

    def a_world(self) -> AbstractAsyncContextManager[World]:
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        return a_world(Path(folder), catalogue=PLATFORMS)


TestAnyHistory = AnyHistory.TestCase
TestAnyHistory.settings = settings(USUAL, max_examples=30, stateful_step_count=25)
TestAnyHistoryOnDisk = AnyHistoryOnDisk.TestCase
TestAnyHistoryOnDisk.settings = settings(USUAL, max_examples=4, stateful_step_count=20)
