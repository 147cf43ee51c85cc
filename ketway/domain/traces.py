"""Traces: jobs that somebody recorded, read from text that anybody may have written.

Two forms are understood: the Standard Workload Format of the Parallel Workloads Archive, which Slurm's
accounting is converted to (18 columns, comments begin with `;`), and CSV with a line of column names.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from math import isfinite

from ketway.domain.errors import Invalid
from ketway.domain.priorities import Priority
from ketway.domain.simulation import TracedJob

MAX_LINES = 1_000_000
#: Of a line, in characters.
MAX_LINE = 10_000
#: Three hundred years, in seconds: more than that, no clock of ours counts.
_MAX_S = 1e10

_SWF_COLUMNS = 18
_SWF = {"submitted": 1, "ran": 3, "user": 11, "group": 12}
_NEEDED = ("project", "submitted_s", "duration_s")
_OPTIONAL = ("priority", "batch")


@dataclass(eq=False)
class BadTrace(Invalid):
    """
    Args:
        line: from 1.
    """

    line: int
    why: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.why}"


@dataclass(frozen=True, kw_only=True)
class Trace:
    """
    Args:
        left_out: jobs that never ran, so that nobody knows how long they would have.
    """

    jobs: tuple[TracedJob, ...]
    left_out: int = 0


def read_trace(lines: Iterable[str]) -> Trace:
    """A trace in either form: what has a comma in its first line is CSV.

    Raises:
        BadTrace
    """
    numbered = _bounded(lines)
    first = next(((number, line) for number, line in numbered if line.strip()), None)
    if first is None:
        raise BadTrace(1, "there is no job in this file")
    whole = chain([first], numbered)
    is_csv = "," in first[1] and not first[1].lstrip().startswith(";")
    found = list(_csv(whole) if is_csv else _swf(whole))
    jobs = tuple(job for job in found if job is not None)
    if not jobs:
        raise BadTrace(first[0], "no job of this file has run")
    return Trace(jobs=jobs, left_out=len(found) - len(jobs))


def _bounded(lines: Iterable[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if len(line) > MAX_LINE:
            raise BadTrace(number, f"is longer than {MAX_LINE:,} characters")
        if "\0" in line:
            raise BadTrace(number, "holds a NUL; this is no text")
        if number > MAX_LINES:
            raise BadTrace(number, f"the file goes on beyond {MAX_LINES:,} lines; cut it")
        yield number, line


def _swf(lines: Iterable[tuple[int, str]]) -> Iterator[TracedJob | None]:
    """None for a job that never ran."""
    for number, line in lines:
        words = line.split()
        if not words or words[0].startswith(";"):
            continue
        if len(words) != _SWF_COLUMNS:
            raise BadTrace(number, f"has {len(words)} columns; a job in SWF has {_SWF_COLUMNS}")
        values = [_number(number, f"column {place}", word) for place, word in enumerate(words, start=1)]
        ran = values[_SWF["ran"]]
        yield (
            None
            if ran < 0
            else TracedJob(
                project=_whose(values),
                submitted_s=_seconds(number, "the submit time", values[_SWF["submitted"]]),
                duration_s=_seconds(number, "the run time", ran),
            )
        )


def _whose(values: list[float]) -> str:
    """A job's group; where nobody knows it, its user. -1 stands for unknown."""
    for name in ("group", "user"):
        if values[_SWF[name]] >= 0:
            return f"{name} {values[_SWF[name]]:.0f}"
    return "unknown"


def _csv(lines: Iterable[tuple[int, str]]) -> Iterator[TracedJob]:
    number = 0

    def texts() -> Iterator[str]:
        nonlocal number
        for number, line in lines:  # noqa: B007
            yield line

    reader = csv.reader(texts(), strict=True)
    try:
        head = next(reader)
        names = _names(number, head)
        for row in reader:
            if row:
                yield _row(number, names, row)
    except csv.Error as error:
        raise BadTrace(number, f"cannot be read as CSV: {error}") from None


def _names(number: int, row: list[str]) -> list[str]:
    names = [name.strip() for name in row]
    known = (*_NEEDED, *_OPTIONAL)
    for name in _NEEDED:
        if name not in names:
            raise BadTrace(number, f"names no column {name}; needed are {', '.join(_NEEDED)}")
    for name in names:
        if name not in known or names.count(name) > 1:
            raise BadTrace(
                number, f"column {name[:80]!r} is unknown, or there twice; there are {', '.join(known)}"
            )
    return names


def _row(number: int, names: list[str], row: list[str]) -> TracedJob:
    if len(row) != len(names):
        raise BadTrace(number, f"has {len(row)} columns where the first line names {len(names)}")
    said = {name: word.strip() for name, word in zip(names, row, strict=True)}
    if not said["project"]:
        raise BadTrace(number, "names no project")
    return TracedJob(
        project=said["project"],
        submitted_s=_seconds(number, "submitted_s", _number(number, "submitted_s", said["submitted_s"])),
        duration_s=_seconds(number, "duration_s", _number(number, "duration_s", said["duration_s"])),
        priority=_priority(number, said.get("priority", "")),
        batch=said.get("batch") or None,
    )


def _priority(number: int, word: str) -> Priority:
    try:
        return Priority[word.upper()] if word else Priority.MEDIUM
    except KeyError:
        known = ", ".join(each.name.lower() for each in Priority)
        raise BadTrace(number, f"{word[:80]!r} is no priority; there are {known}") from None


def _number(number: int, what: str, word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        raise BadTrace(number, f"{what} is {word[:80]!r}, which is no number") from None
    if not isfinite(value):
        raise BadTrace(number, f"{what} is {word[:80]!r}, which is no number of seconds")
    return value


def _seconds(number: int, what: str, value: float) -> float:
    if not 0 <= value <= _MAX_S:
        raise BadTrace(number, f"{what} is {value:g} seconds; it should be from 0 to {_MAX_S:g}")
    return value
