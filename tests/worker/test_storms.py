"""Many children at once, born and dying in each other's way."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ketway.domain.tasks import Computed, Task
from ketway.worker.children import Children
from ketway.worker.deaths import ChildDied, Death
from tests.worker import kit
from tests.worker.kit import a_task, descendants, done, ended, forkserver, said, some_children
from tests.worker.line import becomes

_SEED = 20_240_229


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    """The worker has the one, the server with its checker the other."""
    return "asyncio", {"use_uvloop": request.param}


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    async with some_children() as started:
        yield started


def open_files(pid: int | str = "self") -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def settled(children: Children) -> None:
    """Everybody who has been discarded is buried."""
    await becomes(lambda: not children._doing, "the dead to be buried")


async def test_twenty_runs_at_once_each_get_their_own_answer(children):
    shots = range(1, 21)

    computed = await asyncio.gather(
        *(
            children.run(
                "noop",
                f"project {number % 5}",
                Task(program="", shots=number, seed=1, max_shots=100, max_qubits=4),
                on_progress=lambda _: None,
                time_limit_s=60,
                memory_limit_bytes=kit.GIB,
            )
            for number in shots
        )
    )

    assert [one.shots for one in computed] == list(shots)


async def test_a_project_never_sees_the_process_of_another_however_many_run(children):
    async def pids(project: str) -> set[int]:
        return {(await done(children, "harmless", project=project)).metadata["pid"] for _ in range(10)}

    seen = await asyncio.gather(*(pids(f"project {number}") for number in range(6)))

    assert all(ours.isdisjoint(theirs) for ours in seen for theirs in seen if ours is not theirs)


async def test_children_that_die_while_others_are_born_take_nobody_with_them(children):
    chance = random.Random(_SEED)
    misdeeds = chance.choices(["harmless", "crash", "leave", "exit", "fault"], k=80)

    outcomes = await asyncio.gather(
        *(
            done(children, misdeed, project=f"project {number % 7}")
            for number, misdeed in enumerate(misdeeds)
        ),
        return_exceptions=True,
    )

    for misdeed, outcome in zip(misdeeds, outcomes, strict=True):
        assert isinstance(outcome, Death) == (misdeed != "harmless"), (misdeed, outcome)
    hows = {misdeed: str(outcome) for misdeed, outcome in zip(misdeeds, outcomes, strict=True)}
    assert "signal 11" in hows["crash"]
    assert "exit code 3" in hows["leave"]
    assert "exit code 70" in hows["exit"]


async def test_children_killed_in_the_middle_of_births_are_all_told_of(children):
    async def killed(number: int) -> str:
        at_work = asyncio.Event()
        running = asyncio.ensure_future(
            children.run(
                "hostile",
                f"project {number}",
                a_task("sleep"),
                on_progress=lambda _: at_work.set(),
                time_limit_s=60,
                memory_limit_bytes=kit.GIB,
            )
        )
        await at_work.wait()
        for pid in descendants(forkserver(children)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        with pytest.raises(ChildDied) as died:
            await running
        return str(died.value)

    for number in range(20):
        first, second = await asyncio.gather(killed(number), _born(children, number))
        assert "signal 9" in first
        assert second is None or "signal 9" in second


async def _born(children: Children, number: int) -> str | None:
    """A child forked at the same time; it may be killed too."""
    try:
        await done(children, "harmless", project=f"other {number}")
    except ChildDied as died:
        return str(died)
    return None


async def test_cancels_at_any_moment_leave_no_process_no_folder_and_no_open_file(children):
    chance = random.Random(_SEED)
    await settled(children)
    before = open_files()

    for _ in range(10):
        running = [
            asyncio.ensure_future(done(children, chance.choice(["harmless", "sleep"]), project=str(number)))
            for number in range(6)
        ]
        for _turn in range(chance.randrange(60)):
            await asyncio.sleep(0)
        for one in running:
            one.cancel()
        await asyncio.wait(running)
    while children._idle:
        children._discard(children._idle.pop())
    await settled(children)

    assert await becomes(lambda: descendants(forkserver(children)) == [], "every child to be gone")
    assert list(children.scratch.iterdir()) == []
    assert await becomes(lambda: open_files() <= before, "every file to be closed")


@pytest.mark.parametrize("misdeed", ["harmless", "crash"])
async def test_fifty_forks_leave_no_open_file_behind(misdeed):
    async with some_children(tasks_per_child=1) as children:
        await settled(children)
        before = open_files()

        for _ in range(50):
            try:
                await done(children, misdeed)
            except ChildDied:
                continue
        await settled(children)

        assert await becomes(lambda: open_files() <= before, "every file to be closed")
        assert open_files(forkserver(children)) < 15
        assert list(children.scratch.iterdir()) == []


async def test_a_fork_server_killed_again_and_again_is_started_again_and_leaves_no_open_file(children):
    await said(children, "harmless")
    await settled(children)
    before = open_files()

    for _ in range(3):
        dead = forkserver(children)
        os.kill(dead, signal.SIGKILL)
        assert await ended(dead)
        outcomes = await asyncio.gather(
            *(done(children, "harmless", project=str(number)) for number in range(5)), return_exceptions=True
        )
        # Whoever asked before the news came is told; nobody waits for ever.
        assert all(isinstance(outcome, ChildDied | Computed) for outcome in outcomes)
        assert await said(children, "harmless") == "harmless"
    while len(children._idle) > 1:
        children._discard(children._idle.pop(0))
    await settled(children)

    assert await becomes(lambda: open_files() <= before, "every file to be closed")


async def test_a_fork_server_that_dies_while_many_are_waiting_to_be_born_leaves_nobody_waiting(children):
    running = [asyncio.ensure_future(done(children, "harmless", project=str(number))) for number in range(10)]
    await becomes(lambda: descendants(forkserver(children)), "the first birth")

    os.kill(forkserver(children), signal.SIGKILL)

    async with asyncio.timeout(30):
        outcomes = await asyncio.gather(*running, return_exceptions=True)
    assert all(isinstance(outcome, ChildDied | Computed) for outcome in outcomes)
    assert await said(children, "harmless") == "harmless"


async def test_a_child_that_dies_in_its_sleep_is_not_given_the_next_task(children):
    first = (await done(children, "harmless")).metadata["pid"]

    os.kill(first, signal.SIGKILL)
    await becomes(lambda: all(child.died.done() for child in children._idle), "the news of its death")

    assert await said(children, "harmless") == "harmless"


async def test_idle_children_are_few(children):
    for number in range(15):
        await done(children, "harmless", project=str(number))
    await settled(children)

    assert len(descendants(forkserver(children))) == len(children._idle) <= 8


async def test_a_close_in_a_storm_leaves_nothing(tmp_path):
    async with some_children() as children:
        server = forkserver(children)
        running = [asyncio.ensure_future(done(children, "sleep", project=str(number))) for number in range(8)]
        await becomes(lambda: len(descendants(server)) >= 3, "some to be born")
        below = descendants(server)

        await children.close()

        outcomes = await asyncio.gather(*running, return_exceptions=True)
        assert all(isinstance(outcome, ChildDied) for outcome in outcomes)
        assert await ended(server, *below)
        await settled(children)
        assert list(children.scratch.iterdir()) == []
