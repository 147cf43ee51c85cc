"""Users of both surfaces who go on whatever happens, and remember what was acknowledged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import cycle
from random import Random
from typing import Any
from uuid import UUID

import httpx

from ketway.credentials_file import Credentials
from ketway.domain.platforms import platform_id
from tests.system.crashes.invariants import FINAL

_AGAIN_S = 0.1
_LOOK_S = 1.0
_SEQUENCE = '{"version": "1", "device": {"name": "NAP"}}'
_PREFIX = "/qaas/v1alpha1"


class Users:
    """Two who submit, one who changes their mind, and one who watches; each a thread.

    Args:
        urls: of servers that are one; each request goes to the next of them.
        jobs: how many each of the two submits, at least.
    """

    def __init__(self, urls: Sequence[str], known: Credentials, seed: int, jobs: int) -> None:
        self.acknowledged: list[str] = []  #: ids of jobs
        self.ended: dict[str, str] = {}  #: job to the first final state that was seen
        self.complaints: list[str] = []
        self._known = known
        self._jobs = jobs
        self._seed = seed
        self._enough = threading.Event()
        self._secret = {"Authorization": f"Bearer {known.secret_key}", "X-Auth-Token": known.secret_key}
        self._servers = cycle(
            [httpx.Client(base_url=url, trust_env=False, timeout=10, headers=self._secret) for url in urls]
        )
        self._submitting = [self._thread(self._by_pasqal), self._thread(self._by_scaleway)]
        self._others = [self._thread(self._change_their_mind), self._thread(self._watch)]

    def begin(self) -> None:
        for thread in (*self._submitting, *self._others):
            thread.start()

    @property
    def are_submitting(self) -> bool:
        return any(thread.is_alive() for thread in self._submitting)

    def go_home(self) -> None:
        """Once all is submitted; the watcher last."""
        self._enough.set()
        for thread in (*self._submitting, *self._others):
            thread.join()

    @property
    def _http(self) -> httpx.Client:
        """Of whichever server is next."""
        return next(self._servers)

    def jobs(self) -> list[Any]:
        """Every job that the server knows, by its own interface."""
        found: list[Any] = []
        while True:
            query = {"limit": 100, "offset": len(found)}
            page = self._http.get("/ketway/v1/jobs", params=query).raise_for_status().json()
            found += page["jobs"]
            if len(found) >= page["total"] or not page["jobs"]:
                return found

    def job(self, id: str) -> Any:
        return self._http.get(f"/ketway/v1/jobs/{id}").raise_for_status().json()

    def result(self, id: str) -> bytes:
        return self._http.get(f"/ketway/v1/jobs/{id}/result").raise_for_status().content

    def _by_pasqal(self) -> None:
        chance = Random(f"{self._seed} pasqal")
        number = 0
        while number < self._jobs:
            runs = [_naps(chance) for _ in range(chance.randint(1, 12))]
            body = {
                "project_id": self._known.project_id,
                "sequence_builder": _SEQUENCE,
                "device_type": chance.choice(["NAP", "NAP", "NAP-QPU"]),
                "open": False,
                "jobs": [{"runs": run} for run in runs],
            }
            batch = self._made("/core-fast/api/v1/batches", body, chance)["data"]
            self.acknowledged += [job["id"] for job in batch["jobs"]]
            number += len(runs)

    def _by_scaleway(self) -> None:
        chance = Random(f"{self._seed} scaleway")
        project = {"project_id": self._known.project_id}
        number = 0
        while number < self._jobs:
            platform = {"platform_id": str(platform_id("NAP-GATES"))}
            session = self._made(f"{_PREFIX}/sessions", project | platform, chance)["id"]
            payload = {"payload": json.dumps({"circuit": chance.random()})}
            model = self._made(f"{_PREFIX}/models", project | payload, chance)["id"]
            for _ in range(chance.randint(1, 12)):
                parameters = json.dumps({"shots": _naps(chance), "options": {}})
                asked = {"session_id": session, "model_id": model, "name": f"job {number}"}
                job = self._made(f"{_PREFIX}/jobs", asked | {"parameters": parameters}, chance)
                self.acknowledged.append(job["id"])
                number += 1

    def _change_their_mind(self) -> None:
        chance = Random(f"{self._seed} minds")
        while not self._enough.wait(_LOOK_S):
            living = [id for id in [*self.acknowledged] if id not in self.ended]
            if living:
                with _server_may_be_away():
                    self._http.post(f"/ketway/v1/jobs/{chance.choice(living)}/cancel")

    def _watch(self) -> None:
        while not self._enough.wait(_LOOK_S):
            with _server_may_be_away():
                self._look()

    def _look(self) -> None:
        for job in self.jobs():
            if job["status"] in FINAL:
                first = self.ended.setdefault(job["id"], job["status"])
                if first != job["status"]:
                    self.complaints.append(f"job {job['id']} was {first} and became {job['status']}")
            elif job["id"] in self.ended:
                self.complaints.append(f"job {job['id']} was {self.ended[job['id']]} and lives again")

    def _made(self, path: str, body: Any, chance: Random) -> Any:
        """What a request made, however often it had to be sent until its answer was heard."""
        headers = {"Idempotency-Key": str(UUID(int=chance.getrandbits(128), version=4))}
        while True:
            try:
                answer = self._http.post(path, json=body, headers=headers)
            except httpx.TransportError:
                time.sleep(_AGAIN_S)
                continue
            if answer.is_success:
                return answer.json()
            if answer.status_code < 500 and answer.status_code != 409:
                self.complaints.append(f"POST {path} was refused: {answer.status_code} {answer.text[:500]}")
                raise AssertionError(self.complaints[-1])
            time.sleep(_AGAIN_S)

    def _thread(self, do: Callable[[], None]) -> threading.Thread:
        def guarded() -> None:
            try:
                do()
            except Exception as error:
                self.complaints.append(f"{do.__name__}: {type(error).__name__}: {error}")

        return threading.Thread(target=guarded, daemon=True)


def _server_may_be_away() -> AbstractContextManager[None]:
    """Or busy; whoever asks does so again soon."""
    return suppress(httpx.TransportError, httpx.HTTPStatusError)


def _naps(chance: Random) -> int:
    """Milliseconds, which are shots."""
    return chance.choice([1, 5, 20, 100, 300, chance.randint(1, 500)])
