"""Perceval where it really runs: in a child that may write nothing but its folder and start no program."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ketway.domain.errors import ProgramRefused
from ketway.domain.tasks import Computed, Task
from ketway.engines.photonic import ENGINE
from ketway.engines.photonic_experiment import LONG
from ketway.engines.photonic_library import pcvl
from ketway.worker.children import Children
from tests.engines.photons import a_task, lined_up, two_meet
from tests.worker.kit import GIB, forkserver, some_children


@pytest.fixture(scope="module")
async def children() -> AsyncIterator[Children]:
    async with some_children(engines=["perceval"]) as made:
        yield made


async def run(children: Children, task: Task, project: str = "p") -> Computed:
    return await children.run(
        "perceval",
        project,
        task,
        on_progress=lambda _: None,
        time_limit_s=60,
        memory_limit_bytes=GIB,
    )


def noisy(experiment):
    experiment.noise = pcvl.NoiseModel(transmittance=0.5, indistinguishability=0.9, g2=0.02, phase_error=0.1)
    return experiment


def threads(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


async def test_a_child_that_ran_photons_is_as_new(children):
    for command in ("probs", "sample_count", "samples"):
        await run(children, a_task(noisy(two_meet()), command, max_samples=100))
    with pytest.raises(ProgramRefused):
        await run(children, a_task(lined_up(10, 30)))

    (child,) = children._idle
    assert child.tasks == 4
    assert threads(child.pid) == threads(forkserver(children)) == 1


def test_perceval_is_imported_without_a_trace(tmp_path):
    """Its import would make a folder of its own, and a log in it, wherever data of users is kept."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "PYTHON", "LANG"))}
    said = subprocess.run(
        [sys.executable, "-c", "import ketway.engines.photonic"],
        env=kept | {"HOME": str(tmp_path), "TMPDIR": str(tmp_path), "MPLCONFIGDIR": matplotlib_folder()},
        capture_output=True,
        check=True,
    )

    assert (said.stdout, said.stderr) == (b"", b"")
    assert not list(tmp_path.rglob("*"))


def matplotlib_folder() -> str:
    """Where its list of fonts is; without one it makes one, which takes long and is no concern of ours."""
    return str(importlib.import_module("matplotlib").get_cachedir())


async def test_samples_are_the_same_in_every_process(children):
    for command in ("probs", "sample_count", "samples"):
        task = a_task(noisy(lined_up(4, 8)), command, max_samples=500)

        first = await run(children, task, "one project")
        second = await run(children, task, "another")

        assert first.document == second.document == ENGINE.run(task, lambda percent: None).document


async def test_a_long_sampling_tells_how_far_it_is(children):
    told: list[int] = []
    samples = 1 + LONG // (14 * 2**14)
    task = a_task(lined_up(14, 20), "sample_count", max_samples=samples, max_shots=samples)

    await children.run(
        "perceval", "p", task, on_progress=told.append, time_limit_s=300, memory_limit_bytes=GIB
    )

    assert any(0 < percent < 99 for percent in told)
