"""What every peer is put through: its workers stand ready, and the clock runs until all are done.

`python -m bench.peers.NAME TARGET JOBS BATCH SETTING...` prints the seconds; with `work` for JOBS it is one
of the workers.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager

from bench.processors import families_s

READY = "ready"
WARM_UP = 20
LOOK_AGAIN_S = 0.005
_PATIENCE_S = 300.0


@contextmanager
def workers(module: str, number: int, *words: object) -> Iterator[Sequence[int]]:
    """Processes of the same module, by their ids, from when all are ready; killed on leaving, and theirs."""
    command = [sys.executable, "-m", module, *map(str, words)]
    crew = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        for _ in range(number)
    ]
    try:
        for process in crew:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == READY
        yield [process.pid for process in crew]
    finally:
        for process in crew:
            os.killpg(process.pid, signal.SIGKILL)  # and the processes that it started
            process.wait()


def is_ready() -> None:
    """Said by a worker."""
    print(READY, flush=True)


async def timed(
    crew: Sequence[int],
    jobs: int,
    batch: int,
    send: Callable[[int], Awaitable[object]],
    left: Callable[[], Awaitable[int]],
) -> None:
    """Print the seconds from the first submission to the end of the last job; and those of processors,
    of this process and its workers.

    Args:
        send: that many jobs.
        left: how many are not done yet.
    """
    await send(WARM_UP)
    await _all_done(left)
    begun, used = time.perf_counter(), _processor_s(crew)
    for number in sizes(jobs, batch):
        await send(number)
    await _all_done(left)
    said = {"seconds": time.perf_counter() - begun, "processor_s": _processor_s(crew) - used}
    print(json.dumps(said), flush=True)


def sizes(jobs: int, batch: int) -> Sequence[int]:
    return [min(batch, jobs - first) for first in range(0, jobs, batch)]


def _processor_s(crew: Sequence[int]) -> float:
    return time.process_time() + families_s(crew)


async def _all_done(left: Callable[[], Awaitable[int]]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while await left():
        assert time.monotonic() < deadline, "jobs are left over"
        # Not a loop's own sleep: some of these queues have none.
        time.sleep(LOOK_AGAIN_S)  # noqa: ASYNC251
