from datetime import timedelta
from uuid import UUID

import pytest

from ketway.api.scaleway import wire
from ketway.api.scaleway.requests import understood
from ketway.domain.errors import BadField, Several
from tests.builders import NOON

ID = "11111111-1111-1111-1111-111111111111"


def test_requests_are_read_in_both_spellings():
    snake = {"session_id": ID, "model_id": ID, "max_duration": "5s", "circuit": {"perceval_circuit": "x"}}
    camel = {"sessionId": ID, "modelId": ID, "maxDuration": "5s", "circuit": {"percevalCircuit": "x"}}

    assert understood(wire.NewJob, snake) == understood(wire.NewJob, camel)


def test_unknown_fields_are_ignored():
    assert understood(wire.NewModel, {"payload": "x", "color": 1, "project": []}).payload == "x"


def test_every_optional_field_may_be_null():
    nothing = dict.fromkeys(wire.NewSession.model_fields) | {"platform_id": ID}

    sent = understood(wire.NewSession, nothing)

    assert sent == understood(wire.NewSession, {"platform_id": ID})


@pytest.mark.parametrize(
    ("sent", "field", "reason"),
    [
        ({}, ("platform_id",), "required"),
        ({"platform_id": None}, ("platform_id",), "required"),
        ({"platformId": "x"}, ("platform_id",), "format"),
        ({"platform_id": ID, "tags": "a"}, ("tags",), "format"),
        ({"platform_id": ID, "name": 5}, ("name",), "format"),
        ({"platform_id": ID, "max_idle_duration": "Nones"}, ("max_idle_duration",), "format"),
        ({"platform_id": ID, "max_duration": "0s"}, ("max_duration",), "constraint"),
        ([], ("body",), "format"),
    ],
)
def test_a_bad_field_is_named_with_a_reason(sent, field, reason):
    with pytest.raises(BadField) as refusal:
        understood(wire.NewSession, sent)

    assert (refusal.value.field, refusal.value.reason) == (field, reason)


def test_every_bad_field_is_named():
    with pytest.raises(Several) as refusal:
        understood(wire.NewJob, {"max_duration": "Nones"})

    named = {part.field for part in refusal.value.parts if isinstance(part, BadField)}
    assert named == {("session_id",), ("max_duration",)}


def test_the_unknown_value_of_a_filter_is_no_filter():
    query = understood(
        wire.PlatformQuery, {"platformType": "unknown_type", "platform_technology": "photonic"}
    )

    assert (query.platform_type, query.platform_technology) == (None, wire.Technology.PHOTONIC)


def test_what_is_unset_is_left_out_of_an_answer():
    job = wire.Job(
        id=UUID(ID),
        name="",
        tags=(),
        session_id=UUID(ID),
        created_at=NOON,
        updated_at=NOON + timedelta(microseconds=5),
        status=wire.JobStatus.WAITING,
        progress_message="",
    )

    assert job.model_dump(mode="json") == {
        "id": ID,
        "name": "",
        "tags": [],
        "session_id": ID,
        "created_at": "2026-01-15T12:00:00.000000Z",
        "updated_at": "2026-01-15T12:00:00.000005Z",
        "status": "waiting",
        "progress_message": "",
        "result_distribution": "",
    }
