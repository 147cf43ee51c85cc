"""Routes of learners, use cases and quizzes, which only a web portal calls."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from ketway.api.openapi import told
from ketway.api.pasqal import answers, records, shapes, wire
from ketway.api.pasqal.answers import success
from ketway.api.pasqal.auth import ActorDep, CoreDep
from ketway.api.pasqal.queries import PAGE, PAGING, SEARCH, STANDING, STANDINGS, Query
from ketway.api.pasqal.shapes import Answer
from ketway.api.pasqal.translate import moment
from ketway.domain.accounts import ProjectId
from ketway.domain.errors import Unknown
from ketway.domain.learning import Learner, Quiz, QuizId, Standing, UseCaseId
from ketway.services.learning import Named, Told
from ketway.services.listing import UseCaseFilter

router = APIRouter(tags=["Learning"])


@router.get("/api/v1/learners/{package}", **told(Answer[list[records.Learner]]))
async def get_learner(package: wire.ProjectPackage, actor: ActorDep, core: CoreDep) -> Response:
    """Of the caller; begun now if it was not."""
    return success([_learner(await core.learning.learner(actor, package))])


@router.patch("/api/v1/learners/{package}", **told(Answer[list[records.Learner]], body=wire.Progress))
@router.put("/api/v1/learners/{package}", **told(Answer[list[records.Learner]], body=wire.Progress))
async def update_progress(
    package: wire.ProjectPackage, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """How far the caller has come in some chapters; the others stay as they are."""
    said = await answers.read(request, wire.Progress)
    chapters = {name: chapter.model_dump() for name, chapter in said.progress.items()}
    return success([_learner(await core.learning.advance(actor, package, chapters))])


@router.get("/api/v1/learners/{package}/notebooks/{notebook}", **told(Answer[shapes.Nothing]))
async def get_notebook(
    package: wire.ProjectPackage, notebook: str, actor: ActorDep, core: CoreDep
) -> Response:
    """There is no notebook server behind this one."""
    raise Unknown("notebook", notebook)


@router.get("/api/v1/learners/projects/{project_id}", **told(shapes.Page[records.Learner], query=PAGING))
async def get_learners_of_project(
    project_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """Of the members of a project."""
    page = Query(request.query_params).page()
    listed = await core.learning.learners_of(actor, ProjectId(project_id), page)
    return answers.page([_learner(learner) for learner in listed.items], listed, page)


@router.post(
    "/api/v1/use-cases", **told(Answer[list[records.UseCase]], body=wire.CreateUseCase, refuses=(404,))
)
async def create_use_case(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """A draft, or one to be reviewed at once."""
    said = await answers.read(request, wire.CreateUseCase)
    project = None if said.project_id is None else ProjectId(said.project_id)
    return success([_use_case(await core.learning.create_use_case(actor, project, _told(said)))])


@router.get("/api/v1/use-cases/examples", **told(shapes.Page[records.UseCase], query=PAGE))
async def get_example_use_cases(request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Approved ones of every project."""
    page = Query(request.query_params).page()
    listed = await core.learning.examples(page)
    return answers.page([_use_case(named) for named in listed.items], listed, page)


@router.get("/api/v1/use-cases/{use_case_id}", **told(Answer[records.WholeUseCase]))
async def get_use_case_by_id(use_case_id: UUID, actor: ActorDep, core: CoreDep) -> Response:
    """With its answers."""
    named = await core.learning.use_case(actor, UseCaseId(use_case_id))
    return success(_use_case(named) | {"answers": dict(named.use_case.answers)})


@router.patch(
    "/api/v1/use-cases/{use_case_id}",
    **told(Answer[list[records.UseCase]], body=wire.PatchUseCase, refuses=(403, 409)),
)
async def partial_use_case_update(
    use_case_id: UUID, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """Change what is given."""
    said = await answers.read(request, wire.PatchUseCase)
    return success(
        [_use_case(await core.learning.change_use_case(actor, UseCaseId(use_case_id), _told(said)))]
    )


@router.post(
    "/api/v1/use-cases/{use_case_id}/review",
    **told(Answer[list[records.UseCase]], body=wire.Review, refuses=(403, 409)),
)
async def review_use_case(use_case_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """What the reviewer says of each answer."""
    await core.learning.use_case(actor, UseCaseId(use_case_id))
    actor.must_operate()
    said = await answers.read(request, wire.Review)
    reviewed = await core.learning.review_use_case(actor, UseCaseId(use_case_id), said.model_dump())
    return success([_use_case(reviewed)])


@router.get(
    "/api/v1/use-cases/projects/{project_id}/mine",
    **told(shapes.Page[records.UseCase], query=(*PAGE, STANDING, SEARCH)),
)
async def get_my_use_cases(project_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """The caller's own in a project."""
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


@router.get(
    "/api/v1/use-cases/projects/{project_id}/team",
    **told(shapes.Page[records.UseCase], query=(*PAGE, STANDINGS, SEARCH)),
)
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


@router.post("/api/v1/quizzes/{strapi_quiz_id}", **told(Answer[list[records.Quiz]], body=wire.QuizData))
async def create_quiz(
    strapi_quiz_id: wire.QuizName, request: Request, actor: ActorDep, core: CoreDep
) -> Response:
    """What the caller answered; once for each quiz."""
    said = await answers.read(request, wire.QuizData)
    return success([_quiz(await core.learning.create_quiz(actor, strapi_quiz_id, said.data))])


@router.patch(
    "/api/v1/quizzes/{quiz_id}",
    **told(Answer[list[records.Quiz]], body=wire.QuizData, refuses=(403, 409)),
)
async def update_quiz(quiz_id: UUID, request: Request, actor: ActorDep, core: CoreDep) -> Response:
    """Other data instead of what it had."""
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
