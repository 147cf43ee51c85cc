"""The checker beside the server: what it asks, what it remembers, whose turn it is."""

from __future__ import annotations

import asyncio
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ketway.domain.errors import Invalid, ProgramRefused, Refusal, ShotsOverLimit
from ketway.domain.tasks import Checked, Task
from ketway.worker.checker import ChildChecker, FairTurns
from ketway.worker.deaths import ChildDied, Death, EngineFault, TimeLimit
from ketway.worker.sandbox import SandboxMissing
from tests.worker.kit import a_task, some_children

ENGINES = {"hostile": "1", "other": "1"}


class Desk:
    """Answers questions about tasks: refuses what is called bad, dies of what is called deadly.

    Args:
        most: questions that it comes to.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = most
        self.asked: list[tuple[str, list[str]]] = []

    async def check(
        self,
        engine: str,
        project: str,
        tasks: Sequence[Task],
        *,
        patience_s: float,
        time_limit_s: float,
        memory_limit_bytes: int,
    ) -> Sequence[Checked | Refusal]:
        self.asked.append((project, [task.program for task in tasks]))
        for task in tasks:
            if task.program in DEATHS:
                raise DEATHS[task.program]
        return [self._judge(task) for task in tasks[: self.most]]

    @staticmethod
    def _judge(task: Task) -> Checked | Refusal:
        if task.program == "greedy":
            return ShotsOverLimit(5000, 100)
        if task.program.startswith("bad"):
            return ProgramRefused(f"{task.program} will not do")
        return Checked(qubits=len(task.program))


DEATHS: dict[str, Death] = {
    "crash": ChildDied("killed by signal 11"),
    "slow": TimeLimit(10),
    "odd": EngineFault("RuntimeError"),
}


async def refusal_of(checker: ChildChecker, *tasks: Task, project: str = "p") -> Invalid:
    with pytest.raises(Invalid) as refused:
        await checker.check("hostile", project, tasks)
    return refused.value


async def test_what_an_engine_takes_is_accepted_with_what_it_knows_of_it():
    tasks = [a_task("good"), a_task("better"), a_task("good")]

    known = await ChildChecker(Desk(), ENGINES).check("hostile", "p", tasks)

    assert known == [Checked(qubits=4), Checked(qubits=6), Checked(qubits=4)]


async def test_what_there_is_no_room_to_ask_is_not_known():
    desk = Desk()
    small, large = a_task("good"), a_task("x" * 2**25)

    known = await ChildChecker(desk, ENGINES).check("hostile", "p", [small, large, small])

    assert known == [Checked(qubits=4), None, Checked(qubits=4)]
    assert desk.asked == [("p", ["good"])]


@pytest.mark.parametrize(
    "large",
    [{"configuration": "x" * 2**24}, {"parameters": {"a": "x" * 2**24}}],
    ids=["configuration", "parameters"],
)
async def test_all_that_is_asked_takes_room(large):
    desk = Desk()
    tasks = [replace(a_task(name), **large) for name in ("good", "better", "best")]

    known = await ChildChecker(desk, ENGINES).check("hostile", "p", tasks)

    assert known == [Checked(qubits=4), None, None]


async def test_a_large_program_that_many_jobs_share_is_not_copied_for_each():
    program = "x" * 2**20
    tasks = [replace(a_task(program), shots=shots) for shots in range(1, 1001)]

    tracemalloc.start()
    await ChildChecker(Desk(), ENGINES).check("hostile", "p", tasks)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < len(tasks) * len(program) / 4


async def test_an_engine_that_is_not_here_is_not_asked():
    desk = Desk()

    assert await ChildChecker(desk, ENGINES).check("elsewhere", "p", [a_task("bad")]) == [None]
    assert desk.asked == []


async def test_the_first_refusal_says_which_job_it_means():
    tasks = [a_task("good"), a_task("good"), a_task("bad one"), a_task("bad other")]

    refused = await refusal_of(ChildChecker(Desk(), ENGINES), *tasks)

    assert isinstance(refused, ProgramRefused)
    assert (refused.why, refused.job) == ("bad one will not do", 2)


async def test_a_refusal_for_too_many_shots_is_passed_on():
    refused = await refusal_of(ChildChecker(Desk(), ENGINES), a_task("good"), a_task("greedy"))

    assert isinstance(refused, ShotsOverLimit)
    assert (refused.asked, refused.allowed) == (5000, 100)


async def test_equal_tasks_are_asked_once():
    desk = Desk()
    tasks = [replace(a_task(name), seed=seed) for seed, name in enumerate(["a", "b", "a", "b", "a"])]

    await ChildChecker(desk, ENGINES).check("hostile", "p", tasks)

    assert desk.asked == [("p", ["a", "b"])]


async def test_tasks_that_differ_in_shots_or_parameters_are_different_questions():
    desk = Desk()
    tasks = [a_task("a"), replace(a_task("a"), shots=11), a_task("a", omega=1), a_task("a", omega=2)]

    await ChildChecker(desk, ENGINES).check("hostile", "p", tasks)

    assert desk.asked == [("p", ["a"] * 4)]


async def test_an_answer_is_remembered_whoever_asks_and_whatever_the_seed():
    desk = Desk()
    checker = ChildChecker(desk, ENGINES)

    first = await checker.check("hostile", "ours", [a_task("good")])
    second = await checker.check("hostile", "theirs", [replace(a_task("good"), seed=2)])

    assert first == second == [Checked(qubits=4)]
    assert len(desk.asked) == 1


@pytest.mark.parametrize("program", ["bad", "greedy"])
async def test_a_refusal_is_remembered_whoever_asks_and_whatever_the_seed(program):
    desk = Desk()
    checker = ChildChecker(desk, ENGINES)

    first = await refusal_of(checker, a_task(program), project="ours")
    second = await refusal_of(checker, replace(a_task(program), seed=2), project="theirs")

    assert str(first) == str(second)
    assert first is not second
    assert len(desk.asked) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"program": "other"},
        {"shots": 11},
        {"max_shots": 7},
        {"max_qubits": 3},
        {"parameters": {"omega": 1}},
        {"configuration": "{}"},
        {"settings": {"noise": 1}},
    ],
    ids=str,
)
async def test_an_answer_to_another_question_is_not_taken(change):
    desk = Desk()
    checker = ChildChecker(desk, ENGINES)

    await checker.check("hostile", "p", [a_task("good")])
    await checker.check("hostile", "p", [replace(a_task("good"), **change)])

    assert len(desk.asked) == 2


async def test_an_answer_of_another_engine_is_not_taken():
    desk = Desk()
    checker = ChildChecker(desk, ENGINES)

    await checker.check("hostile", "p", [a_task("good")])
    await checker.check("other", "p", [a_task("good")])

    assert len(desk.asked) == 2


async def test_a_remembered_refusal_points_to_the_job_of_the_batch_at_hand():
    checker = ChildChecker(Desk(), ENGINES)
    good, bad = a_task("good"), a_task("bad")

    first = await refusal_of(checker, good, bad)
    second = await refusal_of(checker, good, good, good, bad)

    assert isinstance(first, ProgramRefused) and isinstance(second, ProgramRefused)
    assert (first.job, second.job) == (1, 3)


@pytest.mark.parametrize("program", DEATHS)
async def test_silence_is_no_refusal_and_is_not_remembered(program):
    desk = Desk()
    checker = ChildChecker(desk, ENGINES)

    answers = [await checker.check("hostile", "p", [a_task(program)]) for _ in range(2)]

    assert answers == [[None], [None]]
    assert len(desk.asked) == 2


async def test_what_there_is_no_time_for_is_not_known_and_asked_again():
    desk = Desk(most=2)
    checker = ChildChecker(desk, ENGINES)
    tasks = [a_task("good"), a_task("better"), a_task("best"), a_task("better")]

    first = await checker.check("hostile", "p", tasks)
    desk.most = None
    second = await checker.check("hostile", "p", tasks)

    assert first == [Checked(qubits=4), Checked(qubits=6), None, Checked(qubits=6)]
    assert second == [Checked(qubits=4), Checked(qubits=6), Checked(qubits=4), Checked(qubits=6)]


async def test_a_refusal_is_remembered_though_nothing_is_said_of_what_follows():
    desk = Desk(most=2)
    checker = ChildChecker(desk, ENGINES)

    for _ in range(2):
        refused = await refusal_of(checker, a_task("good"), a_task("bad"), a_task("better"))
        assert isinstance(refused, ProgramRefused)
        assert refused.job == 1
    assert len(desk.asked) == 1


@pytest.mark.parametrize("error", [ChildDied("no engines"), SandboxMissing("the sandbox is not whole")])
async def test_children_that_never_started_refuse_nothing(error):
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    started.set_exception(error)

    answer = await ChildChecker(Desk(), ENGINES, started).check("hostile", "p", [a_task("bad")])

    assert answer == [None]


async def test_a_question_waits_for_the_children_to_start():
    desk = Desk()
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asking = asyncio.ensure_future(refusal_of(ChildChecker(desk, ENGINES, started), a_task("bad")))
    await asyncio.sleep(0)
    assert desk.asked == []

    started.set_result(None)

    assert isinstance(await asking, ProgramRefused)


async def test_it_asks_real_children():
    async with some_children() as children:
        checker = ChildChecker(children, ENGINES)
        known = await checker.check("hostile", "p", [a_task("harmless")])
        refused = await refusal_of(checker, a_task("harmless"), a_task("crash"))

    assert isinstance(refused, ProgramRefused)
    assert (refused.why, refused.field, refused.job) == ("crash is not harmless", "parameters", 1)
    assert known == [Checked(qubits=3)]


async def test_those_who_wait_are_served_project_by_project():
    turns = FairTurns()
    served: list[str] = []

    async def wait(project: str, name: str) -> None:
        async with turns.turn(project):
            served.append(name)

    async with asyncio.TaskGroup() as group, turns.turn("somebody"):
        for project, name in [("a", "a1"), ("a", "a2"), ("a", "a3"), ("b", "b1"), ("b", "b2")]:
            group.create_task(wait(project, name))
        for _ in range(3):
            await asyncio.sleep(0)
        assert served == []

    assert served == ["a1", "b1", "a2", "b2", "a3"]


async def test_one_at_a_time():
    turns = FairTurns()
    inside = most = 0

    async def wait(project: str) -> None:
        nonlocal inside, most
        async with turns.turn(project):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(wait(str(number % 3)) for number in range(30)))

    assert most == 1


@pytest.mark.parametrize("turns_before", range(4))
async def test_somebody_who_stops_waiting_takes_nobody_elses_turn(turns_before):
    turns = FairTurns()
    served: list[str] = []

    async def wait(name: str) -> None:
        async with turns.turn(name):
            served.append(name)

    async with turns.turn("somebody"):
        leaving, staying = (asyncio.ensure_future(wait(name)) for name in ("leaving", "staying"))
        for _ in range(turns_before):
            await asyncio.sleep(0)
        leaving.cancel()
    await asyncio.wait([leaving])
    await staying

    async with asyncio.timeout(10), turns.turn("late"):
        served.append("late")
    assert served == ["staying", "late"]


async def test_a_turn_called_in_the_moment_its_owner_leaves_goes_to_the_next():
    turns = FairTurns()

    async def wait(name: str) -> None:
        async with turns.turn(name):
            pass

    async with turns.turn("somebody"):
        leaving, staying = (asyncio.ensure_future(wait(name)) for name in ("leaving", "staying"))
        await asyncio.sleep(0)
    leaving.cancel()

    async with asyncio.timeout(10):
        await staying
    assert leaving.cancelled() or leaving.done()
