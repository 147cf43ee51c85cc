"""Time of processors, which says more than a clock where others work on the same machine."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def processor_s(pid: int) -> float:
    """Of all threads of a process, to the nanosecond where `schedstat` is kept."""
    taken = [int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    if any(taken):
        return sum(taken) / 1e9
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def families_s(pids: Iterable[int]) -> float:
    """Of processes and all those that they started and that still live."""
    return sum(processor_s(pid) + families_s(_children(pid)) for pid in pids)


def _children(pid: int) -> list[int]:
    found = [task.read_text().split() for task in Path(f"/proc/{pid}/task").glob("*/children")]
    return [int(word) for words in found for word in words]
