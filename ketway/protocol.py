"""What workers and the server say to each other; both ends are ours, so it is strict.

    POST /work/v1/workers                 Register  -> Registered
    POST /work/v1/leases                  Claim     -> Claimed      (long poll)
    POST /work/v1/heartbeats              Beats     -> Words
    POST /work/v1/leases/{id}/result      Result    -> {}
    POST /work/v1/leases/{id}/failure     Failure   -> {}
    POST /work/v1/leases/{id}/return      Return    -> {}

Every request carries `Authorization: Bearer <worker token>`. A refusal is
`{"error": <type>, "message": <sentence>}`; 409 means that the lease is lost.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Register(msgspec.Struct, forbid_unknown_fields=True):
    """`engines`: name to version; `slots`: jobs side by side."""

    name: str
    engines: dict[str, str]
    slots: int


class Registered(msgspec.Struct):
    worker_id: str
    lease_s: float
    max_wait_s: float


class Claim(msgspec.Struct, forbid_unknown_fields=True):
    """`request_id` is new for each question and the same when an answer was lost."""

    worker_id: str
    request_id: str
    most: int
    wait_s: float


class Task(msgspec.Struct):
    """As `ketway.domain.tasks.Task`."""

    program: str
    shots: int | None
    seed: int
    max_shots: int
    max_qubits: int
    parameters: dict[str, Any]
    configuration: str | None
    settings: dict[str, Any]


class Lease(msgspec.Struct):
    """`time_limit_s` and `memory_bytes` are for the worker to enforce.

    `hold_s`: the job occupies a machine for so long; its result is reported no sooner.
    `shots_per_s`: a machine's pace, where only the engine can tell how many shots the job makes.
    """

    id: str
    secret: str
    job_id: str
    project_id: str
    attempt: int
    engine: str
    time_limit_s: float
    memory_bytes: int
    task: Task
    hold_s: float = 0.0
    shots_per_s: float | None = None


class Claimed(msgspec.Struct):
    leases: list[Lease]


class Beat(msgspec.Struct, forbid_unknown_fields=True):
    lease_id: str
    secret: str
    progress: int


class Beats(msgspec.Struct, forbid_unknown_fields=True):
    worker_id: str
    beats: list[Beat]


class Words(msgspec.Struct):
    """Lease id to `continue`, `cancel` or `lost`."""

    words: dict[str, str]


class Result(msgspec.Struct, forbid_unknown_fields=True):
    """As `ketway.domain.tasks.Computed`; `sha256` is of the document's UTF-8."""

    secret: str
    document: str
    sha256: str
    counts: list[dict[str, int]]
    shots: int
    metadata: dict[str, Any]


class Failure(msgspec.Struct, forbid_unknown_fields=True):
    """`verdict` is a value of `ketway.domain.leases.Verdict`."""

    secret: str
    verdict: str
    why: str


class Return(msgspec.Struct, forbid_unknown_fields=True):
    secret: str
