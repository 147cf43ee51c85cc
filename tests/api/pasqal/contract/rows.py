"""A row of this dialect's table: who may call, and what the state of things forbids."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import Any

from tests.api.pasqal.stage import OVH, Stage, Who
from tests.api.pasqal.worlds import CORE
from tests.api.surface.calls import Call, Prepare, Row, on, plain

V1, V2 = f"{CORE}/v1", f"{CORE}/v2"


class May(Enum):
    """Who may call."""

    ANYBODY = "P"
    USER = "U"
    MEMBER = "M"
    OWNER = "O"
    MANAGER = "A"
    SUPERUSER = "S"


@dataclass(frozen=True, kw_only=True)
class Route(Row):
    """
    Args:
        data: of one item if it is paged.
        conflicts: calls that the state of things forbids.
        wrong_bodies: what it must not take for a body, beside what nothing takes.
    """

    may: May
    is_paged: bool = False
    conflicts: Sequence[Prepare] = ()
    wrong_bodies: Sequence[Any] = ()

    @property
    def is_ovh(self) -> bool:
        return self.path.startswith(OVH)

    @property
    def is_login(self) -> bool:
        return self.path.endswith("/token")

    @property
    def has_body(self) -> bool:
        return bool(self.wrong_bodies) and not self.is_login

    def answers(self, who: Who, call: Call) -> int:
        """The status of this caller's call."""
        if self.may is May.ANYBODY:
            return self.status
        if who is Who.NOBODY or (self.is_ovh and who not in (Who.BEARER, Who.PASSER)):
            return 401
        if self.may is May.USER or (who is Who.OPERATOR and not self.is_ovh):
            return self.status
        if who in (Who.STRANGER, Who.PASSER) and _is_in_a_project(call):
            return 404
        allowed = {
            May.MEMBER: set(Who),
            May.OWNER: {Who.CREATOR, Who.BEARER, Who.ADMIN},
            May.MANAGER: {Who.ADMIN},
            May.SUPERUSER: set(),
        }
        return self.status if who in allowed[self.may] else 403

    def also(self, method: str | None = None, path: str | None = None) -> list[Route]:
        """This one and its twin."""
        return [self, replace(self, method=method or self.method, path=path or self.path)]


def _is_in_a_project(call: Call) -> bool:
    named = {*call.ids, *call.query, *(call.body if isinstance(call.body, dict) else ())}
    return bool(named & {"project_id", "batch_id", "job_id", "workload_id"})


on_batch = partial(on, "batch_id")
on_workload = partial(on, "workload_id")
on_banner = partial(on, "banner_id", Stage.banner)


def on_job(make: Callable[[Stage], Awaitable[dict[str, Any]]], **call: Any) -> Prepare:
    """Of the only job of a batch, or of a job."""

    async def prepare(stage: Stage) -> Call:
        made = await make(stage)
        return Call(ids={"job_id": made["jobs"][0]["id"] if "jobs" in made else made["id"]}, **call)

    return prepare


def on_emulator(key: str, **call: Any) -> Prepare:
    """Args: key: what the path calls its name."""
    return plain(ids={key: "EMU_FREE"}, **call)


def of_project(**body: Any) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        return Call(body={"project_id": stage.project_id} | body)

    return prepare


A_RUN = {"status": "RUNNING", "start_timestamp": "2026-01-15T12:00:00Z"}
BAD_STATUSES: Sequence[Any] = (
    {},
    {"status": "NONSENSE"},
    {"status": 3},
    {"status": "RUNNING", "start_timestamp": "soon"},
)
BAD_ERRORS: Sequence[Any] = ({}, {"errors": "it broke"}, {"errors": []}, {"errors": [1]})
