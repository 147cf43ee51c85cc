"""Every refusal, one tree.

Each surface maps the branches (`Unauthenticated` ... `Unavailable`) to its own
answers once; the leaves carry the facts and the sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime


class Refusal(Exception):
    """Something ketway will not do, with a sentence a person can act on."""


class Unauthenticated(Refusal):
    """Nobody we know is asking."""


class Forbidden(Refusal):
    """We know who asks; they may not."""


class OverQuota(Refusal):
    """Allowed, but too much of it."""


class NotFound(Refusal):
    """No such thing, or none that the caller may know of."""


class Gone(Refusal):
    """It was here and is kept no longer."""


class Conflict(Refusal):
    """The thing's state forbids it, or somebody else changed it first."""


class Precondition(Refusal):
    """Something that must hold before does not."""


class Invalid(Refusal):
    """What was sent cannot be right."""


class TooLarge(Refusal):
    """What was sent is over a bound."""


class Unavailable(Refusal):
    """Not now; the fault is ours."""


BRANCHES: tuple[type[Refusal], ...] = (
    Unauthenticated,
    Forbidden,
    OverQuota,
    NotFound,
    Gone,
    Conflict,
    Precondition,
    Invalid,
    TooLarge,
    Unavailable,
)


@dataclass(eq=False)
class BadCredentials(Unauthenticated):
    """A login that fits nobody; says nothing about which half was wrong."""

    def __str__(self) -> str:
        return "Wrong email or password."


@dataclass(eq=False)
class BadToken(Unauthenticated):
    """`reason` is one of `missing`, `unknown`, `expired`."""

    reason: str = "unknown"

    def __str__(self) -> str:
        return {
            "missing": "No token was sent; log in and send the one you are given.",
            "expired": "The token has expired; log in again.",
        }.get(self.reason, "The token is not one of this server's; log in again.")


@dataclass(eq=False)
class AccountDisabled(Unauthenticated):
    """Told only to those who know the password."""

    def __str__(self) -> str:
        return "This account is disabled; ask an operator of the server to enable it."


@dataclass(eq=False)
class NotAllowed(Forbidden):
    action: str

    def __str__(self) -> str:
        return f"You are not allowed to {self.action}."


@dataclass(eq=False)
class PlatformNotAllowed(Forbidden):
    platform: str

    def __str__(self) -> str:
        return f"Your project may not use {self.platform}; ask the operator of this server."


@dataclass(eq=False)
class QuotaReached(OverQuota):
    """
    Args:
        kind: a core word; so many (`quota`) of it a project may have, and has (`current`).
        per: the time that the quota is for, or empty where it is for all times.
    """

    kind: str
    quota: int
    current: int
    project_id: str
    per: str = ""

    def __str__(self) -> str:
        times = f" in one {self.per}" if self.per else ""
        return f"The project has {self.current} {self.kind}s{times}, and may have {self.quota}."


@dataclass(eq=False)
class Unknown(NotFound):
    """`kind` is a core word such as `batch` or `job`."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.kind.capitalize()} not found."


@dataclass(eq=False)
class Deleted(Gone):
    """`kind` is a core word such as `batch` or `job`."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"The {self.kind} that this request made has been deleted."


@dataclass(eq=False)
class ResultExpired(Gone):
    """
    Args:
        id: of its job.
    """

    id: str
    since: datetime

    def __str__(self) -> str:
        return f"The result of this job was kept until {self.since:%Y-%m-%d %H:%M} UTC; run the job again."


@dataclass(eq=False)
class IllegalMove(Conflict):
    kind: str
    status: str
    wanted: str

    def __str__(self) -> str:
        return f"A {self.kind} that is {self.status} cannot become {self.wanted}."


@dataclass(eq=False)
class AlreadyFinished(Conflict):
    kind: str
    id: str
    status: str

    def __str__(self) -> str:
        return f"The {self.kind} is already {self.status}."


@dataclass(eq=False)
class NotStarted(Conflict):
    kind: str
    id: str
    status: str

    def __str__(self) -> str:
        return f"The {self.kind} is {self.status}; start it first."


@dataclass(eq=False)
class BatchClosed(Conflict):
    id: str
    status: str

    def __str__(self) -> str:
        return "The batch is closed and takes no more jobs; create a new one."


@dataclass(eq=False)
class BatchStillOpen(Conflict):
    id: str

    def __str__(self) -> str:
        return "The batch is still open; close it first."


@dataclass(eq=False)
class BatchPaused(Conflict):
    id: str

    def __str__(self) -> str:
        return "The batch is paused; resume it first."


@dataclass(eq=False)
class PlatformTaken(Conflict):
    """An exclusive platform has a holder already, or still runs a job of a batch that let it go."""

    holder: str | None = None

    def __str__(self) -> str:
        runs = "another batch" if self.holder is None else f"batch {self.holder}"
        return f"The platform runs {runs} and takes one batch at a time."


@dataclass(eq=False)
class AlreadyThere(Conflict):
    """`kind` is a core word; one with this name, or for this person, is there already."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"There is a {self.kind} '{self.name}' already."


@dataclass(eq=False)
class QuizTaken(AlreadyThere):
    def __str__(self) -> str:
        return f"You have answered the quiz '{self.name}' already; change your answers instead."


@dataclass(eq=False)
class Stale(Conflict):
    """Somebody changed the row between our read and our write."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"The {self.kind} was changed by somebody else at the same time; try again."


@dataclass(eq=False)
class EmailTaken(Conflict):
    email: str

    def __str__(self) -> str:
        return f"There is already an account with the email {self.email}."


@dataclass(eq=False)
class AlreadyMember(Conflict):
    email: str

    def __str__(self) -> str:
        return f"{self.email} is already a member of this project; change the role instead."


@dataclass(eq=False)
class NotAMember(Conflict):
    email: str

    def __str__(self) -> str:
        return f"{self.email} is not a member of this project; add them first."


@dataclass(eq=False)
class LastAdmin(Conflict):
    """A project without an admin could be managed by operators alone."""

    def __str__(self) -> str:
        return "The project would have no admin left; make somebody else an admin first."


@dataclass(eq=False)
class LastSuperuser(Conflict):
    """A server without one could be operated by nobody."""

    def __str__(self) -> str:
        return "The server would have no superuser left; make somebody else a superuser first."


@dataclass(eq=False)
class JobStillLives(Precondition):
    """Only what has ended can be deleted."""

    id: str
    status: str

    def __str__(self) -> str:
        return f"The job is {self.status}; cancel it, or wait until it ends, before deleting it."


@dataclass(eq=False)
class NoResult(Precondition):
    """Nothing can be done before its result is stored."""

    kind: str
    id: str

    def __str__(self) -> str:
        return f"The {self.kind} has no result yet; it is done once its result is stored."


@dataclass(eq=False)
class LeaseLost(Conflict):
    id: str

    def __str__(self) -> str:
        return "This lease is not yours any more; drop the job."


@dataclass(eq=False)
class BadField(Invalid):
    """One field of what was sent is wrong.

    Args:
        field: where, outermost first, e.g. ("jobs", "0", "runs").
        message: what is wrong and what to send instead.
        reason: one of `required`, `format`, `constraint`, `unknown`.
    """

    field: tuple[str, ...]
    message: str
    reason: str = "constraint"

    def __str__(self) -> str:
        return f"{'.'.join(self.field)}: {self.message}"


@dataclass(eq=False)
class KeyReused(Invalid):
    """An idempotency key came again with another request."""

    key: str

    def __str__(self) -> str:
        return f"The idempotency key '{self.key}' was used for another request; send a new one."


@dataclass(eq=False)
class NobodyHasEmail(Invalid):
    email: str

    def __str__(self) -> str:
        return f"No account has the email {self.email[:254]}; create it first with `ketway account add`."


@dataclass(eq=False)
class UnknownPlatform(Invalid):
    name: str
    known: Sequence[str]

    def __str__(self) -> str:
        return f"There is no platform '{self.name[:80]}'; there are {', '.join(self.known)}."


@dataclass(eq=False)
class Malformed(Invalid):
    """Not even readable: broken JSON, broken compression, characters that no text may hold."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(eq=False)
class UnknownEncoding(Invalid):
    """A compression that we do not undo."""

    encoding: str

    def __str__(self) -> str:
        return f"Content-Encoding '{self.encoding}' is not understood; send gzip or nothing."


@dataclass(eq=False)
class ProgramRefused(Invalid):
    """An engine cannot run this program; raised by `check` and `run` alike.

    Args:
        why: a sentence for the person who wrote the program.
        field: which part: `program`, `parameters`, `configuration`, `shots`.
        job: position of the job in what was asked, from 0, if it is one job's fault.
    """

    why: str
    field: str = "program"
    job: int | None = None

    def __str__(self) -> str:
        return self.why


@dataclass(eq=False)
class ShotsOverLimit(Invalid):
    asked: int
    allowed: int

    def __str__(self) -> str:
        return f"{self.asked} shots asked, at most {self.allowed} allowed"


@dataclass(eq=False)
class ShotsMissing(Invalid):
    allowed: int

    def __str__(self) -> str:
        return f"The number of shots is missing; this platform needs one, from 1 to {self.allowed}."


@dataclass(eq=False)
class TooManyJobs(Invalid):
    asked: int
    allowed: int

    def __str__(self) -> str:
        return f"{self.asked} jobs in one request, at most {self.allowed} allowed; send several requests"


@dataclass(eq=False)
class OverBound(TooLarge):
    what: str
    allowed: int
    unit: str = "bytes"

    def __str__(self) -> str:
        return f"{self.what} is over the limit of {self.allowed} {self.unit}"


@dataclass(eq=False)
class StoreBusy(Unavailable):
    why: str = "busy"

    def __str__(self) -> str:
        return f"The server cannot keep anything right now ({self.why}); try again later."


@dataclass(eq=False)
class PlatformUnserved(Unavailable):
    """What is sent to a platform now would only wait.

    Args:
        why: its operator's words; None where no worker is there that could run it.
    """

    why: str | None = None

    def __str__(self) -> str:
        if self.why is None:
            return "Nobody runs this platform at the moment; try again later, or choose another one."
        said = f": {self.why}" if self.why else ""
        return f"This platform is held by its operator{said}; try again later, or choose another one."


@dataclass(eq=False)
class Several(Invalid):
    """More than one thing is wrong with one request."""

    parts: Sequence[Invalid] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "; ".join(str(part) for part in self.parts)
