"""The official `scaleway` SDK, with documents and results by `qio`, against a running ketway."""

from __future__ import annotations

import re
from math import sqrt
from pathlib import Path

import pytest
import requests
from scaleway.qaas import v1alpha1 as qaas
from scaleway_core.api import ScalewayException

from tests.parity.scaleway_sdk import (
    NOBODY,
    SHOTS,
    a_document,
    an_sdk,
    bell,
    first_of_three_flipped,
    run,
    submit,
    the_counts,
    the_error,
    the_parameters,
)


def near(count: int, chance: float, shots: int = SHOTS) -> bool:
    """Within five standard deviations."""
    return abs(count - shots * chance) <= 5 * sqrt(shots * chance * (1 - chance))


def test_the_platform_is_listed_with_what_the_plugins_choose_it_by(sdk, platform):
    assert platform.backend_name == "aer"
    assert platform.provider_name == "scaleway"
    assert platform.type_ == qaas.PlatformType.SIMULATOR
    assert platform.max_qubit_count > 0
    assert platform.max_shot_count > 0
    assert platform.availability == qaas.PlatformAvailability.AVAILABLE
    assert sdk.get_platform(platform_id=platform.id) == platform


def test_a_bell_pair_is_measured_equal_half_and_half(sdk, session):
    job = run(sdk, session, bell())

    (counts,) = the_counts(sdk, job)
    assert counts.keys() == {"00", "11"}
    assert sum(counts.values()) == SHOTS
    assert near(counts["11"], 0.5)


def test_bits_are_read_in_the_order_of_qiskit(sdk, session):
    job = run(sdk, session, first_of_three_flipped())

    assert the_counts(sdk, job) == [{"001": SHOTS}]


def test_a_circuit_may_come_with_the_job_itself(sdk, session):
    job = sdk.create_job(
        name="inline",
        session_id=session.id,
        circuit=qaas.JobCircuit(qiskit_circuit=a_document(first_of_three_flipped())),
        parameters=the_parameters(),
    )

    ended = sdk.wait_for_job(job_id=job.id)

    assert the_counts(sdk, ended) == [{"001": SHOTS}]
    assert sdk.get_job_circuit(job_id=job.id).qiskit_circuit == a_document(first_of_three_flipped())


def test_each_circuit_of_a_job_has_its_result_in_order(sdk, session):
    job = run(sdk, session, first_of_three_flipped(), bell(), first_of_three_flipped())

    one, two, three = the_counts(sdk, job)
    assert one == three == {"001": SHOTS}
    assert two.keys() == {"00", "11"}


def test_an_ended_job_says_when_it_ran_and_what(sdk, session):
    job = run(sdk, session, bell())

    assert job.created_at <= job.started_at <= job.updated_at
    assert job.session_id == session.id
    assert job.model_id
    assert job.job_duration


def test_a_circuit_that_nobody_can_read_ends_in_error_with_a_reason(sdk, session):
    job = submit(sdk, session, "this is no document")

    ended = sdk.wait_for_job(job_id=job.id)

    assert ended.status == qaas.JobStatus.ERROR
    assert ended.progress_message


def test_a_session_lives_until_it_is_terminated(sdk, platform):
    made = sdk.create_session(platform_id=platform.id, name="life", max_duration="600s", tags=["a", "b"])
    running = sdk.wait_for_session(session_id=made.id)
    changed = sdk.update_session(session_id=made.id, name="changed", tags=["c"], max_idle_duration="60s")

    sdk.terminate_session(session_id=made.id)
    ended = sdk.wait_for_session(session_id=made.id)

    assert running.status == qaas.SessionStatus.RUNNING
    assert (changed.name, changed.tags, changed.max_idle_duration) == ("changed", ["c"], "60s")
    assert ended.status == qaas.SessionStatus.STOPPED
    assert ended.terminated_at is not None
    sdk.delete_session(session_id=made.id)
    with pytest.raises(ScalewayException):
        sdk.get_session(session_id=made.id)


def test_a_deduplicated_session_is_the_one_that_lives(sdk, platform):
    asked = {"platform_id": platform.id, "name": "twin", "deduplication_id": "parity-twin"}

    first, second = sdk.create_session(**asked), sdk.create_session(**asked)

    assert first.id == second.id
    sdk.delete_session(session_id=first.id)


def test_lists_page_through_every_row(sdk, session):
    made = [
        submit(sdk, session, a_document(bell()), name=f"job {number}", tags=[f"page-{session.id}"])
        for number in range(5)
    ]

    listed = sdk.list_jobs_all(session_id=session.id, page_size=2)
    tagged = sdk.list_jobs(session_id=session.id, tags=[f"page-{session.id}"])

    assert sorted(job.id for job in listed) == sorted(job.id for job in made)
    assert tagged.total_count == 5
    assert session.id in [row.id for row in sdk.list_sessions_all(platform_id=session.platform_id)]


def test_a_job_is_renamed_cancelled_and_deleted(sdk, session):
    job = run(sdk, session, bell())

    renamed = sdk.update_job(job_id=job.id, name="renamed", tags=["z"])
    sdk.delete_job(job_id=job.id)

    assert (renamed.name, renamed.tags) == ("renamed", ["z"])
    with pytest.raises(ScalewayException) as gone:
        sdk.get_job(job_id=job.id)
    assert the_error(gone.value)["type"] == "not_found"


def test_a_model_is_read_back_as_sent(sdk):
    document = a_document(bell())

    model = sdk.create_model(payload=document)

    assert sdk.get_model(model_id=model.id).id == model.id
    assert model.url is not None
    assert requests.get(model.url, timeout=30).text == document


def test_no_operation_of_the_sdk_is_left_out():
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_scaleway_*.py"))

    offered = {name for name in vars(qaas.QaasV1Alpha1API) if not name.startswith("_")}

    assert len(offered) > 40
    assert not {name for name in offered if not re.search(rf"\bsdk\.{name}\b", tests)}


def test_an_error_is_told_by_its_type(sdk, server, session):
    refused = {
        "not_found": lambda: sdk.get_session(session_id=NOBODY),
        "invalid_arguments": lambda: sdk.create_job(
            name="no circuit", session_id=session.id, circuit=qaas.JobCircuit()
        ),
        "denied_authentication": lambda: an_sdk(server, secret_key=NOBODY).list_sessions(),
    }

    for expected, call in refused.items():
        with pytest.raises(ScalewayException) as error:
            call()
        assert the_error(error.value)["type"] == expected


def test_a_job_for_a_session_that_has_ended_is_refused(sdk, platform):
    session = sdk.create_session(platform_id=platform.id, name="short")
    sdk.terminate_session(session_id=session.id)

    with pytest.raises(ScalewayException) as error:
        submit(sdk, session, a_document(bell()))

    assert the_error(error.value)["type"] in ("transient_state", "precondition_failed")
    sdk.delete_session(session_id=session.id)
