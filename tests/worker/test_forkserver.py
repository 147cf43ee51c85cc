"""The fork server of a worker that is gone."""

from __future__ import annotations

import socket
import subprocess
import sys

from tests.system.processes import PATIENCE_S


def test_a_fork_server_whose_worker_is_gone_before_it_is_ready_ends_without_a_word():
    worker, control = socket.socketpair()
    worker.close()

    said = subprocess.run(
        [
            *(sys.executable, "-m", "ketway.worker.forkserver"),
            *(str(control.fileno()), "noop=ketway.engines.noop"),
        ],
        pass_fds=[control.fileno()],
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    control.close()

    assert (said.stdout, said.stderr) == (b"", b"")
