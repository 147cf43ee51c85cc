"""What the store of holdings promises."""

from __future__ import annotations

from uuid import uuid4

from ketway.domain.accounts import ProjectId
from ketway.domain.results import Result
from tests.builders import NOON, PROJECT, a_program
from tests.contracts.rows import ELSEWHERE, keep_batch, keep_jobs


async def held(db, project=PROJECT) -> int:
    async with db.look() as work:
        return await work.holdings.of(project)


async def keep_result(db, project, size) -> None:
    (job,) = await keep_jobs(db, await keep_batch(db, project_id=project), {})
    result = Result(
        job_id=job.id,
        attempt=1,
        key=f"results/{job.id}",
        size=size,
        sha256="0" * 64,
        shots=1,
        counts=[],
        metadata={},
        created_at=NOON,
    )
    async with db.work() as work:
        await work.results.add([result], {})


async def test_programs_and_results_of_a_project_are_added_up(db):
    async with db.work() as work:
        await work.programs.add([a_program(size=10), a_program(size=2**30)])
        await work.programs.add([a_program(size=5, project_id=ELSEWHERE)])
        await work.programs.add([])
    await keep_result(db, PROJECT, 100)
    await keep_result(db, PROJECT, 1)
    await keep_result(db, ELSEWHERE, 1000)

    assert await held(db) == 2**30 + 111
    assert await held(db, ELSEWHERE) == 1005
    assert await held(db, ProjectId(uuid4())) == 0
