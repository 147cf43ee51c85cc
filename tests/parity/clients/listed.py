"""From 0.12.5 on: lists of batches, several cancelled at once, devices without a login."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pasqal_cloud import SDK
from pasqal_cloud.device import EmulatorType
from pasqal_cloud.utils.constants import BatchStatus, JobStatus, QueuePriority
from pasqal_cloud.utils.filters import BatchFilters, JobFilters, PaginationParams

from tests.parity.clients.stage import NOBODY, endpoints, sequence, setting

FREE = EmulatorType.EMU_FREE
LONG_AGO = datetime(2020, 1, 1)


def without_a_login(sdk: SDK) -> Any:
    return SDK(endpoints=endpoints(setting().url)).get_device_specs_dict()


def cancelled_together(sdk: SDK) -> Any:
    one, two = (
        sdk.create_batch(sequence("one_atom_flipped"), [], open=True, emulator=FREE) for _ in range(2)
    )
    two.cancel()
    answer = sdk.cancel_batches([one.id, two.id, NOBODY])
    return {
        "one": one.id,
        "two": two.id,
        "cancelled": [batch.id for batch in answer.batches],
        "errors": {str(id): why for id, why in answer.errors.items()},
    }


def lists(sdk: SDK) -> Any:
    jobs = [{"runs": runs} for runs in (10, 20, 30)]
    batch = sdk.create_batch(sequence("one_atom_flipped"), jobs, emulator=FREE, wait=True)
    begin = datetime.fromisoformat(batch.created_at)
    batches = {
        "id": batch.id,
        "project_id": batch.project_id,
        "user_id": batch.user_id,
        "device_type": "EMU_FREE",
        "status": [BatchStatus.DONE, BatchStatus.RUNNING, BatchStatus.PENDING],
        "open": False,
        "start_date": begin,
        "end_date": begin + timedelta(seconds=1),
        "queue_priority": [QueuePriority.LOW, QueuePriority.MEDIUM, QueuePriority.HIGH],
    }
    those = {
        "batch_id": batch.id,
        "project_id": batch.project_id,
        "user_id": [batch.user_id, "nobody"],
        "id": [job.id for job in batch.ordered_jobs],
        "status": [JobStatus.DONE, JobStatus.ERROR],
        "min_runs": 15,
        "max_runs": 30,
        "errors": False,
        "start_date": begin,
    }
    found = sdk.get_batches(BatchFilters(**batches))
    pages = [sdk.get_jobs(JobFilters(**those), PaginationParams(offset=at, limit=1)) for at in (0, 1)]
    return {
        "id": batch.id,
        "batches": [row.id for row in found.results],
        "total": found.total,
        "jobs of the first": [job.runs for job in found.results[0].ordered_jobs],
        "otherwise": [
            sdk.get_batches(BatchFilters(**batches | other)).total
            for other in (
                {"status": BatchStatus.ERROR},
                {"open": True},
                {"device_type": "EMU_SV"},
                {"end_date": LONG_AGO},
                {"user_id": "nobody"},
            )
        ],
        "pages": [(page.total, page.offset, [job.runs for job in page.results]) for page in pages],
        "jobs otherwise": [
            sdk.get_jobs(JobFilters(**those | other)).total
            for other in ({"status": JobStatus.CANCELED}, {"errors": True}, {"min_runs": 31})
        ],
        "result of a listed job": pages[0].results[0].result,
    }


def pages(sdk: SDK) -> Any:
    made = [sdk.create_batch(sequence("one_atom_flipped"), [], open=True, emulator=FREE) for _ in range(5)]
    ids = [batch.id for batch in made]
    read = [sdk.get_batches(BatchFilters(id=ids), PaginationParams(offset=at, limit=2)) for at in (0, 2, 4)]
    sdk.cancel_batches(ids)
    return {
        "ids": ids,
        "totals": [page.total for page in read],
        "found": [batch.id for page in read for batch in page.results],
    }


SCENES = [without_a_login, cancelled_together, lists, pages]
