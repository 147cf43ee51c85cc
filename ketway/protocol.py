"""What workers and the server say to each other; both ends are ours, so it is strict.

    POST /work/v1/workers                 Register  -> Registered
    POST /work/v1/leases                  Claim     -> Claimed      (long poll)
    POST /work/v1/heartbeats              Beats     -> Words
    POST /work/v1/outcomes                Outcomes  -> Answers

Every request carries `Authorization: Bearer <worker token>`. A refusal is
`{"error": <type>, "message": <sentence>}`.
"""

from __future__ import annotations

from typing import Any, Literal

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


class Common(msgspec.Struct):
    """What jobs of one answer share; `memory_bytes`, of each, is for the worker to enforce."""

    project_id: str
    engine: str
    memory_bytes: int
    program: str
    configuration: str | None
    settings: dict[str, Any]
    max_shots: int
    max_qubits: int


class Lease(msgspec.Struct):
    """`common`: place in `Claimed.common`. `time_limit_s` is for the worker to enforce.

    `expected_s`: what the job may take, where it is short; it may wait for its turn in the worker.
    `hold_s`: the job occupies a machine for so long; its result is reported no sooner.
    `shots_per_s`: a machine's pace, where only the engine can tell how many shots the job makes.
    """

    id: str
    secret: str
    job_id: str
    attempt: int
    common: int
    shots: int | None
    seed: int
    parameters: dict[str, Any]
    time_limit_s: float
    expected_s: float | None = None
    hold_s: float = 0.0
    shots_per_s: float | None = None


class Claimed(msgspec.Struct):
    leases: list[Lease]
    common: list[Common]


class Beat(msgspec.Struct, forbid_unknown_fields=True):
    """`waits`: it has no place to run in yet."""

    lease_id: str
    secret: str
    progress: int
    waits: bool = False


class Beats(msgspec.Struct, forbid_unknown_fields=True):
    worker_id: str
    beats: list[Beat]


class Words(msgspec.Struct):
    """Lease id to `continue`, `cancel` or `lost`."""

    words: dict[str, str]


class Result(msgspec.Struct, tag_field="found", tag="result", forbid_unknown_fields=True):
    """As `ketway.domain.tasks.Computed`; `sha256` is of the document's UTF-8.

    `ran_s`: how long the attempt had a place to run in; `computed_s`: how much of that it took to compute,
    where a worker tells.
    """

    lease_id: str
    secret: str
    ran_s: float
    document: str
    sha256: str
    counts: list[dict[str, int]]
    shots: int
    metadata: dict[str, Any]
    computed_s: float | None = None


class Failure(msgspec.Struct, tag_field="found", tag="failure", forbid_unknown_fields=True):
    """`verdict` is a value of `ketway.domain.leases.Verdict`; `ran_s` as a result's."""

    lease_id: str
    secret: str
    ran_s: float
    verdict: str
    why: str


class Return(msgspec.Struct, tag_field="found", tag="return", forbid_unknown_fields=True):
    """The job is given back unharmed."""

    lease_id: str
    secret: str


Outcome = Result | Failure | Return


class Outcomes(msgspec.Struct, forbid_unknown_fields=True):
    outcomes: list[Outcome]


class Answer(msgspec.Struct):
    """`kept`, be it for the second time; `lost`: the lease is not the worker's any more; `refused`: it
    cannot be kept, and why."""

    word: Literal["kept", "lost", "refused"]
    why: str = ""


class Answers(msgspec.Struct):
    """One for each outcome, in their order."""

    answers: list[Answer]
