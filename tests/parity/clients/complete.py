"""0.5 to 0.11: a batch stays open until it is declared complete; several jobs are added at once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pasqal_cloud import SDK
from pasqal_cloud.device import EmulatorType

from tests.parity.clients import always
from tests.parity.clients.stage import jobs_of, play, refused, sequence, told
from tests.parity.clients.workloads import a_workload

FREE = EmulatorType.EMU_FREE


def an_open_batch(sdk: SDK) -> Any:
    batch = sdk.create_batch(sequence("one_atom_flipped"), [{"runs": 5}], complete=False, emulator=FREE)
    begun = batch.complete
    batch.add_jobs([{"runs": 6}, {"runs": 7}], wait=True)
    batch.retry(batch.ordered_jobs[0])
    batch.declare_complete(wait=True)
    batch.refresh()
    return {
        "begun": begun,
        "complete": told(batch),
        "too late": refused(batch.add_jobs, [{"runs": 1}]),
        "too late to retry": refused(batch.retry, batch.ordered_jobs[0]),
        "closed twice": batch.declare_complete(),
    }


def a_rebatch(sdk: SDK) -> Any:
    jobs = [{"runs": runs} for runs in (10, 20, 30)]
    old = sdk.create_batch(sequence("one_atom_flipped"), jobs, emulator=FREE, wait=True)
    begin, first = datetime.fromisoformat(old.created_at), old.ordered_jobs[0].id
    new = {
        "by runs": sdk.rebatch(old.id, min_runs=15, max_runs=30, status=["DONE"]),
        "by id": sdk.rebatch(old.id, job_ids=[first], start_date=begin),
        "all": sdk.rebatch(old.id),
    }
    sdk.get_job(jobs_of(new["all"])[-1].id, wait=True)
    return {
        "old": told(old),
        "new": {name: told(sdk.get_batch(batch.id)) for name, batch in new.items()},
        "parents": [batch.parent_id for batch in new.values()],
        "none": refused(sdk.rebatch, old.id, min_runs=1000),
    }


SCENES = [*always.SCENES, an_open_batch, a_rebatch, a_workload]

if __name__ == "__main__":
    play(SCENES)
