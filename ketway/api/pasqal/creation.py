"""What a client wants created, in the core's words."""

from __future__ import annotations

from typing import Any

from ketway.api.pasqal import translate, translate_records, wire
from ketway.api.pasqal.legacy import configuration_of
from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.errors import BadField, NotFound
from ketway.domain.platforms import Door, Platform
from ketway.services.core import Core
from ketway.services.drafts import NewBatch, NewJob


async def new_batch(core: Core, said: wire.CreateBatch, door: Door) -> NewBatch:
    """
    Raises:
        BadField: what is missing, or contradicts itself.
    """
    opened = translate.is_open(said)
    if not opened and not said.jobs:
        raise BadField(("body", "jobs"), "A batch that is not open needs at least one job.", "required")
    platform = await _platform(core, said)
    configuration = _configuration(said, platform)
    echo: dict[str, Any] = {"webhook": said.webhook, "configuration": said.configuration}
    if configuration != said.backend_configuration:
        echo["backend_configuration"] = said.backend_configuration
    return NewBatch(
        project_id=ProjectId(said.project_id),
        platform=platform,
        door=door,
        jobs=new_jobs(said.jobs, has_sequence=said.sequence_builder is not None),
        program=said.sequence_builder,
        configuration=configuration,
        is_open=opened,
        tags=tuple(said.tags or ()),
        echo=echo,
    )


def new_jobs(said: list[wire.CreateJob], *, has_sequence: bool) -> tuple[NewJob, ...]:
    return tuple(
        translate.new_job(position, job, has_sequence=has_sequence) for position, job in enumerate(said)
    )


async def rehearsed(core: Core, actor: Actor, new: NewBatch) -> dict[str, Any]:
    """What would be created; jobs carry an `estimate`, or null where nothing like it was measured."""
    rehearsal = await core.rehearsals.create(actor, new)
    by_status = translate.counted(rehearsal.jobs)
    ids = [job.id for job in rehearsal.jobs]
    jobs = [
        translate.job_v1(job, own.program) | {"estimate": translate_records.estimate(estimate)}
        for job, own, estimate in zip(rehearsal.jobs, new.jobs, rehearsal.estimates, strict=True)
    ]
    shown = translate.batch(rehearsal.batch, new.platform.name, by_status, ids)
    return shown | {"sequence_builder": new.program, "jobs": jobs, "dry_run": True}


def _configuration(said: wire.CreateBatch, platform: Platform) -> str | None:
    """The newer kind of configuration, else what the older kind comes to."""
    if said.backend_configuration is not None or not said.configuration:
        return said.backend_configuration
    return configuration_of(platform.name, said.configuration)


async def _platform(core: Core, said: wire.CreateBatch) -> Platform:
    name = said.device_type or said.emulator
    if name is None:
        texts = [said.sequence_builder, *(job.sequence for job in said.jobs)]
        name = next(filter(None, map(translate.device_named_in, texts)), None)
    if name is None:
        raise BadField(
            ("body", "device_type"), "is missing, and the sequence does not name a device.", "required"
        )
    try:
        return await core.platforms.chosen(translate.DOOR, name)
    except NotFound:
        offered = ", ".join(offer.platform.name for offer in await core.platforms.offers(translate.DOOR))
        raise BadField(
            ("body", "device_type"), f"'{name[:80]}' is not offered here; there is {offered or 'none'}."
        ) from None
