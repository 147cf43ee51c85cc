"""Devices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.api.pasqal.contract.queries import DEVICE_FILTERS, PAGE, PAGING
from tests.api.pasqal.contract.rows import V1, V2, May, Route, on_emulator
from tests.api.pasqal.contract.shapes import DEVICE, PRIORITIES, QUEUED_BATCH, SPECS
from tests.api.pasqal.stage import Stage
from tests.api.surface.calls import Call, plain
from tests.api.surface.schemas import TEXT, WHOLE, by_key, exactly, many, one_of

A_DEVICE = {
    "device_type": "FRESNEL8",
    "status": "UP",
    "specs": '{"name": "Fresnel", "channels": []}',
    "is_emulator": False,
    "has_execution_logs": False,
    "allowed_result_types": ["counter"],
    "default_result_types": ["counter"],
    "engine": "noop",
}
BAD_UPNESS: Sequence[Any] = ({}, {"status": "SIDEWAYS"}, {"status": True})
BAD_SPECS: Sequence[Any] = ({}, {"specs": 3}, {"specs": "{"}, {"specs": "{}"})


async def device_status(stage: Stage) -> Call:
    return Call(ids={"device_id": (await stage.device("EMU_FREE"))["id"]}, body={"status": "UP"})


async def new_device(stage: Stage) -> Call:
    listed = (await stage.creator.get(f"{V2}/devices")).json()["pagination"]["total"]
    return Call(body=A_DEVICE | {"device_type": f"FRESNEL{listed}"})


ROUTES: list[Route] = [
    Route(
        number="D1",
        method="GET",
        path=f"{V1}/devices",
        may=May.ANYBODY,
        call=plain(),
        data=DEVICE,
        is_paged=True,
        query=(*PAGING, *DEVICE_FILTERS),
    ),
    Route(
        number="D2",
        method="GET",
        path=f"{V2}/devices",
        may=May.USER,
        call=plain(),
        data=DEVICE,
        is_paged=True,
        query=(*PAGING, *DEVICE_FILTERS),
    ),
    Route(
        number="D3",
        method="POST",
        path=f"{V1}/devices",
        may=May.SUPERUSER,
        call=new_device,
        data=DEVICE,
        wrong_bodies=({}, A_DEVICE | {"status": "SIDEWAYS"}, A_DEVICE | {"engine": "none", "specs": "{}"}),
        conflicts=(plain(body=A_DEVICE | {"device_type": "EMU_FREE"}),),
    ),
    *Route(
        number="D4",
        method="PUT",
        path=f"{V1}/devices/{{device_id}}/status",
        may=May.SUPERUSER,
        call=device_status,
        data=DEVICE,
        wrong_bodies=BAD_UPNESS,
    ).also("PATCH"),
    *Route(
        number="D5",
        method="PUT",
        path=f"{V1}/devices/status",
        may=May.SUPERUSER,
        call=plain(body={"device_type_names": ["EMU_FREE", "FRESNEL"], "status": "UP"}),
        data=many(DEVICE, minItems=2),
        wrong_bodies=(*BAD_UPNESS, {"device_type_names": ["NOTHING"], "status": "UP"}),
    ).also("PATCH"),
    *Route(
        number="D6",
        method="GET",
        path=f"{V1}/devices/{{dt_name}}/queue-size",
        may=May.USER,
        call=on_emulator("dt_name"),
        data=exactly(
            {
                "device_queues": many(
                    exactly(
                        {
                            "queue": one_of(*PRIORITIES),
                            "number_of_batches": WHOLE,
                            "number_of_jobs": WHOLE,
                            "number_of_shots": WHOLE,
                        }
                    )
                )
            }
        ),
    ).also(path=f"{V1}/devices/{{dt_name}}/queue_size"),
    Route(
        number="D7",
        method="GET",
        path=f"{V1}/devices/{{dt_name}}/queue",
        may=May.USER,
        call=on_emulator("dt_name"),
        data=QUEUED_BATCH,
        is_paged=True,
        query=PAGE,
    ),
    Route(
        number="D8",
        method="GET",
        path=f"{V1}/devices/specs",
        may=May.USER,
        call=plain(),
        data=by_key(TEXT, TEXT) | {"required": ["EMU_FREE"]},
    ),
    Route(
        number="D9",
        method="GET",
        path=f"{V1}/devices/public-specs",
        may=May.ANYBODY,
        call=plain(),
        data=many(SPECS, minItems=1),
    ),
    Route(
        number="D10",
        method="GET",
        path=f"{V1}/devices/specs/{{device_type}}",
        may=May.USER,
        call=on_emulator("device_type"),
        data=SPECS,
    ),
    *Route(
        number="D11",
        method="PUT",
        path=f"{V1}/devices/specs/{{device_type}}",
        may=May.SUPERUSER,
        call=on_emulator("device_type", body={"specs": '{"name": "EMU_FREE", "channels": []}'}),
        data=SPECS,
        wrong_bodies=BAD_SPECS,
    ).also("PATCH"),
]
