"""Valid domain objects in one call; a test names only what matters to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from ketway.domain.accounts import Account, AccountId, Actor, Member, Project, ProjectId, Role
from ketway.domain.batches import Batch, BatchId
from ketway.domain.bookings import Booking, BookingStatus
from ketway.domain.credentials import ApiKey, ApiKeyId
from ketway.domain.jobs import Job, JobId
from ketway.domain.leases import Lease, LeaseId, WorkerId
from ketway.domain.platforms import Door, Platform, platform_id
from ketway.domain.prices import Prices
from ketway.domain.processes import Process, ProcessId
from ketway.domain.programs import Program, ProgramId, checksum
from ketway.domain.slots import BookingId

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
DOOR = Door("test")
PROJECT = ProjectId(UUID(int=1))
ACCOUNT = AccountId(UUID(int=2))
COSTLY = Prices(per_hour=Decimal("1.2"), per_circuit=Decimal("0.05"), per_shot=Decimal("0.000000007"))


def a_platform(**changes: Any) -> Platform:
    name = changes.pop("name", "EMU_TEST")
    plain: dict[str, Any] = {"engine": "noop", "max_qubits": 10, "max_shots": 1000, "shown": {DOOR: {}}}
    return Platform(**plain | {"id": platform_id(name), "name": name} | changes)


def a_batch(**changes: Any) -> Batch:
    plain: dict[str, Any] = {
        "id": BatchId(uuid4()),
        "project_id": PROJECT,
        "creator_id": ACCOUNT,
        "platform_id": platform_id("EMU_TEST"),
        "door": DOOR,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Batch(**plain | changes)


def a_job(**changes: Any) -> Job:
    plain: dict[str, Any] = {
        "id": JobId(uuid4()),
        "batch_id": BatchId(uuid4()),
        "project_id": PROJECT,
        "creator_id": ACCOUNT,
        "platform_id": platform_id("EMU_TEST"),
        "door": DOOR,
        "position": 1,
        "created_at": NOON,
        "updated_at": NOON,
        "max_duration_s": 60.0,
        "shots": 100,
    }
    return Job(**plain | changes)


def a_booking(**changes: Any) -> Booking:
    """From one to two."""
    plain: dict[str, Any] = {
        "id": BookingId(uuid4()),
        "project_id": PROJECT,
        "creator_id": ACCOUNT,
        "platform_id": platform_id("EMU_TEST"),
        "batch_id": BatchId(uuid4()),
        "door": DOOR,
        "created_at": NOON,
        "updated_at": NOON,
        "starts_at": NOON + timedelta(hours=1),
        "ends_at": NOON + timedelta(hours=2),
        "status": BookingStatus.VALIDATED,
    }
    return Booking(**plain | changes)


def a_program(text: str = "a program", **changes: Any) -> Program:
    plain: dict[str, Any] = {
        "id": ProgramId(uuid4()),
        "project_id": PROJECT,
        "creator_id": ACCOUNT,
        "sha256": checksum(text.encode()),
        "size": len(text),
        "created_at": NOON,
    }
    return Program(**plain | changes)


def a_lease(**changes: Any) -> Lease:
    plain: dict[str, Any] = {
        "id": LeaseId(uuid4()),
        "job_id": JobId(uuid4()),
        "platform_id": platform_id("EMU_TEST"),
        "worker_id": WorkerId(uuid4()),
        "attempt": 1,
        "secret": "secret",
        "request_id": uuid4().hex,
        "granted_at": NOON,
        "expires_at": NOON,
    }
    return Lease(**plain | changes)


def an_account(**changes: Any) -> Account:
    plain: dict[str, Any] = {
        "id": AccountId(uuid4()),
        "email": f"{uuid4().hex}@here",
        "created_at": NOON,
    }
    return Account(**plain | changes)


def a_project(**changes: Any) -> Project:
    plain: dict[str, Any] = {"id": ProjectId(uuid4()), "name": "a project", "created_at": NOON}
    return Project(**plain | changes)


def a_membership(
    account: AccountId = ACCOUNT, project: ProjectId = PROJECT, role: Role = Role.MEMBER, **changes: Any
) -> Member:
    plain: dict[str, Any] = {"created_at": NOON, "updated_at": NOON}
    return Member(**plain | {"account_id": account, "project_id": project, "role": role} | changes)


def a_key(**changes: Any) -> ApiKey:
    plain: dict[str, Any] = {
        "id": ApiKeyId(uuid4()),
        "access_key": f"SCW{uuid4().hex[:17].upper()}",
        "secret_hash": uuid4().hex,
        "account_id": ACCOUNT,
        "project_id": PROJECT,
        "created_at": NOON,
    }
    return ApiKey(**plain | changes)


def a_member(role: Role = Role.MEMBER, **changes: Any) -> Actor:
    plain: dict[str, Any] = {"account_id": ACCOUNT, "roles": {PROJECT: role}}
    return Actor(**plain | changes)


def a_stranger() -> Actor:
    return Actor(account_id=AccountId(uuid4()), roles={ProjectId(uuid4()): Role.ADMIN})


def a_process(**changes: Any) -> Process:
    plain: dict[str, Any] = {
        "id": ProcessId(uuid4()),
        "project_id": PROJECT,
        "creator_id": ACCOUNT,
        "door": DOOR,
        "kind": "a kind",
        "backend": "a backend",
        "configuration": {"depth": 3},
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Process(**plain | changes)
