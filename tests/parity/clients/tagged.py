"""From 0.20 on: tags, projects, device types; from 0.22 on, jobs with sequences of their own."""

from __future__ import annotations

from typing import Any

from pasqal_cloud import SDK
from pasqal_cloud.utils.filters import BatchFilters

from tests.parity.clients.stage import NOBODY, refused, sequence, setting, told


def tags(sdk: SDK) -> Any:
    batch = sdk.create_batch(
        sequence("one_atom_flipped"), [], open=True, device_type="EMU_FREE", tags=["before"]
    )
    tag = f"tag-{batch.id}"
    begun = batch.tags
    batch.set_tags([tag, "other"])
    set_on_it = batch.tags
    found = sdk.get_batches(BatchFilters(tag=tag))
    changed = sdk.set_batch_tags(batch.id, [tag])
    batch.cancel()
    return {
        "id": batch.id,
        "begun": begun,
        "set": [set_on_it, changed.tags],
        "found": [row.id for row in found.results],
        "twice the same": refused(sdk.set_batch_tags, batch.id, ["a", "a"]),
    }


def projects(sdk: SDK) -> Any:
    return {
        "all": [project.id for project in sdk.get_all_projects()],
        "switched": sdk.switch_to_project(setting().project_id),
        "elsewhere": refused(sdk.switch_to_project, NOBODY),
    }


def device_types(sdk: SDK) -> Any:
    """By its newer name, and by the device that the sequence was made for."""
    return [
        told(sdk.create_batch(sequence("two_far_apart"), [{"runs": 10}], device_type=name, wait=True))
        for name in ("EMU_SV", "EMU_MPS", "EMU_FREE")
    ]


def sequences_of_jobs(sdk: SDK) -> Any:
    own = sequence("two_far_apart")
    jobs = [{"runs": 10}, {"runs": 10, "serialized_sequence": own}]
    both = sdk.create_batch(sequence("one_atom_flipped"), jobs, device_type="EMU_FREE", wait=True)
    alone = sdk.create_batch(None, jobs[1:], device_type="EMU_FREE", wait=True)
    return {
        "both": [job.result for job in both.ordered_jobs],
        "same": sdk.get_job(both.ordered_jobs[1].id).sequence == own,
        "alone": [job.result for job in alone.ordered_jobs],
        "sequence of the batch": sdk.get_batch(alone.id).sequence_builder,
    }


SCENES = [tags, projects, device_types]
if hasattr(SDK, "_validate_required_sequences"):
    SCENES.append(sequences_of_jobs)
