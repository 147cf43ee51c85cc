"""Children: kept warm, replaced, killed, and what is said of their end."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import uvloop

from ketway.domain.errors import Invalid, ProgramRefused, ShotsOverLimit
from ketway.worker import frames
from ketway.worker.children import Children
from ketway.worker.deaths import (
    ChildDied,
    EngineFault,
    FileLimit,
    MemoryLimit,
    ProcessorLimit,
    ResultTooLarge,
    ThreadLimit,
    TimeLimit,
)
from ketway.worker.forks import Forks
from tests.worker import kit
from tests.worker.kit import a_task, descendants, done, ended, forkserver, said, some_children

REPOSITORY = Path(__file__).parents[2]


async def pid_of(children: Children, program: str = "harmless", **more) -> int:
    return (await done(children, program, **more)).metadata["pid"]


async def test_a_project_keeps_its_child_for_the_next_task():
    async with some_children() as children:
        assert await pid_of(children) == await pid_of(children)


async def test_another_project_never_gets_it():
    async with some_children() as children:
        assert await pid_of(children, project="ours") != await pid_of(children, project="theirs")


async def test_tasks_at_the_same_time_have_a_child_each():
    async with some_children() as children:
        pids = await asyncio.gather(*(pid_of(children) for _ in range(3)))

    assert len(set(pids)) == 3


async def test_a_child_is_replaced_after_so_many_tasks():
    async with some_children(tasks_per_child=2) as children:
        pids = [await pid_of(children) for _ in range(4)]

    assert pids[0] == pids[1] != pids[2] == pids[3]


async def test_a_child_that_has_grown_is_replaced():
    async with some_children(growth_bytes=2**24) as children:
        assert await pid_of(children, "grow", bytes=2**26) != await pid_of(children)


async def test_a_child_that_left_files_behind_is_replaced():
    async with some_children() as children:
        first = await pid_of(children, "write", path="left behind")
        facts = await said(children, "facts")

        assert facts["files"] == []
        assert await pid_of(children) != first


async def test_refusals_arrive_as_the_engine_raised_them():
    async with some_children() as children:
        with pytest.raises(ProgramRefused, match="no such gate: wobble") as refused:
            await done(children, "refuse")
        with pytest.raises(ShotsOverLimit) as too_many:
            await done(children, "too many")

    assert refused.value.field == "program"
    assert (too_many.value.asked, too_many.value.allowed) == (5000, 100)


async def test_the_metadata_say_how_much_memory_a_task_was_seen_to_use():
    async with some_children() as children:
        little = (await done(children, "harmless")).metadata["peak_memory_bytes"]
        more = (await done(children, "grow", bytes=2**26)).metadata["peak_memory_bytes"]

    assert 0 <= little < 2**24
    assert 2**26 <= more < 2**27


async def test_a_check_answers_for_each_task_to_one_that_is_refused():
    async with some_children() as children:
        every = await checked(children, "harmless", "harmless", "harmless")
        some = await checked(children, "harmless", "crash", "harmless")

    assert every == ["Checked(qubits=3)"] * 3
    assert some == ["Checked(qubits=3)", "crash is not harmless"]


@pytest.mark.parametrize(("patience_s", "answered"), [(0.0, 1), (60.0, 3)])
async def test_a_check_answers_for_as_many_as_there_is_time_for(patience_s, answered):
    async with some_children() as children:
        answers = await checked(children, *["harmless"] * 3, patience_s=patience_s)

    assert len(answers) == answered


async def checked(children, *programs, patience_s=60):
    answers = await children.check(
        "hostile",
        "p",
        [a_task(program) for program in programs],
        patience_s=patience_s,
        time_limit_s=60,
        memory_limit_bytes=kit.GIB,
    )
    return [str(answer) for answer in answers]


async def test_an_exception_is_the_engines_fault_and_costs_the_child():
    async with some_children() as children:
        first = await pid_of(children)
        with pytest.raises(EngineFault, match="ZeroDivisionError: by nothing"):
            await done(children, "fault")

        assert await pid_of(children) != first


async def test_an_exception_without_words_is_known_by_its_name():
    async with some_children() as children:
        with pytest.raises(EngineFault, match=r"Odd$"):
            await done(children, "odd")


@pytest.mark.parametrize(
    ("misdeed", "how"), [("crash", "signal 11"), ("leave", "exit code 3"), ("exit", "exit code 70")]
)
async def test_it_is_said_how_a_child_ended(misdeed, how):
    async with some_children() as children:
        with pytest.raises(ChildDied, match=how):
            await done(children, misdeed)

        assert await said(children, "harmless") == "harmless"


@pytest.mark.parametrize("misdeed", ["sleep", "hold the interpreter"])
async def test_the_time_limit_kills_whatever_the_child_does(misdeed):
    async with some_children() as children:
        with pytest.raises(TimeLimit, match=r"0\.2 s"):
            await children.run(
                "hostile",
                "p",
                a_task(misdeed),
                on_progress=lambda _: None,
                time_limit_s=0.2,
                memory_limit_bytes=kit.GIB,
            )

        assert await said(children, "harmless") == "harmless"
        assert len(descendants(forkserver(children))) == 1


@pytest.mark.parametrize("misdeed", ["sleep", "hold the interpreter"])
async def test_to_cancel_is_to_kill(misdeed):
    async with some_children() as children:
        at_work = asyncio.Event()
        running = asyncio.ensure_future(
            children.run(
                "hostile",
                "p",
                a_task(misdeed),
                on_progress=lambda _: at_work.set(),
                time_limit_s=60,
                memory_limit_bytes=kit.GIB,
            )
        )
        await at_work.wait()
        (child,) = descendants(forkserver(children))

        running.cancel()

        with pytest.raises(asyncio.CancelledError):
            await running
        assert await ended(child)
        assert await said(children, "harmless") == "harmless"


async def test_to_cancel_before_the_child_is_born_leaves_none():
    async with some_children() as children:
        for turns in range(12):
            running = asyncio.ensure_future(done(children, "sleep"))
            for _ in range(turns):
                await asyncio.sleep(0)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
        while children._doing:
            await asyncio.wait(children._doing)

        assert descendants(forkserver(children)) == []
        assert list(children.scratch.iterdir()) == []


async def test_the_memory_limit_kills_with_the_figure():
    async with some_children() as children:
        with pytest.raises(MemoryLimit) as killed:
            await children.run(
                "hostile",
                "p",
                a_task("hoard"),
                on_progress=lambda _: None,
                time_limit_s=60,
                memory_limit_bytes=2**28,
            )

    assert killed.value.used_bytes > killed.value.limit_bytes == 2**28


async def test_a_flood_of_threads_is_stopped():
    async with some_children() as children:
        with pytest.raises(ThreadLimit, match="more than 64 threads, the limit of a job"):
            await done(children, "threads")


async def test_a_flood_of_files_is_stopped():
    async with some_children() as children:
        with pytest.raises(FileLimit, match="more than 1024 MiB to its folder, the limit of a job"):
            await done(children, "fill the disk")

    assert not children.scratch.exists()


async def test_the_time_of_processors_is_limited_with_the_figure():
    async with some_children(cores=0.01) as children:
        with pytest.raises(ProcessorLimit, match=r"s of processor time; the job's limit is 0\.2 s"):
            await done(children, "hold the interpreter")


async def test_a_result_without_end_is_refused():
    async with some_children() as children:
        with pytest.raises(ResultTooLarge):
            await done(children, "large", bytes=130 * 2**20)


@pytest.mark.parametrize(
    ("given", "death"),
    [
        pytest.param({"bytes": "{not json"}, EngineFault, id="no JSON"),
        pytest.param({"bytes": "[1]"}, EngineFault, id="no object"),
        pytest.param({"bytes": "[", "times": 200_000}, EngineFault, id="depth"),
        pytest.param({"bytes": '{"progress":"soon"}'}, EngineFault, id="progress that is none"),
        pytest.param({"bytes": '{"computed":{"document":7}}'}, EngineFault, id="a document that is none"),
        pytest.param({"bytes": '{"checked":[null]}'}, EngineFault, id="an answer to another question"),
        pytest.param({"bytes": "{}", "length": 2**31}, ResultTooLarge, id="a length"),
    ],
)
async def test_a_child_that_lies_is_not_believed(given, death):
    async with some_children() as children:
        with pytest.raises(death):
            await done(children, "say", **given)

        assert await said(children, "harmless") == "harmless"


async def test_a_refusal_of_no_kind_is_a_refusal_and_nothing_else():
    async with some_children() as children:
        with pytest.raises(Invalid, match="without a reason"):
            await done(children, "say", bytes='{"refused":{"kind":"os.system","argument":"true"}}')


async def test_progress_never_falls():
    told: list[int] = []

    async with some_children() as children:
        await children.run(
            "hostile",
            "p",
            a_task("progress"),
            on_progress=told.append,
            time_limit_s=60,
            memory_limit_bytes=kit.GIB,
        )

    assert told == [5, 50, 100]


async def test_a_flood_of_progress_drowns_nobody():
    async with some_children() as children:
        answers = await asyncio.gather(
            done(children, "flood"), *(said(children, "harmless") for _ in range(5))
        )

    assert answers[1:] == ["harmless"] * 5


async def test_a_fork_server_that_died_is_started_again():
    async with some_children() as children:
        first = await pid_of(children)
        running = asyncio.ensure_future(done(children, "sleep", project="other"))
        while len(descendants(forkserver(children))) < 2:
            await asyncio.sleep(0.01)
        dead = forkserver(children)

        os.kill(dead, signal.SIGKILL)

        with pytest.raises(ChildDied):
            await running
        assert await said(children, "harmless") == "harmless"
        assert await ended(dead, first)


async def test_after_the_close_nothing_is_left_and_nothing_begins():
    async with some_children() as children:
        running = asyncio.ensure_future(done(children, "hold the interpreter"))
        while not descendants(forkserver(children)):
            await asyncio.sleep(0.01)
        pids = [forkserver(children), *descendants(forkserver(children))]

        await children.close()

        with pytest.raises(ChildDied):
            await running
        with pytest.raises(ChildDied, match="stopping"):
            await done(children, "harmless")
        assert await ended(*pids)
        assert list(children.scratch.iterdir()) == []


async def test_a_close_while_the_engines_are_imported_leaves_no_fork_server():
    with TemporaryDirectory() as scratch:
        children = Children(engines=["noop"], scratch=Path(scratch))
        running = asyncio.ensure_future(done(children, "harmless", engine="noop"))
        await asyncio.sleep(0)

        await children.close()

        with pytest.raises(ChildDied):
            await running
        assert children._forks is None or await ended(forkserver(children))


async def test_an_engine_that_cannot_be_imported_is_no_start():
    broken = {"broken": kit.HOSTILE.__class__(module="tests.worker.no_such", distributions=(), extra="none")}

    with pytest.raises(ChildDied, match="cannot be imported"):
        async with some_children(engines=["broken"], entries=broken):
            pass


@pytest.mark.parametrize("misdeed", ["sleep", "hold the interpreter"])
async def test_when_the_worker_is_killed_everything_below_it_ends(misdeed, tmp_path):
    worker = _a_worker(misdeed, tmp_path)
    below = descendants(worker.pid)

    worker.kill()

    assert len(below) == 2
    assert await ended(*below)


@pytest.mark.parametrize("misdeed", ["sleep", "hold the interpreter"])
async def test_a_broken_lifeline_alone_ends_a_child_at_work(misdeed, tmp_path):
    forks = await Forks.launch({"hostile": kit.HOSTILE.module})
    child = await forks.fork(tmp_path)
    child.writer.write(
        frames.packed({"engine": "hostile", "run": frames.task_out(a_task(misdeed)), "is_awaited": False})
    )
    await frames.read(child.reader, 100)

    os.close(child.lifeline)

    async with asyncio.timeout(20):
        assert os.WTERMSIG(await child.died) == signal.SIGKILL
    child.writer.close()
    os.close(child.handle)
    await forks.close()


async def test_signals_to_the_whole_group_are_the_workers_to_answer():
    async with some_children() as children:
        first = await pid_of(children)

        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            os.kill(forkserver(children), number)
            os.kill(first, number)

        assert await pid_of(children) == first
        assert await pid_of(children, project="other") != first


def test_it_works_on_the_servers_event_loop_too():
    async def a_day() -> str:
        async with some_children() as children:
            with pytest.raises(ChildDied):
                await done(children, "crash")
            return str(await said(children, "harmless"))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(a_day()) == "harmless"


def _a_worker(misdeed: str, scratch: Path) -> subprocess.Popen[bytes]:
    """A process with children, one of them at work."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "tests.worker.a_worker", misdeed],
        cwd=REPOSITORY,
        env=os.environ | {"TMPDIR": str(scratch)},
        stdout=subprocess.PIPE,
    )
    assert worker.stdout is not None
    with worker.stdout:
        assert worker.stdout.readline() == b"working\n"
    return worker
