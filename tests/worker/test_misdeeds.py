"""Misdeeds of engines: each is explained, and the next task finds a fresh child."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ketway.engines.catalogue import ENTRIES, Entry
from ketway.worker import landlock
from ketway.worker.children import Children
from ketway.worker.deaths import ChildDied, Death, EngineFault, ResultTooLarge, TimeLimit
from tests.worker import kit
from tests.worker.kit import a_task, descendants, ended, forkserver

NASTY = Entry(module="tests.worker.hostile_engines", distributions=(), extra="none")
needs_landlock = pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")


@asynccontextmanager
async def nasty_children(**changes: Any) -> AsyncIterator[Children]:
    given: dict[str, Any] = {
        "engines": ["noop", "hostile", "nasty"],
        "entries": ENTRIES | {"hostile": kit.HOSTILE, "nasty": NASTY},
    }
    async with kit.some_children(**(given | changes)) as children:
        yield children


@pytest.fixture(scope="module")
async def children() -> AsyncIterator[Children]:
    async with nasty_children() as started:
        yield started


async def said(
    children: Children, program: str, *, project: str = "p", time_limit_s: float = 20, **parameters: Any
) -> Any:
    computed = await children.run(
        "nasty",
        project,
        a_task(program, **parameters),
        on_progress=lambda _: None,
        time_limit_s=time_limit_s,
        memory_limit_bytes=kit.GIB,
    )
    return json.loads(computed.document)


@pytest.mark.parametrize(
    ("misdeed", "death", "words"),
    [
        ("abort", ChildDied, r"killed by signal 6 \(Aborted\)"),
        ("base", ChildDied, "exit code 70"),
        ("wordless", ChildDied, "exit code 70"),
        ("unrepresentable", ChildDied, "exit code 70"),
        ("interrupt", ChildDied, "exit code 70"),
        ("exit", ChildDied, "exit code 70"),
        ("deep", EngineFault, "RecursionError"),
        ("memory", EngineFault, "MemoryError"),
        ("large file", EngineFault, "a file of more than 256 MiB, the limit of a job"),
        ("stop", EngineFault, "StopAsyncIteration"),
        ("garbage", (EngineFault, ResultTooLarge), "."),
    ],
)
async def test_a_misdeed_is_explained_and_the_next_task_runs(children, misdeed, death, words):
    with pytest.raises(death, match=words):
        await said(children, misdeed)

    assert await said(children, "harmless") == "harmless"


async def test_a_child_that_hangs_up_is_given_up_and_killed(children):
    misdeeds = ["hang up", "half hang up", "close everything"]
    before = set(descendants(forkserver(children)))

    outcomes = await asyncio.gather(
        *(said(children, misdeed, project=misdeed) for misdeed in misdeeds), return_exceptions=True
    )

    assert [str(outcome) for outcome in outcomes] == [
        "the process that ran the job died: it closed its connection"
    ] * 3
    assert await ended(*(set(descendants(forkserver(children))) - before))


async def test_a_fault_with_too_many_words_is_cut_short(children):
    with pytest.raises(EngineFault, match="RuntimeError: xxx") as fault:
        await said(children, "long words")

    assert len(str(fault.value)) < 3000


async def test_an_answer_that_never_ends_meets_the_time_limit(children):
    with pytest.raises(TimeLimit):
        await said(children, "trickle", time_limit_s=0.3)

    assert await said(children, "harmless") == "harmless"


async def test_what_is_killed_by_the_time_limit_may_ignore_signals(children):
    before = set(descendants(forkserver(children)))

    with pytest.raises(TimeLimit):
        await said(children, "ignore signals", project="deaf", time_limit_s=0.3)

    assert await ended(*(set(descendants(forkserver(children))) - before))


@pytest.mark.parametrize("misdeed", ["base", "deep", "abort"])
async def test_a_check_that_breaks_is_a_death(children, misdeed):
    with pytest.raises(Death):
        await children.check(
            "nasty", "p", [a_task(misdeed)], patience_s=20, time_limit_s=20, memory_limit_bytes=kit.GIB
        )

    assert await said(children, "harmless") == "harmless"


async def test_a_check_has_a_time_limit(children):
    with pytest.raises(TimeLimit):
        await children.check(
            "nasty",
            "p",
            [a_task("linger", seconds=600)],
            patience_s=0.1,
            time_limit_s=0.3,
            memory_limit_bytes=kit.GIB,
        )

    assert await said(children, "harmless") == "harmless"


async def test_what_a_task_left_on_the_line_does_not_answer_for_the_next(children):
    with pytest.raises(json.JSONDecodeError):
        await said(children, "answer twice", project="forger")  # its own answer is its own affair

    answers = [await said(children, "harmless", project="forger", name=str(number)) for number in range(5)]

    assert answers == [str(number) for number in range(5)]


async def test_what_a_child_does_to_its_world_ends_with_it(children):
    await said(children, "pollute", project="ours")

    assert await said(children, "polluted", project="theirs") == [False, False]


@needs_landlock
@pytest.mark.parametrize("misdeed", ["remove folder", "move folder"])
async def test_a_child_cannot_do_away_with_its_folder(children, misdeed):
    assert await said(children, misdeed) in ("EACCES", "EPERM", "EXDEV")
    assert await said(children, "harmless") == "harmless"


async def test_a_child_that_prints_much_disturbs_nobody(children, capfd):
    assert await said(children, "print much") == 2 * 2000 * 4096

    assert capfd.readouterr() == ("", "")


async def test_a_child_dials_nobody(children):
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.setblocking(False)

        assert await said(children, "dial", port=listening.getsockname()[1]) == "EPERM"

        with pytest.raises(BlockingIOError):
            listening.accept()


@needs_landlock
async def test_a_child_sees_nothing_of_its_neighbours_and_ancestors(children):
    neighbour = asyncio.ensure_future(said(children, "stay", project="other", seconds=1, name="there"))

    found = await said(children, "neighbours", project="curious")

    assert set(found.values()) <= {"EACCES", "EPERM", "ENOENT"}
    assert await neighbour == "there"


async def test_a_child_kills_nobody(children):
    answer = await said(children, "kill", pid=os.getpid())

    assert set(answer.values()) == {"EPERM"}
    assert await said(children, "ptrace") == "EPERM"


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"shots": 2**70}, id="shots that no database holds"),
        pytest.param({"shots": -1}, id="negative shots"),
        pytest.param({"counts": [{"0": 2**70}]}, id="counts that no client reads"),
        pytest.param({"counts": [{"0": -1}]}, id="negative counts"),
        pytest.param({"counts": [{"\0": 1}]}, id="NUL in an outcome"),
        pytest.param({"metadata": {"engine": "\0"}}, id="NUL in the metadata"),
    ],
)
async def test_an_answer_that_the_server_could_never_keep_is_none(children, lie):
    computed = {"document": "{}", "counts": [], "shots": 1, "metadata": {}} | lie
    asking = children.run(
        "hostile",
        "liar",
        a_task("say", bytes=json.dumps({"computed": computed})),
        on_progress=lambda _: None,
        time_limit_s=20,
        memory_limit_bytes=kit.GIB,
    )

    with pytest.raises(EngineFault, match="an answer that is none"):
        await asking
