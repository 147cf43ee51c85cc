"""Routes of learners, use cases and quizzes, which only a web portal calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.pasqal import answers, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import Query
from ketway.api.pasqal.translate import moment
from ketway.domain.accounts import ProjectId
from ketway.domain.errors import Unknown
from ketway.domain.learning import Learner, Quiz, QuizId, Standing, UseCaseId
from ketway.services.learning import Named, Told
from ketway.services.listing import UseCaseFilter

router = APIRouter()


@router.get("/api/v1/learners/{package}")
async def get_learner(package: wire.ProjectPackage, actor: ActorDep, core: CoreDep) -> Response:
    """Of the caller; begun now if it was not."""
    return success([_learner(await core.learning.learner(actor, package))])


@router.patch("/api/v1/learners/{package}")
@router.put("/api/v1/learners/{package}")
async def update_progress(
    package: wire.ProjectPackage, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    said = await answers.read(request, wire.Progress)
    chapters = {name: chapter.model_dump() for name, chapter in said.progress.items()}
    return success([_learner(await core.learning.advance(actor, package, chapters))])


@router.get("/api/v1/learners/{package}/notebooks/{notebook}")
async def get_notebook(
    package: wire.ProjectPackage, notebook: str, actor: ActorDep, core: CoreDep
) -> Response:
    """There is no notebook server behind this one."""
    raise Unknown("notebook", notebook)


@router.get("/api/v1/learners/projects/{project_id}")
async def get_learners_of_project(
    project_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    page = Query(request.query_params).page()
    listed = await core.learning.learners_of(actor, ProjectId(project_id), page)
    return answers.page([_learner(learner) for learner in listed.items], listed, page)


@router.post("/api/v1/use-cases")
async def create_use_case(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.CreateUseCase)
    project = None if said.project_id is None else ProjectId(said.project_id)
    return success([_use_case(await core.learning.create_use_case(actor, project, _told(said)))])


@router.get("/api/v1/use-cases/examples")
async def get_example_use_cases(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    page = Query(request.query_params).page()
    listed = await core.learning.examples(page)
    return answers.page([_use_case(named) for named in listed.items], listed, page)


@router.get("/api/v1/use-cases/{use_case_id}")
async def get_use_case_by_id(use_case_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    named = await core.learning.use_case(actor, UseCaseId(use_case_id))
    return success(_use_case(named) | {"answers": dict(named.use_case.answers)})


@router.patch("/api/v1/use-cases/{use_case_id}")
async def partial_use_case_update(
    use_case_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    said = await answers.read(request, wire.PatchUseCase)
    return success(
        [_use_case(await core.learning.change_use_case(actor, UseCaseId(use_case_id), _told(said)))]
    )


@router.post("/api/v1/use-cases/{use_case_id}/review")
async def review_use_case(use_case_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    await core.learning.use_case(actor, UseCaseId(use_case_id))
    actor.must_operate()
    said = await answers.read(request, wire.Review)
    reviewed = await core.learning.review_use_case(actor, UseCaseId(use_case_id), said.model_dump())
    return success([_use_case(reviewed)])


@router.get("/api/v1/use-cases/projects/{project_id}/mine")
async def get_my_use_cases(project_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    query = Query(request.query_params)
    page = query.page()
    standing = query.one("status", lambda word: Standing[word], "a validation status")
    asked = UseCaseFilter(
        project_id=ProjectId(project_id),
        creator_id=actor.account_id,
        standings=() if standing is None else (standing,),
        search=query.one("search", str, "a text"),
    )
    listed = await core.learning.use_cases_of(actor, asked, page)
    return answers.page([_use_case(named) for named in listed.items], listed, page)


@router.get("/api/v1/use-cases/projects/{project_id}/team")
async def get_team_use_cases(project_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Approved ones; operators may ask for others."""
    query = Query(request.query_params)
    page = query.page()
    wanted = query.all("status", lambda word: Standing[word], "a validation status")
    asked = UseCaseFilter(
        project_id=ProjectId(project_id),
        standings=wanted if actor.superuser else (Standing.APPROVED,),
        search=query.one("search", str, "a text"),
    )
    listed = await core.learning.use_cases_of(actor, asked, page)
    return answers.page([_use_case(named) for named in listed.items], listed, page)


@router.post("/api/v1/quizzes/{strapi_quiz_id}")
async def create_quiz(strapi_quiz_id: str, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.QuizData)
    return success([_quiz(await core.learning.create_quiz(actor, strapi_quiz_id[:255], said.data))])


@router.patch("/api/v1/quizzes/{quiz_id}")
async def update_quiz(quiz_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    said = await answers.read(request, wire.QuizData)
    return success([_quiz(await core.learning.change_quiz(actor, QuizId(quiz_id), said.data))])


def _told(said: wire.PatchUseCase) -> Told:
    return Told(
        title=said.title,
        standing=None if said.validation_status is None else Standing[said.validation_status],
        summary=said.summary,
        questionnaire_id=said.questionnaire_id,
        answers=said.answers,
    )


def _learner(kept: Learner) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "user_id": str(kept.account_id),
        "package": kept.package,
        "progress": dict(kept.progress),
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
    }


def _use_case(named: Named) -> dict[str, Any]:
    """Without the answers, which only a use case read by its id shows."""
    kept = named.use_case
    return {
        "id": str(kept.id),
        "user_id": str(kept.creator_id),
        "user_name": named.creator_name,
        "project_id": str(kept.project_id),
        "project_name": named.project_name,
        "title": kept.title,
        "summary": kept.summary,
        "validation_status": kept.standing.name,
        "questionnaire_id": kept.questionnaire_id,
        "last_reviewed_at": moment(kept.last_reviewed_at),
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
    }


def _quiz(kept: Quiz) -> dict[str, Any]:
    return {
        "id": str(kept.id),
        "strapi_quiz_id": kept.subject,
        "user_id": str(kept.account_id),
        "data": kept.data,
        "created_at": moment(kept.created_at),
        "updated_at": moment(kept.updated_at),
    }
