"""Applications and processes through `scaleway-qaas-client`, where nobody runs them yet."""

from __future__ import annotations

from typing import Any

from scaleway_qaas_client.v1alpha1 import QaaSClient

from tests.parity.clients.scaleway.stage import NOBODY, play, refused, setting


def life() -> Any:
    low = QaaSClient(**setting().keys)
    (application,) = low.list_applications(name="vqe-h2")
    platform = application.compatible_platform_ids[0]
    made = low.create_process(application.id, platform, {"distance": 1.5}, name="low level")
    listed = [process.id for process in low.list_processes(application_id=application.id)]
    seen = {
        "application": low.get_application(application.id).to_dict(),
        "made": made.to_dict(),
        "read": low.get_process(made.id).status,
        "listed": made.id in listed and made.id in [process.id for process in low.list_processes()],
        "results": low.list_process_results(made.id),
        "cancelled": low.cancel_process(made.id).status,
    }
    low.delete_process(made.id)
    return seen | {"deleted": refused(low.get_process, made.id)}


def refusals() -> Any:
    low = QaaSClient(**setting().keys)
    (application,) = low.list_applications()
    platform = application.compatible_platform_ids[0]
    return {
        "an unknown application": refused(low.create_process, NOBODY, platform, "{}"),
        "an unknown platform": refused(low.create_process, application.id, NOBODY, "{}"),
        "no json": refused(low.create_process, application.id, platform, "{"),
    }


if __name__ == "__main__":
    play((life, refusals))
