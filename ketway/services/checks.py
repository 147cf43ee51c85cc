"""Checks: an engine's opinion of programs before they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ketway.domain.accounts import ProjectId
from ketway.domain.platforms import Platform
from ketway.domain.tasks import Checked, Task
from ketway.services.drafts import NewJob
from ketway.services.ports import Checker


@dataclass(frozen=True, kw_only=True)
class Checks:
    checker: Checker

    async def must_pass(
        self,
        project: ProjectId,
        platform: Platform,
        program: str | None,
        configuration: str | None,
        jobs: Sequence[NewJob],
    ) -> Sequence[Checked | None]:
        """Jobs of one batch, each with its own program or the batch's.

        Returns:
            What was found out about each; None where nobody could tell.
        Raises:
            Invalid: with the engine's sentence.
        """
        for job in jobs:
            platform.accept_shots(job.shots)
        texts = [job.program if job.program is not None else program for job in jobs]
        tasks = {
            place: Task(
                program=text,
                shots=job.shots,
                seed=0,
                max_shots=platform.max_shots,
                max_qubits=platform.max_qubits,
                parameters=job.parameters,
                configuration=configuration,
                settings=platform.settings,
            )
            for place, (job, text) in enumerate(zip(jobs, texts, strict=True))
            if text is not None
        }
        if not tasks:
            return [None] * len(jobs)
        found = await self.checker.check(platform.engine, project, list(tasks.values()))
        known = dict(zip(tasks, found, strict=True))
        return [known.get(place) for place in range(len(jobs))]


def sized(jobs: Sequence[NewJob], checked: Sequence[Checked | None]) -> tuple[NewJob, ...]:
    """Jobs with the sizes that their check found."""
    return tuple(
        job if found is None else replace(job, qubits=found.qubits)
        for job, found in zip(jobs, checked, strict=True)
    )
