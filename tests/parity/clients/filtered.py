"""From 0.12 on: jobs chosen by filters, batches that are open; see also `listed` and `tagged`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pasqal_cloud import SDK
from pasqal_cloud.device import EmulatorType
from pasqal_cloud.utils.constants import JobStatus
from pasqal_cloud.utils.filters import CancelJobFilters, RebatchFilters

from tests.parity.clients import always
from tests.parity.clients.stage import (
    NOBODY,
    play,
    refused,
    sequence,
    told,
    told_job,
)
from tests.parity.clients.workloads import a_workload

FREE = EmulatorType.EMU_FREE
LONG_AGO = datetime(2020, 1, 1)


def an_open_batch(sdk: SDK) -> Any:
    batch = sdk.create_batch(sequence("one_atom_flipped"), [{"runs": 5}], open=True, emulator=FREE)
    begun = batch.open
    batch.add_jobs([{"runs": 6}, {"runs": 7}], wait=True)
    batch.retry(batch.ordered_jobs[0])
    sdk.add_jobs(batch.id, [{"runs": 8}])
    batch.refresh()
    batch.close(wait=True)
    return {
        "begun": begun,
        "complete": told(batch),
        "open": batch.open,
        "too late": refused(batch.add_jobs, [{"runs": 1}]),
        "too late to retry": refused(batch.retry, batch.ordered_jobs[0]),
        "closed twice": sdk.close_batch(batch.id).open,
    }


def an_open_batch_in_old_words(sdk: SDK) -> Any:
    batch = sdk.create_batch(sequence("one_atom_flipped"), [], complete=False, emulator=FREE)
    begun = batch.complete
    batch.declare_complete()
    return {"begun": begun, "complete": batch.complete, "status": sdk.get_batch(batch.id).status}


def cancelled_by_filter(sdk: SDK) -> Any:
    jobs = [{"runs": 1}] * 150 + [{"runs": 77}] * 3 + [{"runs": 88}]
    batch = sdk.create_batch(sequence("three_in_a_row"), jobs, emulator=FREE)
    last = batch.ordered_jobs[-1]
    by_id = sdk.cancel_jobs(batch.id, CancelJobFilters(id=[last.id], start_date=LONG_AGO))
    by_runs = sdk.cancel_jobs(batch.id, CancelJobFilters(min_runs=77, max_runs=77))
    again = sdk.cancel_jobs(batch.id, CancelJobFilters(id=last.id))
    sdk.cancel_batch(batch.id)
    return {
        "by id": [told_job(job) for job in by_id.jobs],
        "by runs": [(job.runs, job.status) for job in by_runs.jobs],
        "last": last.id,
        "again": {str(id): why for id, why in again.errors.items()},
        "no such batch": refused(sdk.cancel_jobs, NOBODY),
    }


def more_jobs_than_a_page_has(sdk: SDK) -> Any:
    """Reading a batch's jobs follows the pages."""
    many = [{"runs": n + 1} for n in range(120)]
    batch = sdk.create_batch(sequence("one_atom_flipped"), many, emulator=FREE)
    read = [job.runs for job in sdk.get_batch(batch.id).ordered_jobs]
    sdk.cancel_batch(batch.id)
    return read


def a_rebatch(sdk: SDK) -> Any:
    jobs = [{"runs": runs} for runs in (10, 20, 30)]
    old = sdk.create_batch(sequence("one_atom_flipped"), jobs, emulator=FREE, wait=True)
    begin, first = datetime.fromisoformat(old.created_at), old.ordered_jobs[0].id
    filters = {
        "by runs": RebatchFilters(min_runs=15, max_runs=30, status=[JobStatus.DONE, JobStatus.ERROR]),
        "by id": RebatchFilters(id=first, start_date=begin),
        "all": None,
    }
    new = {name: sdk.rebatch(old.id, filter) for name, filter in filters.items()}
    sdk.get_job(new["all"].ordered_jobs[-1].id, wait=True)
    return {
        "old": told(old),
        "new": {name: told(sdk.get_batch(batch.id)) for name, batch in new.items()},
        "parents": [batch.parent_id for batch in new.values()],
        "none": refused(sdk.rebatch, old.id, RebatchFilters(min_runs=1000)),
    }


SCENES = [
    cancelled_by_filter,
    *always.SCENES,
    an_open_batch,
    an_open_batch_in_old_words,
    more_jobs_than_a_page_has,
    a_rebatch,
    a_workload,
]

if __name__ == "__main__":
    if hasattr(SDK, "get_batches"):
        from tests.parity.clients import listed

        SCENES += listed.SCENES
    if hasattr(SDK, "set_batch_tags"):
        from tests.parity.clients import tagged

        SCENES += tagged.SCENES
    play(SCENES)
