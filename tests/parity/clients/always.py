"""What every version can do, from 0.2.8 on."""

from __future__ import annotations

from math import pi
from typing import Any

import requests
from pasqal_cloud import SDK
from pasqal_cloud.authentication import ExpiringTokenProvider
from pasqal_cloud.device import EmulatorType
from pasqal_cloud.device.configuration import EmuFreeConfig, EmuTNConfig

from tests.parity.clients.stage import (
    NOBODY,
    ended,
    endpoints,
    jobs_of,
    logged_in,
    refused,
    sequence,
    setting,
    told,
    told_job,
)

FREE = EmulatorType.EMU_FREE
MANY = [{"runs": 1}] * 150  #: long enough to be cancelled in the middle


def a_wrong_password(sdk: SDK) -> Any:
    return refused(logged_in, password="wrong")


def an_own_login(sdk: SDK) -> Any:
    """As people do who have no certificate: a token provider of their own, over plain HTTP."""
    there = setting().plain

    class OwnLogin(ExpiringTokenProvider):  # type: ignore[misc]
        def _query_token(self) -> Any:
            said = {"grant_type": "password", "username": there["username"], "password": there["password"]}
            return requests.post(f"{there['url']}/oauth/token", data=said, timeout=30).json()

    own = SDK(token_provider=OwnLogin(), project_id=there["project_id"], endpoints=endpoints(there["url"]))
    return sorted(own.get_device_specs_dict())


def devices(sdk: SDK) -> Any:
    return sdk.get_device_specs_dict()


def a_flip(sdk: SDK) -> Any:
    made = sdk.create_batch(sequence("one_atom_flipped"), [{"runs": 50}], emulator=FREE, wait=True)
    return {"made": told(made), "read": told(sdk.get_batch(made.id))}


def a_flip_with_its_results(sdk: SDK) -> Any:
    jobs = [{"runs": 20}, {"runs": 30}]
    made = sdk.create_batch(sequence("two_far_apart"), jobs, emulator=FREE, fetch_results=True)
    return {"made": told(made), "read": told(sdk.get_batch(made.id, fetch_results=True))}


def a_blockade(sdk: SDK) -> Any:
    made = sdk.create_batch(sequence("three_blockaded"), [{"runs": 600}], emulator=FREE)
    return told_job(sdk.get_job(jobs_of(made)[0].id, wait=True))


def parameters(sdk: SDK) -> Any:
    jobs = [{"runs": 40, "variables": {"area": area, "phases": [0.0, 1.0]}} for area in (pi, 2 * pi)]
    return told(sdk.create_batch(sequence("parametrised"), jobs, emulator=FREE, wait=True))


def a_noisy_configuration(sdk: SDK) -> Any:
    return _configured(sdk, FREE, EmuFreeConfig(with_noise=True))


def a_tensor_network_configuration(sdk: SDK) -> Any:
    return _configured(sdk, EmulatorType.EMU_TN, EmuTNConfig(dt=5.0, precision="high", max_bond_dim=100))


def _configured(sdk: SDK, emulator: Any, configuration: Any) -> Any:
    """Run it, and read the configuration back."""
    made = sdk.create_batch(
        sequence("two_far_apart"),
        [{"runs": 100}],
        emulator=emulator,
        configuration=configuration,
        wait=True,
    )
    read = sdk.get_batch(made.id)
    return told(read) | {
        "same": read.configuration == configuration,
        "configuration": repr(read.configuration),
    }


def a_cancelled_job(sdk: SDK) -> Any:
    batch = sdk.create_batch(sequence("three_in_a_row"), MANY, emulator=FREE)
    last, other = jobs_of(batch)[-1], jobs_of(batch)[-2]
    cancelled = sdk.cancel_job(last.id)
    other.cancel()
    again = refused(sdk.cancel_job, last.id)
    sdk.cancel_batch(batch.id)
    return {"cancelled": told_job(cancelled), "other": other.status, "again": again}


def a_cancelled_batch(sdk: SDK) -> Any:
    one, two = (sdk.create_batch(sequence("three_in_a_row"), MANY, emulator=FREE) for _ in range(2))
    answered = sdk.cancel_batch(one.id)
    two.cancel()
    return {
        "jobs": [job.status for job in jobs_of(answered)],
        "complete": answered.complete,
        "ended": [ended(sdk, one.id).status, ended(sdk, two.id).status],
        "again": refused(sdk.cancel_batch, one.id),
    }


def refusals(sdk: SDK) -> Any:
    flip = sequence("one_atom_flipped")
    # From 0.20 on the client itself knows which emulators there are.
    device = "device_type" if hasattr(sdk, "set_batch_tags") else "emulator"
    return {
        "no such batch": refused(sdk.get_batch, NOBODY),
        "no such job": refused(sdk.get_job, NOBODY),
        "no such batch to cancel": refused(sdk.cancel_batch, NOBODY),
        "no such job to cancel": refused(sdk.cancel_job, NOBODY),
        "no sequence": refused(sdk.create_batch, "this is none", [{"runs": 1}], emulator=FREE),
        "no runs": refused(sdk.create_batch, flip, [{"runs": 0}], emulator=FREE),
        "a variable missing": refused(
            sdk.create_batch,
            sequence("parametrised"),
            [{"runs": 1, "variables": {"area": 1.0}}],
            emulator=FREE,
        ),
        "no such device": refused(sdk.create_batch, flip, [{"runs": 1}], **{device: "ABACUS"}),
    }


SCENES = [
    a_cancelled_job,
    a_cancelled_batch,
    a_flip,
    a_flip_with_its_results,
    a_blockade,
    parameters,
    a_noisy_configuration,
    a_tensor_network_configuration,
    a_wrong_password,
    an_own_login,
    devices,
    refusals,
]
