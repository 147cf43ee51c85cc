"""Workloads, from 0.3 on."""

from __future__ import annotations

from typing import Any

from pasqal_cloud import SDK

from tests.parity.clients.stage import NOBODY, refused


def a_workload(sdk: SDK) -> Any:
    made = sdk.create_workload("qadence_circuit", "pyqtorch", {"depth": 3}, wait=True)
    read = sdk.get_workload(made.id, wait=True)
    return {
        "made": _told(made),
        "read": _told(read),
        "cancelled": refused(sdk.cancel_workload, made.id),
        "no such workload": refused(sdk.get_workload, NOBODY),
    }


def _told(workload: Any) -> dict[str, Any]:
    return {
        "id": workload.id,
        "status": workload.status,
        "backend": workload.backend,
        "workload_type": workload.workload_type,
        "config": workload.config,
        "errors": workload.errors,
        "result": workload.result,
    }
