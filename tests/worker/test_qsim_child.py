"""qsim where it really runs: in a child that is shut in, forked from a server that has only imported."""

from __future__ import annotations

from pathlib import Path

import pytest

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Computed
from ketway.worker.children import Children
from tests.engines.circuits import a_task
from tests.engines.cirq_circuits import a_cirq_document, asymmetric
from tests.engines.test_qsim import controlled, noisy, wide
from tests.worker.kit import GIB, descendants, forkserver, some_children


async def ran(children: Children, program: str) -> Computed:
    task = a_task(program, shots=200, seed=11)
    return await children.run(
        "qsim", "p", task, on_progress=lambda _: None, time_limit_s=60, memory_limit_bytes=GIB
    )


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


async def test_circuits_run_on_qsim_in_a_child_of_one_thread():
    async with some_children(engines=["qsim"]) as children:
        at_once = await ran(children, a_cirq_document(asymmetric()))
        one_by_one = await ran(children, a_cirq_document(noisy()))
        on_cirq = await ran(children, a_cirq_document(controlled()))
        with pytest.raises(ProgramRefused, match="60 qubits"):
            await ran(children, a_cirq_document(wide(60)))

        family = [forkserver(children), *descendants(forkserver(children))]
        assert {threads(pid) for pid in family} == {1}

    assert [sum(one.counts[0].values()) for one in (at_once, one_by_one, on_cirq)] == [200] * 3
    assert at_once.metadata["simulator"] == one_by_one.metadata["simulator"] == "qsim"
    assert on_cirq.metadata["simulator"] == "cirq.Simulator"
