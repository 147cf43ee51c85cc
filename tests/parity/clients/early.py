"""0.2 to 0.4: results come inside the batch, jobs are added one by one."""

from __future__ import annotations

from typing import Any

from pasqal_cloud import SDK
from pasqal_cloud.device import EmulatorType

from tests.parity.clients import always
from tests.parity.clients.stage import play, refused, sequence, setting, told, told_job


def jobs_one_by_one(sdk: SDK) -> Any:
    """These clients make no open batch; they add to one that something else made."""
    batch = sdk.get_batch(setting().open_batches[0])
    added = [batch.add_job(runs=5, wait=True), batch.add_job(runs=7)]
    batch.declare_complete(wait=True, fetch_results=True)
    return {
        "added": [told_job(job) for job in added],
        "complete": told(batch),
        "too late": refused(batch.add_job, runs=1),
    }


def a_job_too_many(sdk: SDK) -> Any:
    """What these clients make is closed from the start; closing it again is no fault."""
    batch = sdk.create_batch(sequence("one_atom_flipped"), [{"runs": 1}], emulator=EmulatorType.EMU_FREE)
    refusal = refused(batch.add_job, runs=1)
    batch.declare_complete()
    return {"complete": batch.complete, "refusal": refusal}


SCENES = [*always.SCENES, jobs_one_by_one, a_job_too_many]

if __name__ == "__main__":
    if hasattr(SDK, "create_workload"):
        from tests.parity.clients.workloads import a_workload

        SCENES.append(a_workload)
    play(SCENES)
