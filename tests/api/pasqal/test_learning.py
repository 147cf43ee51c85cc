"""Learners, use cases and quizzes: who may do what, and what is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.api.pasqal.clients import NOBODY, data, why
from tests.api.pasqal.contract.shapes import MOMENT
from tests.api.pasqal.stage import Stage, Who, a_stage
from tests.api.pasqal.worlds import CORE
from tests.api.surface.documents import must_fit
from tests.api.surface.schemas import TEXT, UUID, WHOLE, by_key, exactly, maybe

V1 = f"{CORE}/v1"
CASES = f"{V1}/use-cases"
CHAPTERS = {"one": {"stage": "DONE", "timecode": 3}}
LEARNER = exactly(
    {
        "id": UUID,
        "user_id": TEXT,
        "package": TEXT,
        "progress": by_key(exactly({"stage": TEXT, "timecode": WHOLE}), TEXT),
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
_USE_CASE = {
    "id": UUID,
    "user_id": TEXT,
    "user_name": TEXT,
    "project_id": UUID,
    "project_name": TEXT,
    "title": TEXT,
    "summary": TEXT,
    "validation_status": TEXT,
    "questionnaire_id": maybe(WHOLE),
    "last_reviewed_at": maybe(MOMENT),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
USE_CASE = exactly(_USE_CASE)
QUIZ = exactly(
    {
        "id": UUID,
        "strapi_quiz_id": TEXT,
        "user_id": TEXT,
        "data": {},
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)
MEMBERS = (Who.CREATOR, Who.COLLEAGUE, Who.ADMIN, Who.BEARER, Who.OPERATOR)


@pytest.fixture
async def stage(tmp_path) -> AsyncIterator[Stage]:
    async with a_stage(tmp_path) as stage:
        yield stage


async def statuses(stage: Stage, method: str, path: str, **more) -> dict[Who, int]:
    return {
        who: (await client.request(method, path, **more)).status_code for who, client in stage.clients.items()
    }


def allowed(*who: Who, others: int = 404) -> dict[Who, int]:
    """Of things in a project: those may, strangers find nothing, nobody is let in."""
    found = {each: 200 if each in who else others for each in Who}
    return found | {Who.STRANGER: 404, Who.PASSER: 404, Who.NOBODY: 401}


async def a_use_case(stage: Stage, **changes):
    body = {"title": "Find a flaw", "validation_status": "DRAFT", "project_id": stage.project_id}
    return data(await stage.creator.post(CASES, json=body | changes))[0]


async def test_a_learner_is_begun_advanced_and_listed(stage):
    begun = data(await stage.creator.get(f"{V1}/learners/VQPU"))
    patched = data(await stage.creator.patch(f"{V1}/learners/VQPU", json={"progress": CHAPTERS}))
    put = data(await stage.creator.put(f"{V1}/learners/VQPU", json={"progress": {}}))
    path = f"{V1}/learners/projects/{stage.project_id}"
    listed = await stage.creator.get(path)

    for (learner,) in (begun, patched, put, data(listed)):
        must_fit(learner, LEARNER)
    assert (begun[0]["progress"], put[0]["progress"]) == ({}, CHAPTERS)
    assert listed.headers["content-range"] == "1-1/1"
    assert await statuses(stage, "GET", path) == allowed(*MEMBERS)
    assert (await stage.creator.get(f"{V1}/learners/KNITTING")).status_code == 422
    wrong = {"progress": {"one": {"stage": "LOST", "timecode": 3}}}
    assert (await stage.creator.patch(f"{V1}/learners/VQPU", json=wrong)).status_code == 422


async def test_there_is_no_notebook_server(stage):
    answer = await stage.creator.get(f"{V1}/learners/VQPU/notebooks/one")

    assert answer.status_code == 404
    assert why(answer) == "Notebook not found."


async def test_a_use_case_is_made_read_changed_and_reviewed(stage):
    made = await a_use_case(stage, answers={"1": "yes"}, summary="in graphs", questionnaire_id=4)
    path = f"{CASES}/{made['id']}"

    read = data(await stage.creator.get(path))
    (changed,) = data(await stage.creator.patch(path, json={"validation_status": "UNDER_REVIEW"}))
    (reviewed,) = data(await stage.operator.post(f"{path}/review", json={"1": "why?", "2": {"ok": True}}))

    for shown in (made, changed, reviewed):
        must_fit(shown, USE_CASE)
    must_fit(read, exactly(_USE_CASE, answers={"const": {"1": "yes"}}))
    assert (changed["validation_status"], changed["summary"]) == ("UNDER_REVIEW", "in graphs")
    assert reviewed["last_reviewed_at"] is not None
    assert (await stage.operator.get(f"{CASES}/{NOBODY}")).status_code == 404
    assert (await stage.operator.post(f"{path}/review", json=["no"])).status_code in (400, 422)
    assert (await stage.creator.patch(path, json={"validation_status": "FINE"})).status_code == 422


async def test_who_may_do_what_with_a_use_case(stage):
    path = f"{CASES}/{(await a_use_case(stage))['id']}"
    body = {"title": "Mine", "validation_status": "DRAFT", "project_id": stage.project_id}

    assert await statuses(stage, "GET", path) == allowed(*MEMBERS)
    assert await statuses(stage, "POST", CASES, json=body) == allowed(*MEMBERS)
    owners = (Who.CREATOR, Who.BEARER, Who.ADMIN, Who.OPERATOR)
    assert await statuses(stage, "PATCH", path, json={"title": "x"}) == allowed(*owners, others=403)
    assert await statuses(stage, "POST", f"{path}/review", json={}) == allowed(Who.OPERATOR, others=403)
    for shelf in ("mine", "team"):
        shelf_path = f"{CASES}/projects/{stage.project_id}/{shelf}"
        assert await statuses(stage, "GET", shelf_path) == allowed(*MEMBERS)


async def test_shelves_hold_what_they_should(stage):
    await a_use_case(stage, title="Draft")
    await a_use_case(stage, title="Good", validation_status="APPROVED")
    example = {"title": "Shown", "validation_status": "APPROVED", "project_id": stage.project_id}
    data(await stage.operator.post(CASES, json=example))
    shelf = f"{CASES}/projects/{stage.project_id}"

    async def titles(client, path, **query) -> set[str]:
        answer = await client.get(path, params=query)
        rows = data(answer)
        for row in rows:
            must_fit(row, USE_CASE)
        assert answer.json()["pagination"]["total"] == len(rows)
        return {row["title"] for row in rows}

    assert await titles(stage.creator, f"{shelf}/mine") == {"Draft", "Good"}
    assert await titles(stage.creator, f"{shelf}/mine", status="DRAFT") == {"Draft"}
    assert await titles(stage.creator, f"{shelf}/mine", search="oo") == {"Good"}
    assert await titles(stage.creator, f"{shelf}/team", status="DRAFT") == {"Good", "Shown"}
    assert await titles(stage.operator, f"{shelf}/team", status="DRAFT") == {"Draft"}
    assert await titles(stage.clients[Who.STRANGER], f"{CASES}/examples") == {"Shown"}
    assert (await stage.creator.get(f"{shelf}/mine", params={"status": "FINE"})).status_code == 422


async def test_a_quiz_is_answered_once_by_each_and_changed_by_its_author(stage):
    path = f"{V1}/quizzes/seven"

    (quiz,) = data(await stage.creator.post(path, json={"data": {"a": 1}}))
    again = await stage.creator.post(path, json={"data": {"a": 2}})
    (changed,) = data(await stage.creator.patch(f"{V1}/quizzes/{quiz['id']}", json={"data": [{"a": 3}]}))

    must_fit(quiz, QUIZ)
    must_fit(changed, QUIZ)
    assert changed["data"] == [{"a": 3}]
    assert again.status_code == 400
    assert "answered the quiz" in why(again)
    for who in (Who.COLLEAGUE, Who.STRANGER):
        answer = await stage.clients[who].patch(f"{V1}/quizzes/{quiz['id']}", json={"data": {}})
        assert answer.status_code == 404
    assert (await stage.creator.post(f"{V1}/quizzes/8", json={"data": "text"})).status_code == 422
    assert (await stage.creator.post(f"{V1}/quizzes/%00", json={"data": {}})).status_code == 422
    assert (await stage.clients[Who.NOBODY].post(path, json={"data": {}})).status_code == 401
