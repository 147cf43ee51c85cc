"""One process of a rig, and what it says."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

PATIENCE_S = 60.0


class Process:
    """
    Args:
        log: where it says what it says.
        ready: words of which it says one as soon as it listens to signals.
        user: whom it runs as, if not as ourselves.
    """

    def __init__(
        self,
        words: Sequence[str | Path],
        log: Path,
        *,
        env: Mapping[str, str],
        ready: Collection[bytes],
        user: str | None = None,
    ) -> None:
        self._log = log
        self._ready = ready
        with log.open("wb") as file:
            self._process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                env=os.environ | dict(env),
                user=user,
            )
        self.pid = self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def is_ready(self) -> bool:
        return any(word in self._log.read_bytes() for word in self._ready)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to; its exit code."""
        self._process.send_signal(number)
        return self._process.wait(PATIENCE_S)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)


def send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def pids(process: Process | None) -> list[int]:
    """None where it does not run."""
    return [process.pid] if process is not None and process.is_running else []
