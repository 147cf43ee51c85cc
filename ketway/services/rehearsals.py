"""Rehearsals: what a batch would become, and how long it would take, with nothing kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ketway.domain.accounts import Actor
from ketway.domain.batches import Batch
from ketway.domain.estimates import Estimate, expected
from ketway.domain.jobs import Job
from ketway.services.batches import Batches
from ketway.services.drafts import Drafting, NewBatch, texts_of
from ketway.services.ports import Database
from ketway.services.programs import Kept
from ketway.services.room import seated


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """
    Args:
        batch, jobs: as they would be kept; nobody will find their ids.
        estimates: one a job; None where nothing like it was measured here, or nobody could tell
            its size.
    """

    batch: Batch
    jobs: Sequence[Job]
    estimates: Sequence[Estimate | None]


@dataclass(frozen=True, kw_only=True)
class Rehearsals:
    db: Database
    batches: Batches

    async def create(self, actor: Actor, new: NewBatch) -> Rehearsal:
        """All that `Batches.create_checked` does but keeping it.

        Raises:
            As `Batches.create_checked`.
        """
        async with self.db.look() as work:
            project = await self.batches.must_fit(work, actor, new)
        checked = await self.batches.checks.must_pass(
            new.project_id, new.platform, new.program, new.configuration, new.jobs
        )
        programs = self.batches.programs.draft(actor, new.project_id, texts_of(new))
        draft = Drafting(
            actor=actor,
            fresh=self.batches.fresh,
            now=self.batches.clock.now(),
            programs=programs,
        )
        batch = draft.batch(new, project.priority)
        async with self.db.look() as work:
            await self.batches.must_allow(work, project, new, Kept(programs=programs))
            records = await work.records.of([new.platform.id])
            batch = await seated(work, batch, draft.now)
        return Rehearsal(
            batch=batch,
            jobs=draft.jobs(batch, new.platform, new.jobs),
            estimates=[
                None if each is None else expected(records, new.platform, each.qubits, job.shots)
                for each, job in zip(checked, new.jobs, strict=True)
            ],
        )
