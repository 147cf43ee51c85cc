import pytest

from ketway.api.pasqal import errors
from ketway.domain.errors import (
    BRANCHES,
    AlreadyFinished,
    BadField,
    BadToken,
    BatchClosed,
    Conflict,
    Gone,
    Invalid,
    JobStillLives,
    Malformed,
    NotAllowed,
    OverBound,
    OverQuota,
    ProgramRefused,
    Several,
    ShotsOverLimit,
    StoreBusy,
    TooManyJobs,
    Unknown,
    UnknownEncoding,
)

#: Clients repeat a request that gets one of these, writes included.
REPEATED = {408, 425, 429, 500, 502, 504}


def test_every_branch_of_refusals_has_an_answer():
    assert errors.HTTP.keys() >= set(BRANCHES)


def test_what_is_more_than_the_branches_are_special_cases_of_one():
    assert all(issubclass(extra, (Invalid, Conflict)) for extra in errors.HTTP.keys() - set(BRANCHES))


def test_no_refusal_makes_a_client_repeat_its_request():
    assert not REPEATED & set(errors.HTTP.values())


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (BadToken("missing"), 401),
        (NotAllowed("cancel this job"), 403),
        (OverQuota("too much"), 403),
        (Unknown("batch", "1"), 404),
        (Gone("gone"), 410),
        (AlreadyFinished("batch", "1", "done"), 409),
        (BatchClosed("1", "done"), 409),
        (JobStillLives("1", "queued"), 409),
        (Malformed("not JSON"), 400),
        (UnknownEncoding("br"), 415),
        (BadField(("body", "tags"), "is wrong"), 422),
        (ProgramRefused("no"), 422),
        (Several([]), 422),
        (TooManyJobs(2, 1), 422),
        (OverBound("The body", 1), 413),
        (StoreBusy(), 503),
    ],
)
def test_a_refusal_is_answered_with_its_status(refusal, status):
    assert errors.status_of(refusal) == status


def test_a_sentence_is_the_description():
    assert errors.description(Unknown("batch", "1")) == "Batch not found."


@pytest.mark.parametrize("word", ["9" * 5000, "\N{ARABIC-INDIC DIGIT THREE}", "-1"])
def test_a_name_of_strange_digits_is_no_place_in_a_list(word):
    details = errors.description(BadField(("body", "progress", word), "is wrong"))

    assert details == [{"loc": ["body", "progress", word], "msg": "is wrong", "type": "value_error"}]


def test_every_field_that_is_wrong_has_its_detail():
    refusal = Several([BadField(("body", "jobs", "0", "runs"), "is wrong"), ShotsOverLimit(5, 1)])

    details = errors.description(refusal)

    assert details == [
        {"loc": ["body", "jobs", 0, "runs"], "msg": "is wrong", "type": "value_error"},
        {
            "loc": ["body", "jobs", "runs"],
            "msg": "5 shots asked, at most 1 allowed",
            "type": "value_error",
        },
    ]


@pytest.mark.parametrize(
    ("refusal", "place"),
    [
        (ProgramRefused("no"), ["body", "sequence_builder"]),
        (ProgramRefused("no", field="program", job=2), ["body", "sequence_builder"]),
        (ProgramRefused("no", field="parameters"), ["body", "jobs"]),
        (ProgramRefused("no", field="parameters", job=2), ["body", "jobs", 2]),
        (ProgramRefused("no", field="shots", job=0), ["body", "jobs", 0]),
        (ProgramRefused("no", field="configuration"), ["body", "backend_configuration"]),
        (ProgramRefused("no", field="something new"), ["body"]),
        (TooManyJobs(2, 1), ["body", "jobs"]),
    ],
)
def test_what_an_engine_refuses_is_placed_where_the_client_wrote_it(refusal, place):
    details = errors.description(refusal)

    assert details == [{"loc": place, "msg": str(refusal), "type": "value_error"}]
