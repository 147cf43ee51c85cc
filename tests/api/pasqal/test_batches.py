"""Creating batches and reading one."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

import pytest
from pydantic import ValidationError

from ketway.api.pasqal import wire
from ketway.domain.errors import ProgramRefused
from tests.api.pasqal.clients import (
    NOBODY,
    SEQUENCE,
    a_batch,
    a_batch_body,
    an_open_batch,
    data,
    places,
    the_batch,
    the_jobs,
    why,
)
from tests.api.pasqal.worlds import CORE, a_machine, an_emulator

BATCHES = f"{CORE}/v1/batches"
NO_JOBS = {"PENDING": 0, "RUNNING": 0, "DONE": 0, "ERROR": 0, "CANCELED": 0}


async def test_a_new_batch_has_every_field_that_clients_read(world, api):
    made = await a_batch(api, world, tags=["a", "b"])

    assert str(UUID(made["id"])) == made["id"]
    assert made["parent_id"] is None
    assert (made["status"], made["open"], made["complete"]) == ("PENDING", False, True)
    assert (made["priority"], made["queue_priority"]) == (0, "MEDIUM")
    assert made["device_type"] == "EMU_FREE"
    assert made["user_id"] == str(world.owner.account_id)
    assert made["project_id"] == str(world.project_id)
    assert datetime.fromisoformat(made["created_at"]) == world.clock.now()
    assert datetime.fromisoformat(made["updated_at"]).utcoffset() is not None
    assert (made["start_datetime"], made["end_datetime"]) == (None, None)
    assert (made["jobs_count"], made["jobs_count_per_status"]) == (1, NO_JOBS | {"PENDING": 1})
    assert made["tags"] == ["a", "b"]
    assert made["job_ids"] == [job["id"] for job in made["jobs"]]
    for field in ("configuration", "backend_configuration", "webhook", "device_status"):
        assert made[field] is None
    assert "group_id" not in made


async def test_a_new_job_has_every_field_that_clients_read(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 10, "variables": {"a": [1.5, 2]}}, {"runs": 20}])

    first, second = made["jobs"]
    assert first["batch_id"] == made["id"]
    assert first["project_id"] == str(world.project_id)
    assert (first["status"], first["runs"], first["progress"]) == ("PENDING", 10, 0)
    assert first["variables"] == {"a": [1.5, 2]}
    assert second["variables"] is None
    assert [first["creation_order"], second["creation_order"]] == [1, 2]
    for field in ("parent_id", "start_timestamp", "end_timestamp", "errors", "sequence"):
        assert first[field] is None
    assert first["created_at"] and first["updated_at"]
    assert not {"result", "full_result"} & first.keys()


async def test_a_batch_read_by_its_id_has_its_sequence_exactly_as_sent(world, api):
    sequence = SEQUENCE.replace(" ", "  ") + "\n"
    made = await a_batch(api, world, sequence_builder=sequence)

    read = await the_batch(api, made["id"])

    assert read["sequence_builder"] == sequence
    assert read["job_ids"] == made["job_ids"]
    assert read["child_ids"] == []
    assert "jobs" not in read


async def test_a_batch_is_closed_unless_it_says_otherwise(world, api):
    body = a_batch_body(world)
    del body["open"]

    made = data(await api.post(BATCHES, json=body))

    assert (made["open"], made["complete"]) == (False, True)


@pytest.mark.parametrize(
    ("said", "is_open"),
    [
        ({"open": True}, True),
        ({"open": False}, False),
        ({"complete": True}, False),
        ({"complete": False}, True),
        ({"open": True, "complete": False}, True),
        ({"open": None, "complete": None}, False),
    ],
)
async def test_open_and_complete_are_opposites(world, api, said, is_open):
    body = a_batch_body(world)
    del body["open"]

    made = data(await api.post(BATCHES, json=body | said))

    assert (made["open"], made["complete"]) == (is_open, not is_open)


@pytest.mark.parametrize("both", [True, False])
async def test_open_and_complete_may_not_agree(world, api, both):
    answer = await api.post(BATCHES, json=a_batch_body(world, open=both, complete=both))

    assert answer.status_code == 422
    assert places(answer) == [["body", "open"]]


async def test_an_open_batch_may_begin_without_jobs(world, api):
    made = await an_open_batch(api, world)

    assert made["jobs"] == made["job_ids"] == []
    assert (made["jobs_count"], made["jobs_count_per_status"]) == (0, NO_JOBS)


async def test_a_closed_batch_needs_a_job(world, api):
    answer = await api.post(BATCHES, json=a_batch_body(world, jobs=[]))

    assert answer.status_code == 422
    assert places(answer) == [["body", "jobs"]]


async def test_older_clients_say_emulator_for_the_device(world, api):
    body = a_batch_body(world, emulator="EMU_FREE")
    del body["device_type"]

    assert data(await api.post(BATCHES, json=body))["device_type"] == "EMU_FREE"


@pytest.mark.parametrize("device", ['{"name": "FRESNEL"}', '"FRESNEL"'])
async def test_without_a_device_type_the_sequence_says_where_it_runs(world, api, device):
    sequence = f'{{"device": {device}}}'

    made = await a_batch(api, world, device_type=None, sequence_builder=sequence)

    assert made["device_type"] == "FRESNEL"


async def test_without_a_device_type_and_a_sequence_a_job_says_where_it_runs(world, api):
    jobs = [{"runs": 1, "sequence": '{"device": {"name": "FRESNEL"}}'}]

    made = await a_batch(api, world, device_type=None, sequence_builder=None, jobs=jobs)

    assert made["device_type"] == "FRESNEL"


async def test_the_device_type_outweighs_the_sequence(world, api):
    made = await a_batch(api, world, sequence_builder='{"device": {"name": "FRESNEL"}}')

    assert made["device_type"] == "EMU_FREE"


@pytest.mark.parametrize("name", ["NOTHING", "EMU_TEST", "EMU-AER-16C-128M"])
async def test_an_unknown_device_is_refused_with_a_list_of_what_there_is(world, api, name):
    answer = await api.post(BATCHES, json=a_batch_body(world, device_type=name))

    assert answer.status_code == 422
    assert places(answer) == [["body", "device_type"]]
    assert why(answer) == f"'{name}' is not offered here; there is EMU_FREE, FRESNEL."


async def test_a_batch_that_names_no_device_at_all_is_refused(world, api):
    answer = await api.post(BATCHES, json=a_batch_body(world, device_type=None, sequence_builder="{}"))

    assert answer.status_code == 422
    assert places(answer) == [["body", "device_type"]]


@pytest.mark.parametrize("job", [{}, {"runs": None}])
async def test_a_job_need_not_say_its_runs(world, api, job):
    made = await a_batch(api, world, jobs=[job])

    assert made["jobs"][0]["runs"] is None


async def test_runs_that_nobody_gave_are_told_once_they_are_known(world, api):
    made = await a_batch(api, world, jobs=[{}])

    await world.run_all()

    assert [job["runs"] for job in await the_jobs(api, made["id"])] == [100]


@pytest.mark.parametrize("runs", [0, -1, 1.5, "10", True, []])
async def test_runs_are_a_whole_number_above_zero(world, api, runs):
    answer = await api.post(BATCHES, json=a_batch_body(world, jobs=[{"runs": runs}]))

    assert answer.status_code == 422
    assert places(answer)[0] == ["body", "jobs", 0, "runs"]


async def test_more_runs_than_the_device_makes_are_refused(world, api):
    answer = await api.post(BATCHES, json=a_batch_body(world, jobs=[{"runs": 1001}]))

    assert answer.status_code == 422
    assert "1000" in why(answer)


async def test_more_jobs_than_one_request_may_bring_are_refused(world, api):
    answer = await api.post(BATCHES, json=a_batch_body(world, jobs=[{}] * 5001))

    assert answer.status_code == 422
    assert places(answer) == [["body", "jobs"]]
    assert "5000" in why(answer)


async def test_a_job_with_its_own_sequence_takes_no_variables(world, api):
    jobs = [{"runs": 1}, {"runs": 1, "sequence": SEQUENCE, "variables": {"a": 1}}]

    answer = await api.post(BATCHES, json=a_batch_body(world, jobs=jobs))

    assert answer.status_code == 422
    assert places(answer) == [["body", "jobs", 1]]


async def test_empty_variables_beside_an_own_sequence_are_none(world, api):
    made = await a_batch(api, world, jobs=[{"runs": 1, "sequence": SEQUENCE, "variables": {}}])

    assert made["jobs"][0]["variables"] is None


async def test_a_batch_without_a_sequence_needs_one_on_every_job(world, api):
    jobs = [{"runs": 1, "sequence": SEQUENCE}, {"runs": 1, "sequence": None}]

    answer = await api.post(BATCHES, json=a_batch_body(world, sequence_builder=None, jobs=jobs))

    assert answer.status_code == 422
    assert places(answer) == [["body", "jobs", 1, "sequence"]]


async def test_a_batch_of_jobs_with_their_own_sequences_has_none(world, api):
    jobs = [{"runs": 1, "sequence": SEQUENCE}]

    made = await a_batch(api, world, sequence_builder=None, jobs=jobs)

    assert (await the_batch(api, made["id"]))["sequence_builder"] is None


async def test_a_tag_may_stand_only_once(world, api):
    answer = await api.post(BATCHES, json=a_batch_body(world, tags=["a", "b", "a"]))

    assert answer.status_code == 422
    assert places(answer) == [["body", "tags"]]


async def test_the_configuration_of_the_backend_is_kept_as_sent_even_where_it_is_not_json(world, api):
    text = '{"autosave_dt": Infinity,  "num_gpus_to_use": 1}'

    made = await a_batch(api, world, backend_configuration=text)

    assert made["backend_configuration"] == text
    assert (await the_batch(api, made["id"]))["backend_configuration"] == text
    (engine, (task,)) = world.checker.asked[-1]
    assert (engine, task.configuration) == ("noop", text)


async def test_what_only_older_clients_send_is_said_back(world, api):
    configuration = {"strict_validation": False, "result_types": None, "with_noise": True}

    made = await a_batch(api, world, configuration=configuration, webhook="https://lab.example/hook")

    assert made["configuration"] == configuration
    assert made["webhook"] == "https://lab.example/hook"


async def test_unknown_fields_are_ignored(world, api):
    made = await a_batch(api, world, priority=3, group_id=NOBODY, something={"new": [1]})

    assert made["priority"] == 0


def test_what_comes_back_in_every_list_is_bounded():
    large = "x" * (wire.MAX_SETTINGS + 1)
    for said in (
        {"backend_configuration": large},
        {"configuration": {"a": large}},
        {"jobs": [{"variables": {"a": large}}]},
    ):
        with pytest.raises(ValidationError, match="at most"):
            wire.CreateBatch.model_validate({"project_id": NOBODY} | said)


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"project_id": "mine"}, ["body", "project_id"]),
        ({"project_id": None}, ["body", "project_id"]),
        ({"sequence_builder": {"device": "EMU_FREE"}}, ["body", "sequence_builder"]),
        ({"jobs": {"runs": 1}}, ["body", "jobs"]),
        ({"jobs": [5]}, ["body", "jobs", 0]),
        ({"jobs": [{"runs": 1, "variables": [1]}]}, ["body", "jobs", 0, "variables"]),
        ({"open": "yes"}, ["body", "open"]),
        ({"device_type": 5}, ["body", "device_type"]),
        ({"tags": "a"}, ["body", "tags"]),
        ({"tags": [""]}, ["body", "tags", 0]),
        ({"backend_configuration": {}}, ["body", "backend_configuration"]),
    ],
)
async def test_a_field_of_the_wrong_kind_is_named(world, api, changes, place):
    answer = await api.post(BATCHES, json=a_batch_body(world, **changes))

    assert answer.status_code == 422
    assert places(answer) == [place]


async def test_every_field_that_is_wrong_is_named_at_once(world, api):
    answer = await api.post(BATCHES, json=a_batch_body(world, open=1, tags=5, jobs=[{"runs": 0}]))

    assert places(answer) == [["body", "jobs", 0, "runs"], ["body", "open"], ["body", "tags"]]


async def test_a_batch_for_a_project_that_is_not_there_is_not_found(world, stranger):
    for project in (NOBODY, str(world.project_id)):
        answer = await stranger.post(BATCHES, json=a_batch_body(world, project_id=project))

        assert answer.status_code == 404
        assert why(answer) == "Project not found."


@pytest.mark.parametrize(
    ("refusal", "place"),
    [
        (ProgramRefused("The pulse is too long."), ["body", "sequence_builder"]),
        (ProgramRefused("The sequence expects no variables.", "parameters"), ["body", "jobs"]),
        (ProgramRefused("Unknown key.", "configuration"), ["body", "backend_configuration"]),
    ],
)
async def test_what_the_engine_refuses_is_refused_with_its_sentence_and_nothing_is_kept(
    world, api, refusal, place
):
    world.checker.refusal = refusal

    answer = await api.post(BATCHES, json=a_batch_body(world))

    assert answer.status_code == 422
    assert places(answer) == [place]
    assert why(answer) == refusal.why
    assert data(await api.get(BATCHES)) == []


async def test_the_engine_is_asked_about_what_each_job_would_run(world, api):
    jobs = [{"runs": 5, "variables": {"a": 1}}, {"sequence": "own"}]

    await a_batch(api, world, jobs=jobs)

    ((engine, tasks),) = world.checker.asked
    assert engine == "noop"
    assert [(task.program, task.shots, dict(task.parameters)) for task in tasks] == [
        (SEQUENCE, 5, {"a": 1}),
        ("own", None, {}),
    ]


async def test_a_batch_whose_device_is_not_known_any_more_is_still_read_and_cancelled(world, api):
    made = await a_batch(api, world)
    # As after a start with another catalogue.
    object.__setattr__(world.core.platforms, "catalogue", [a_machine()])

    (listed,) = data(await api.get(BATCHES))
    cancelled = data(await api.patch(f"{CORE}/v2/batches/{made['id']}/cancel"))

    assert listed["device_type"] == cancelled["device_type"] == str(an_emulator().id)
    assert cancelled["status"] == "CANCELED"
    assert (await api.post(f"{BATCHES}/{made['id']}/rebatch")).status_code == 404


async def test_a_batch_of_a_thousand_jobs_is_answered_whole_and_in_order(world, api):
    made = await a_batch(api, world, jobs=[{"runs": n} for n in range(1, 1001)])

    assert [job["runs"] for job in made["jobs"]] == list(range(1, 1001))
    assert json.dumps(made["job_ids"]) == json.dumps([job["id"] for job in made["jobs"]])


@pytest.mark.parametrize("number", [2**70, -(2**70), 1e300, 0.1, -0.0])
async def test_a_variable_of_any_size_is_said_back_as_sent(world, api, number):
    made = await a_batch(api, world, jobs=[{"runs": 1, "variables": {"a": number}}])

    assert made["jobs"][0]["variables"] == {"a": number}
    assert (await the_jobs(api, made["id"]))[0]["variables"] == {"a": number}
