"""What ten jobs wait when another project has sent ten thousand, with fair share and without.

Without it the ten wait for all of the others, which the simulator plays by the very functions that rank on
a server; with it, the real use cases on SQLite do as well, with a clock that is moved.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bench.report import Figure
from ketway.domain.accounts import ProjectId
from ketway.domain.shares import FairShare
from ketway.domain.simulation import Policy, TracedJob, play
from tests.builders import a_platform
from tests.services.steps import a_new_batch, claim, create, done
from tests.worlds import World, a_world

FLOOD = 10_000
FEW = 10
JOB_S = 2.0
LATER_S = 10.0
SLOTS = 2


def fairness(folder: Path) -> list[Figure]:
    """waits of ten jobs behind another project's ten thousand"""
    folder.mkdir()
    plain = _simulated(FairShare(is_on=False))
    fair = _simulated(FairShare())
    real = asyncio.run(_real(folder))
    return [
        _figure("first come first served, simulated", plain, plain),
        _figure("fair share, simulated", fair, plain),
        _figure("fair share, use cases on SQLite", real, plain),
    ]


def _figure(how: str, waits: Sequence[float], floor: Sequence[float]) -> Figure:
    median = statistics.median(waits)
    before = statistics.median(floor)
    return Figure(
        what=f"{FEW} jobs of {JOB_S:.0f} s behind {FLOOD:,}, {SLOTS} slots: {how}",
        measured=f"wait {median:,.0f} s, longest {max(waits):,.0f} s",
        floor=f"{before:,.0f} s (first come first served)",
        ratio=median / before,
    )


def _simulated(fair_share: FairShare) -> list[float]:
    trace = [TracedJob(project="flood", submitted_s=0.0, duration_s=JOB_S)] * FLOOD
    trace += [TracedJob(project="few", submitted_s=LATER_S, duration_s=JOB_S)] * FEW
    played = play(trace, Policy(fair_share=fair_share, slots=SLOTS))
    return [each.waited_s for each in played if each.job.project == "few"]


async def _real(folder: Path) -> list[float]:
    platform = a_platform(max_jobs_per_request=FLOOD, capacity=SLOTS)
    async with a_world(folder, catalogue=[platform]) as world:
        for _ in range(2):
            await create(world, FLOOD // 2, platform=platform)
        begun = world.clock.now()
        few: ProjectId | None = None
        waits: list[float] = []
        while len(waits) < FEW:
            if few is None and world.clock.now() >= begun + timedelta(seconds=LATER_S):
                few = await _send_few(world)
            grants = await claim(world, most=SLOTS)
            waits += [
                (world.clock.now() - grant.job.created_at).total_seconds()
                for grant in grants
                if grant.job.project_id == few
            ]
            world.clock.move(seconds=JOB_S)
            for grant in grants:
                await done(world, grant)
        return waits


async def _send_few(world: World) -> ProjectId:
    actor, _ = await world.another_project()
    (project,) = actor.roles
    platform = next(iter(world.core.platforms.catalogue))
    new = replace(a_new_batch(world, FEW, platform=platform), project_id=project)
    await world.core.batches.create(actor, new)
    return project
