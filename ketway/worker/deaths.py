"""How a task in a child ends without an answer."""

from __future__ import annotations

from dataclasses import dataclass

_GIB = 2**30


class Death(Exception):
    """The child gave no answer that can be used."""


@dataclass(eq=False)
class ChildDied(Death):
    """It crashed or was killed, not by us."""

    how: str

    def __str__(self) -> str:
        return f"the process that ran the job died: {self.how}"


@dataclass(eq=False)
class TimeLimit(Death):
    limit_s: float

    def __str__(self) -> str:
        return f"stopped after {self.limit_s:g} s, the time limit of the job"


@dataclass(eq=False)
class ProcessorLimit(Death):
    """More time of processors than one core has within the job's time limit."""

    limit_s: float
    used_s: float

    def __str__(self) -> str:
        return (
            f"killed at {self.used_s:.1f} s of processor time; the job's limit is {self.limit_s:g} s, "
            "and it has one core"
        )


@dataclass(eq=False)
class MemoryLimit(Death):
    limit_bytes: int
    used_bytes: int

    def __str__(self) -> str:
        return (
            f"killed at {self.used_bytes / _GIB:.1f} GiB of memory; "
            f"the platform's limit is {self.limit_bytes / _GIB:.1f} GiB"
        )


@dataclass(eq=False)
class EngineFault(Death):
    """The engine broke: an exception that is no refusal."""

    why: str

    def __str__(self) -> str:
        return f"the engine failed: {self.why}"


@dataclass(eq=False)
class FileLimit(Death):
    limit_bytes: int

    def __str__(self) -> str:
        return f"it wrote more than {self.limit_bytes // 2**20} MiB to its folder, the limit of a job"


@dataclass(eq=False)
class ThreadLimit(Death):
    limit: int

    def __str__(self) -> str:
        return f"it started more than {self.limit} threads, the limit of a job"


@dataclass(eq=False)
class ResultTooLarge(Death):
    limit_bytes: int

    def __str__(self) -> str:
        most = f"{self.limit_bytes / 2**20:.0f} MiB"
        return f"the result is larger than {most}; ask for fewer shots or observables"
