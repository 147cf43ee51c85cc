"""Every route of the dialect: who may call it, with what, what it answers, and when it refuses.

Numbers are those of the reference that this server follows. Data is described as JSON Schema, exactly:
a field that is not named here must not be answered.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from tests.api.pasqal.clients import SEQUENCE
from tests.api.pasqal.stage import KIND, OVH, Stage, Who
from tests.api.pasqal.worlds import ACCOUNT, CORE

Schema = dict[str, Any]
V1, V2 = f"{CORE}/v1", f"{CORE}/v2"

TEXT: Schema = {"type": "string"}
UUID: Schema = {"type": "string", "format": "uuid"}
MOMENT: Schema = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$",
}
URL: Schema = {"type": "string", "pattern": r"^https?://[^/]+/"}
WHOLE: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number", "minimum": 0}
BOOLEAN: Schema = {"type": "boolean"}
ANYTHING: Schema = {"type": "object"}
NOTHING: Schema = {"type": "object", "maxProperties": 0}


def maybe(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def one_of(*words: str) -> Schema:
    return {"enum": list(words)}


def many(schema: Schema, **bounds: int) -> Schema:
    return {"type": "array", "items": schema} | bounds


def by_key(value: Schema, key: Schema = UUID) -> Schema:
    return {"type": "object", "propertyNames": key, "additionalProperties": value}


def exactly(fields: Mapping[str, Schema], **more: Schema) -> Schema:
    """All of these fields and no other."""
    every = {**fields, **more}
    return {
        "type": "object",
        "properties": every,
        "required": list(every),
        "additionalProperties": False,
    }


def without(fields: Mapping[str, Schema], *names: str) -> dict[str, Schema]:
    return {name: schema for name, schema in fields.items() if name not in names}


# What is shown. Neither PAUSED nor CANCELING, which clients cannot read, except to operators.
BATCH_STATUSES = ("PENDING", "RUNNING", "DONE", "CANCELED", "TIMED_OUT", "ERROR")
JOB_STATUSES = ("PENDING", "RUNNING", "DONE", "ERROR", "CANCELED")
PRIORITIES = ("CRITICAL", "HIGH", "MEDIUM", "LOW", "FREE")
ORIGIN = one_of("CLIENT", "OVH")
COUNTS = exactly(dict.fromkeys(JOB_STATUSES, WHOLE))
COUNTER = by_key(WHOLE, {"pattern": "^[01]+$"})

#: As lists have it.
BATCH: dict[str, Schema] = {
    "id": UUID,
    "parent_id": maybe(UUID),
    "status": one_of(*BATCH_STATUSES),
    "open": BOOLEAN,
    "complete": BOOLEAN,
    "priority": WHOLE,
    "device_type": TEXT,
    "user_id": TEXT,
    "project_id": UUID,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "start_datetime": maybe(MOMENT),
    "end_datetime": maybe(MOMENT),
    "jobs_count": WHOLE,
    "jobs_count_per_status": COUNTS,
    "job_ids": many(UUID),
    "tags": many(TEXT),
    "configuration": maybe(ANYTHING),
    "backend_configuration": maybe(TEXT),
    "webhook": maybe(TEXT),
    "queue_priority": one_of(*PRIORITIES),
    "device_status": maybe(TEXT),
    "origin": ORIGIN,
}

_JOB: dict[str, Schema] = {
    "id": UUID,
    "batch_id": UUID,
    "project_id": UUID,
    "parent_id": maybe(UUID),
    "status": one_of(*JOB_STATUSES),
    "runs": maybe(WHOLE),
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "start_timestamp": maybe(MOMENT),
    "end_timestamp": maybe(MOMENT),
    "variables": maybe(ANYTHING),
    "errors": maybe(many(TEXT)),
    "progress": WHOLE | {"maximum": 100},
    "creation_order": WHOLE | {"minimum": 1},
    "origin": ORIGIN,
}
#: As version 1 has it where there are no results.
JOB = exactly(_JOB, sequence=maybe(TEXT))
#: As version 2 has it; a null `sequence` would keep clients from asking for it.
LISTED_JOB = exactly(_JOB, slurm_job_id=maybe(TEXT), slurm_cluster_name=maybe(TEXT))
_RESULT = {
    "sequence": maybe(TEXT),
    "result": maybe(COUNTER),
    "full_result": maybe(exactly({"counter": COUNTER, "raw": many(TEXT)})),
}
JOB_WITH_RESULT = exactly(_JOB, **_RESULT)
#: As each version reads one by its id.
JOB_V1 = exactly(_JOB, **_RESULT, logs_link=maybe(TEXT))
JOB_V2 = exactly(
    _JOB,
    sequence=maybe(TEXT),
    logs_link=maybe(TEXT),
    slurm_job_id=maybe(TEXT),
    slurm_cluster_name=maybe(TEXT),
)

LISTED_BATCH = exactly(BATCH)
#: With the sequence, which clients up to 0.9 need wherever a version 1 answer has one batch.
NEW_BATCH = exactly(BATCH, sequence_builder=maybe(TEXT), jobs=many(JOB))
BATCH_WITH_JOBS = exactly(BATCH, jobs=many(LISTED_JOB))
BATCH_V1 = exactly(BATCH, sequence_builder=maybe(TEXT), child_ids=many(UUID), jobs=many(JOB_WITH_RESULT))
BATCH_V2 = exactly(BATCH, sequence_builder=maybe(TEXT), child_ids=many(UUID))
TRUE_BATCH = exactly(BATCH | {"status": one_of(*BATCH_STATUSES, "PAUSED")})
QUEUED_BATCH = exactly(without(BATCH, "complete", "priority", "webhook"))
BATCH_STATUS = exactly(
    {key: BATCH[key] for key in ("id", "status", "open", "jobs_count", "jobs_count_per_status")}
)
JOB_STATUS = exactly({"id": UUID, "status": one_of(*JOB_STATUSES)})
REASONS = by_key(TEXT)

DEVICE = exactly(
    {
        "id": UUID,
        "name": TEXT,
        "device_type": TEXT,
        "status": one_of("UP", "DOWN"),
        "availability": one_of("ACTIVE", "INACTIVE", "RETIRED"),
        "active": BOOLEAN,
        "average_queue_time": NUMBER,
        "max_atom_num": WHOLE,
        "is_emulator": BOOLEAN,
        "channels": many(TEXT),
        "status_message": TEXT,
        "allowed_result_types": many(TEXT),
        "default_result_types": many(TEXT),
        "description": TEXT,
        "bill_usage": BOOLEAN,
        "has_execution_logs": BOOLEAN,
        "public": BOOLEAN,
    }
)
SPECS = exactly({"device_type": TEXT, "specs": TEXT})

_WORKLOAD: dict[str, Schema] = {
    "id": UUID,
    "project_id": UUID,
    "status": one_of(*JOB_STATUSES),
    "backend": TEXT,
    "workload_type": TEXT,
    "config": ANYTHING,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "user_id": TEXT,
    "start_timestamp": maybe(MOMENT),
    "end_timestamp": maybe(MOMENT),
    "errors": maybe(many(TEXT)),
    "queue_priority": one_of(*PRIORITIES),
}
WORKLOAD_V1 = exactly(_WORKLOAD, result=maybe(ANYTHING))
WORKLOAD_V2 = exactly(_WORKLOAD, result_link=maybe(URL))
LISTED_WORKLOAD = exactly(_WORKLOAD)

BANNER = exactly(
    {
        "id": UUID,
        "banner_message": TEXT,
        "level": one_of("INFO", "WARNING"),
        "start_datetime": MOMENT,
        "end_datetime": MOMENT,
        "created_at": MOMENT,
        "updated_at": MOMENT,
    }
)

_PERSON: dict[str, Schema] = {"id": TEXT, "email": TEXT, "given_name": TEXT, "family_name": TEXT}
PERSON = exactly(_PERSON)
PROJECT = exactly(
    {
        "id": UUID,
        "project_id": UUID,
        "name": TEXT,
        "description": TEXT,
        "company": maybe(TEXT),
        "email_domain": maybe(TEXT),
        "package": maybe(TEXT),
        "project_type": one_of("INTERNAL", "CLIENT", "ACADEMIC", "GCP", "AZURE", "STARTER"),
        "project_status": one_of("ACTIVE"),
        "queue_priority": one_of(*PRIORITIES),
        "allowed_device_types": maybe(many(TEXT)),
        "allowed_workload_types": maybe(many(TEXT)),
        "additional_access_grants": many(exactly({"grant": TEXT, "role": maybe(TEXT)})),
        "account_manager": maybe(exactly({key: maybe(schema) for key, schema in _PERSON.items()})),
        "main_admin": maybe(PERSON),
        "count": exactly({"ACTIVE_ADMIN": WHOLE, "ACTIVE_MEMBER": WHOLE, "PENDING": WHOLE}),
        "last_activity_date": maybe(MOMENT),
        "created_at": MOMENT,
    }
)
_MEMBERSHIP: dict[str, Schema] = {
    "id": UUID,
    "project_id": UUID,
    "user_id": TEXT,
    "role": one_of("ADMIN", "MEMBER"),
    "status": one_of("PENDING", "ACTIVE"),
    "project_allowed_device_types": maybe(many(TEXT)),
    "created_at": MOMENT,
    "updated_at": MOMENT,
}
MEMBER = exactly(_MEMBERSHIP, user=PERSON)
CALLER = exactly(
    _PERSON,
    email_verified=BOOLEAN,
    type=one_of("USER", "SERVICE_ACCOUNT"),
    superuser=BOOLEAN,
    acl=many(exactly(_MEMBERSHIP)),
    projects=many(UUID),
    allowed_device_types=maybe(many(TEXT)),
    created_at=MOMENT,
)


class May(Enum):
    """Who may call."""

    ANYBODY = "P"
    USER = "U"
    MEMBER = "M"
    OWNER = "O"
    MANAGER = "A"
    SUPERUSER = "S"


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    Args:
        ids: what stands in the path.
        body: of JSON; None for none.
        form: a body of the token endpoints instead.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None


Prepare = Callable[[Stage], Awaitable[Call]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """
    Args:
        call: brings about what a valid call needs, and gives that call.
        data: of the answer; of one item of it if it is paged.
        query: names of the parameters it reads.
        conflicts: calls that the state of things forbids.
        wrong_bodies: what it must not take for a body, beside what nothing takes.
        status: what a valid call is answered with.
    """

    number: str
    method: str
    path: str
    may: May
    call: Prepare
    data: Schema
    is_paged: bool = False
    query: Sequence[str] = ()
    conflicts: Sequence[Prepare] = ()
    wrong_bodies: Sequence[Any] = ()
    status: int = 200

    def __str__(self) -> str:
        return f"{self.number} {self.method} {self.path}"

    @property
    def is_ovh(self) -> bool:
        return self.path.startswith(OVH)

    @property
    def is_login(self) -> bool:
        return self.path.endswith("/token")

    @property
    def has_body(self) -> bool:
        return bool(self.wrong_bodies) and not self.is_login

    def answers(self, who: Who, call: Call) -> int:
        """The status of this caller's call."""
        if self.may is May.ANYBODY:
            return self.status
        if who is Who.NOBODY or (self.is_ovh and who not in (Who.BEARER, Who.PASSER)):
            return 401
        if self.may is May.USER or (who is Who.OPERATOR and not self.is_ovh):
            return self.status
        if who in (Who.STRANGER, Who.PASSER) and _is_in_a_project(call):
            return 404
        allowed = {
            May.MEMBER: set(Who),
            May.OWNER: {Who.CREATOR, Who.BEARER, Who.ADMIN},
            May.MANAGER: {Who.ADMIN},
            May.SUPERUSER: set(),
        }
        return self.status if who in allowed[self.may] else 403

    def also(self, method: str | None = None, path: str | None = None) -> list[Route]:
        """This one and its twin."""
        return [self, replace(self, method=method or self.method, path=path or self.path)]


def _is_in_a_project(call: Call) -> bool:
    named = {*call.ids, *call.query, *(call.body if isinstance(call.body, dict) else ())}
    return bool(named & {"project_id", "batch_id", "job_id", "workload_id"})


def plain(**call: Any) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        return Call(**call)

    return prepare


def on_batch(make: Callable[[Stage], Awaitable[dict[str, Any]]], **call: Any) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        return Call(ids={"batch_id": (await make(stage))["id"]}, **call)

    return prepare


def on_job(make: Callable[[Stage], Awaitable[dict[str, Any]]], **call: Any) -> Prepare:
    """Of the only job of a batch, or of a job."""

    async def prepare(stage: Stage) -> Call:
        made = await make(stage)
        return Call(ids={"job_id": made["jobs"][0]["id"] if "jobs" in made else made["id"]}, **call)

    return prepare


def on_workload(make: Callable[[Stage], Awaitable[dict[str, Any]]], **call: Any) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        return Call(ids={"workload_id": (await make(stage))["id"]}, **call)

    return prepare


def on_banner(**call: Any) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        return Call(ids={"banner_id": (await stage.banner())["id"]}, **call)

    return prepare


def on_emulator(key: str, **call: Any) -> Prepare:
    """Args: key: what the path calls its name."""
    return plain(ids={key: "EMU_FREE"}, **call)


def of_project(**body: Any) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        return Call(body={"project_id": stage.project_id} | body)

    return prepare


async def one_more_job(stage: Stage) -> Call:
    return Call(body={"runs": 5, "batch_id": (await stage.open_batch())["id"]})


async def one_job_too_many(stage: Stage) -> Call:
    return Call(body={"runs": 5, "batch_id": (await stage.batch())["id"]})


async def batches_to_cancel(stage: Stage) -> Call:
    return Call(body={"batch_ids": [(await stage.batch())["id"]]})


async def a_repeatable_batch(stage: Stage) -> dict[str, Any]:
    return await stage.batch(jobs=[{"runs": 10}, {"runs": 20}])


async def device_status(stage: Stage) -> Call:
    return Call(ids={"device_id": (await stage.device("EMU_FREE"))["id"]}, body={"status": "UP"})


async def new_device(stage: Stage) -> Call:
    listed = (await stage.creator.get(f"{V2}/devices")).json()["pagination"]["total"]
    return Call(body=A_DEVICE | {"device_type": f"FRESNEL{listed}"})


async def frequency(stage: Stage) -> Call:
    await stage.batch()
    return Call(query={"project_id": stage.project_id, "scope": "HOUR"})


async def activity(stage: Stage) -> Call:
    await stage.batch()
    return Call()


async def some_batches(stage: Stage) -> Call:
    await stage.done_batch()
    await stage.open_batch()
    return Call()


async def some_workloads(stage: Stage) -> Call:
    await stage.cancelled_workload()
    return Call()


async def some_banners(stage: Stage) -> Call:
    await stage.banner()
    return Call()


async def some_ovh_jobs(stage: Stage) -> Call:
    await stage.ovh_batch()
    return Call()


async def a_finished_workload(stage: Stage) -> dict[str, Any]:
    """Its result stored, and DONE."""
    made = await stage.running_workload()
    path = f"{V1}/workloads/{made['id']}"
    await stage.operator.post(f"{path}/result", json={"result": {"a": 1}})
    return (await stage.operator.put(f"{path}/status", json={"status": "DONE"})).json()["data"]


async def a_done_ovh_batch(stage: Stage) -> dict[str, Any]:
    made = await stage.ovh_batch()
    await stage.world.run_all()
    return made


async def new_project(stage: Stage) -> Call:
    account = await stage.world.core.accounts.account(stage.world.owner.account_id)
    return Call(body=A_PROJECT | {"admin_email": account.email})


async def members(stage: Stage) -> Call:
    return Call(ids={"project_id": stage.project_id})


async def new_role(stage: Stage) -> Call:
    body = {"user_ids": [stage.accounts[Who.COLLEAGUE]], "role": "MEMBER"}
    return Call(ids={"project_id": stage.project_id}, body=body)


async def last_admins_role(stage: Stage) -> Call:
    made = (await stage.operator.post(f"{ACCOUNT}/v1/projects", json=(await new_project(stage)).body)).json()
    body = {"user_ids": [made["data"]["main_admin"]["id"]], "role": "MEMBER"}
    return Call(ids={"project_id": made["data"]["id"]}, body=body)


def login(grant: str, **more: str) -> Prepare:
    async def prepare(stage: Stage) -> Call:
        kept = stage.world.credentials
        form = {"grant_type": grant, "username": kept.username, "password": kept.password}
        return Call(form=form, **more)  # type: ignore[arg-type]

    return prepare


async def keycloak_login(stage: Stage) -> Call:
    return replace(await login("password")(stage), ids={"realm": "pasqal-cloud"})


async def key_login(stage: Stage) -> Call:
    kept = stage.world.credentials
    form = {"grant_type": "client_credentials", "client_id": kept.access_key}
    return Call(form=form | {"client_secret": kept.secret_key})


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
A_PROJECT = {
    "account_manager_id": "somebody",
    "admin_email": "owner@ketway",
    "company": "Us",
    "name": "Lab",
    "package": "VQPU",
}
A_BANNER = {
    "banner_message": "Maintenance.",
    "start_datetime": "2026-01-15T12:00:00Z",
    "end_datetime": "2026-01-15T13:00:00",
}
A_RUN = {"status": "RUNNING", "start_timestamp": "2026-01-15T12:00:00Z"}
BAD_STATUSES: Sequence[Any] = (
    {},
    {"status": "NONSENSE"},
    {"status": 3},
    {"status": "RUNNING", "start_timestamp": "soon"},
)
BAD_ERRORS: Sequence[Any] = ({}, {"errors": "it broke"}, {"errors": []}, {"errors": [1]})
BAD_UPNESS: Sequence[Any] = ({}, {"status": "SIDEWAYS"}, {"status": True})
BAD_SPECS: Sequence[Any] = ({}, {"specs": 3}, {"specs": "{"}, {"specs": "{}"})
BAD_JOBS: Sequence[Any] = (
    {},
    [],
    [3],
    [{"runs": "10"}],
    [{"runs": 0}],
    [{"sequence": SEQUENCE, "variables": {"a": 1}}],
)

PAGE = ("limit", "offset")
PAGING = (*PAGE, "order_by", "order_by_direction")
BATCH_FILTERS = (
    *("id", "id__starts_with", "project_id", "user_id", "device_type", "status", "complete", "open"),
    *("min_jobs", "max_jobs", "start_date", "end_date", "queue_priority", "tag"),
)
JOB_FILTERS = (
    *("id", "id__starts_with", "batch_id", "project_id", "user_id", "status", "min_runs", "max_runs"),
    *("errors", "origin", "start_date", "end_date"),
)
WORKLOAD_FILTERS = ("id", "id__starts_with", "project_id", "status", "start_date", "end_date")
DEVICE_FILTERS = ("device_type", "availability", "public")

#: What each parameter must not be; those left out may be any text.
WRONG = {
    "limit": ("0", "101", "-1", "ten"),
    "offset": ("-1", "ten"),
    "order_by": ("nonsense",),
    "order_by_direction": ("UP",),
    "id": ("7",),
    "project_id": ("7",),
    "batch_id": ("7",),
    "status": ("NONSENSE",),
    "complete": ("perhaps",),
    "open": ("perhaps",),
    "errors": ("perhaps",),
    "public": ("perhaps",),
    "dry_run": ("perhaps",),
    "min_jobs": ("ten",),
    "max_jobs": ("1.5",),
    "min_runs": ("ten",),
    "max_runs": ("1.5",),
    "start_date": ("yesterday",),
    "end_date": ("2026-13-01",),
    "queue_priority": ("URGENT",),
    "origin": ("MARS",),
    "availability": ("PERHAPS",),
    "scope": ("YEAR",),
}

_BATCH_OF_ONE = {"sequence_builder": SEQUENCE, "jobs": [{"runs": 10}], "device_type": "EMU_FREE"}
_BAD_BATCHES: Sequence[Any] = (
    {},
    {"jobs": []},
    {"jobs": [{"runs": 1}], "device_type": "EMU_FREE"},
    {"sequence_builder": SEQUENCE, "device_type": "NOTHING", "jobs": [{"runs": 1}]},
    {"sequence_builder": SEQUENCE, "open": True, "complete": True},
    {"sequence_builder": 3, "open": True},
    {"sequence_builder": SEQUENCE, "jobs": [{"runs": "1"}]},
    {"sequence_builder": SEQUENCE, "open": True, "tags": ["a", "a"]},
)

TOKEN = {
    "type": "object",
    "properties": {"access_token": TEXT, "token_type": {"const": "Bearer"}, "expires_in": WHOLE},
    "required": ["access_token", "token_type", "expires_in"],
}


def _token(number: str, path: str, call: Prepare) -> Route:
    return Route(number=number, method="POST", path=path, may=May.ANYBODY, call=call, data=TOKEN)


ROUTES: list[Route] = [
    _token("T1", "/oauth/token", login("http://auth0.com/oauth/grant-type/password-realm")),
    _token("T2", "/oauth/token", key_login),
    _token("T3", "/realms/{realm}/protocol/openid-connect/token", keycloak_login),
    Route(
        number="A1",
        method="GET",
        path=f"{ACCOUNT}/v1/projects",
        may=May.USER,
        call=plain(query={"project_status": "ACTIVE"}),
        data=PROJECT,
        is_paged=True,
        query=("project_status",),
    ),
    Route(
        number="A2",
        method="POST",
        path=f"{ACCOUNT}/v1/projects",
        may=May.SUPERUSER,
        call=new_project,
        data=PROJECT,
        wrong_bodies=({}, A_PROJECT | {"package": "NONE"}, A_PROJECT | {"admin_email": "nobody@nowhere"}),
    ),
    Route(
        number="A3",
        method="GET",
        path=f"{ACCOUNT}/v1/projects/{{project_id}}/members",
        may=May.MEMBER,
        call=members,
        data=MEMBER,
        is_paged=True,
        query=PAGING,
    ),
    Route(
        number="A4",
        method="PUT",
        path=f"{ACCOUNT}/v1/projects/{{project_id}}/members",
        may=May.MANAGER,
        call=new_role,
        data=many(MEMBER, minItems=1),
        wrong_bodies=({}, {"user_ids": ["7"], "role": "ADMIN"}, {"user_ids": [], "role": "ADMIN"}),
        conflicts=(last_admins_role,),
    ),
    Route(
        number="A5",
        method="GET",
        path=f"{ACCOUNT}/v1/auth/info",
        may=May.USER,
        call=plain(),
        data=CALLER,
    ),
    Route(
        number="A6",
        method="GET",
        path=f"{ACCOUNT}/v1/ping",
        may=May.ANYBODY,
        call=plain(),
        data=NOTHING,
    ),
    Route(
        number="B1",
        method="GET",
        path=f"{V1}/batches/last_activity",
        may=May.SUPERUSER,
        call=activity,
        data=many(exactly({"project_id": UUID, "last_activity_date": MOMENT}), minItems=1),
        query=("project_id",),
    ),
    *Route(
        number="B2",
        method="GET",
        path=f"{V1}/batches",
        may=May.USER,
        call=some_batches,
        data=LISTED_BATCH,
        is_paged=True,
        query=(*PAGING, *BATCH_FILTERS),
    ).also(path=f"{V2}/batches"),
    Route(
        number="B3",
        method="POST",
        path=f"{V1}/batches",
        may=May.MEMBER,
        call=of_project(**_BATCH_OF_ONE),
        data=NEW_BATCH,
        query=("dry_run",),
        wrong_bodies=(*_BAD_BATCHES, _BATCH_OF_ONE | {"project_id": ""}),
    ),
    Route(
        number="B4",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data=BATCH_V1,
    ),
    Route(
        number="B5",
        method="GET",
        path=f"{V2}/batches/{{batch_id}}",
        may=May.MEMBER,
        call=on_batch(Stage.batch),
        data=BATCH_V2,
    ),
    Route(
        number="B6",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/status",
        may=May.MEMBER,
        call=on_batch(Stage.batch),
        data=BATCH_STATUS,
    ),
    *Route(
        number="B7",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/status",
        may=May.SUPERUSER,
        call=on_batch(Stage.batch, body={"status": "PAUSED", "start_datetime": "2026-01-15T12:00:00Z"}),
        data=TRUE_BATCH,
        wrong_bodies=({}, {"status": "NONSENSE"}, {"status": "RUNNING", "device_id": "7"}),
        conflicts=(
            on_batch(Stage.done_batch, body={"status": "RUNNING"}),
            on_batch(Stage.batch, body={"status": "DONE"}),
        ),
    ).also("PATCH"),
    Route(
        number="B8",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/complete",
        may=May.OWNER,
        call=on_batch(Stage.open_batch),
        data=BATCH_V1,
    ),
    Route(
        number="B9",
        method="PATCH",
        path=f"{V2}/batches/{{batch_id}}/complete",
        may=May.OWNER,
        call=on_batch(Stage.open_batch),
        data=BATCH_WITH_JOBS,
    ),
    Route(
        number="B10",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/cancel",
        may=May.OWNER,
        call=on_batch(Stage.batch),
        data=BATCH_V1,
        conflicts=(on_batch(Stage.done_batch), on_batch(Stage.cancelled_batch)),
    ),
    Route(
        number="B11",
        method="PATCH",
        path=f"{V2}/batches/{{batch_id}}/cancel",
        may=May.OWNER,
        call=on_batch(Stage.batch),
        data=BATCH_WITH_JOBS,
        conflicts=(on_batch(Stage.done_batch), on_batch(Stage.cancelled_batch)),
    ),
    Route(
        number="B12",
        method="PATCH",
        path=f"{V1}/batches/cancel",
        # Whoever may not is told so in `errors`, one batch at a time.
        may=May.USER,
        call=batches_to_cancel,
        data=exactly({"batches": many(LISTED_BATCH), "errors": REASONS}),
        wrong_bodies=(
            {},
            {"batch_ids": ["7"]},
            {"cancel_all": True, "open": True},
            {"status": ["DONE"]},
            {"queue_priority": ["URGENT"]},
        ),
    ),
    Route(
        number="B13",
        method="POST",
        path=f"{V1}/batches/{{batch_id}}/jobs",
        may=May.OWNER,
        call=on_batch(Stage.open_batch, body=[{"runs": 5}, {}]),
        data=BATCH_V1,
        wrong_bodies=BAD_JOBS,
        conflicts=(on_batch(Stage.batch, body=[{"runs": 5}]),),
    ),
    Route(
        number="B14",
        method="POST",
        path=f"{V2}/batches/{{batch_id}}/jobs",
        may=May.OWNER,
        call=on_batch(Stage.open_batch, body=[{"runs": 5, "variables": None, "sequence": None}]),
        data=BATCH_WITH_JOBS,
        wrong_bodies=BAD_JOBS,
        conflicts=(on_batch(Stage.batch, body=[{"runs": 5}]),),
    ),
    Route(
        number="B15",
        method="POST",
        path=f"{V1}/batches/{{batch_id}}/rebatch",
        may=May.MEMBER,
        call=on_batch(a_repeatable_batch, query={"min_runs": "15"}),
        data=NEW_BATCH,
        query=JOB_FILTERS,
        conflicts=(on_batch(Stage.open_batch),),
    ),
    Route(
        number="B16",
        method="PUT",
        path=f"{V1}/batches/{{batch_id}}/cancel/jobs",
        may=May.OWNER,
        call=on_batch(a_repeatable_batch, query={"min_runs": "15"}),
        data=exactly({"jobs": many(JOB_WITH_RESULT, minItems=1), "errors": REASONS}),
        query=JOB_FILTERS,
    ),
    Route(
        number="B17",
        method="PATCH",
        path=f"{V2}/batches/{{batch_id}}/cancel/jobs",
        may=May.OWNER,
        call=on_batch(a_repeatable_batch, query={"max_runs": "15"}),
        data=exactly({"jobs": many(LISTED_JOB, minItems=1), "errors": REASONS}),
        query=JOB_FILTERS,
    ),
    Route(
        number="B18",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/results_link",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data=exactly({"results_links": by_key(URL) | {"minProperties": 1}, "errors": REASONS}),
        query=("id", "start_date", "end_date"),
    ),
    Route(
        number="B19",
        method="PATCH",
        path=f"{V1}/batches/{{batch_id}}/tags",
        may=May.OWNER,
        call=on_batch(Stage.batch, body=["a", "b"]),
        data=NEW_BATCH,
        wrong_bodies=({}, "a", ["a", "a"], [3]),
    ),
    Route(
        number="B20",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/full_results",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data=by_key(exactly({"counter": COUNTER})) | {"minProperties": 1},
    ),
    Route(
        number="B21",
        method="GET",
        path=f"{V1}/batches/{{batch_id}}/results",
        may=May.MEMBER,
        call=on_batch(Stage.done_batch),
        data={
            "type": "object",
            "properties": {
                "status": one_of(*BATCH_STATUSES),
                "jobs": many(exactly({"full_result": exactly({"counter": COUNTER})})),
            },
            "required": ["status", "jobs"],
            "minProperties": 3,
            "additionalProperties": COUNTER,
        },
    ),
    Route(
        number="B22",
        method="POST",
        path=f"{V1}/cudaq/job",
        # That format runs nowhere here; whoever sends it is told so.
        may=May.USER,
        call=of_project(machine="FRESNEL", shots=10, sequence={"setup": {}, "hamiltonian": {}}),
        data={},
        status=422,
        wrong_bodies=({}, {"machine": "FRESNEL", "shots": "10"}),
    ),
    Route(
        number="B23",
        method="GET",
        path=f"{V1}/cudaq/job/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=exactly({"status": one_of(*JOB_STATUSES), "result": maybe(exactly({"counter": COUNTER}))}),
    ),
    Route(
        number="J1",
        method="GET",
        path=f"{V1}/jobs",
        may=May.USER,
        call=some_batches,
        data=JOB_WITH_RESULT,
        is_paged=True,
        query=(*PAGING, *JOB_FILTERS),
    ),
    Route(
        number="J2",
        method="GET",
        path=f"{V2}/jobs",
        may=May.USER,
        call=some_batches,
        data=LISTED_JOB,
        is_paged=True,
        query=(*PAGING, *JOB_FILTERS),
    ),
    Route(
        number="J3",
        method="GET",
        path=f"{V1}/jobs/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=JOB_V1,
    ),
    Route(
        number="J4",
        method="GET",
        path=f"{V2}/jobs/{{job_id}}",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=JOB_V2,
    ),
    Route(
        number="J5",
        method="GET",
        path=f"{V1}/jobs/{{job_id}}/status",
        may=May.MEMBER,
        call=on_job(Stage.batch),
        data=JOB_STATUS,
    ),
    *Route(
        number="J6",
        method="PUT",
        path=f"{V1}/jobs/{{job_id}}/status",
        may=May.SUPERUSER,
        call=on_job(Stage.batch, body=A_RUN),
        data=JOB,
        wrong_bodies=BAD_STATUSES,
        conflicts=(
            on_job(Stage.done_batch, body=A_RUN),
            on_job(Stage.running_job, body={"status": "DONE"}),
        ),
    ).also("PATCH"),
    Route(
        number="J7",
        method="PATCH",
        path=f"{V1}/jobs/{{job_id}}",
        may=May.SUPERUSER,
        call=on_job(Stage.running_job, body={"status": "RUNNING", "progress": 50}),
        data=JOB,
        wrong_bodies=(*BAD_STATUSES, {"status": "RUNNING", "progress": 101}),
        conflicts=(
            on_job(Stage.done_batch, body=A_RUN),
            on_job(Stage.running_job, body={"status": "DONE"}),
        ),
    ),
    Route(
        number="J8",
        method="POST",
        path=f"{V1}/jobs/{{job_id}}/errors",
        may=May.SUPERUSER,
        call=on_job(Stage.running_job, body={"errors": ["It broke."]}),
        data=JOB,
        wrong_bodies=BAD_ERRORS,
        conflicts=(on_job(Stage.done_batch, body={"errors": ["It broke."]}),),
    ),
    Route(
        number="J9",
        method="PUT",
        path=f"{V1}/jobs/{{job_id}}/cancel",
        may=May.OWNER,
        call=on_job(Stage.batch),
        data=JOB_WITH_RESULT,
        conflicts=(on_job(Stage.done_batch), on_job(Stage.cancelled_batch)),
    ),
    Route(
        number="J10",
        method="PATCH",
        path=f"{V2}/jobs/{{job_id}}/cancel",
        may=May.OWNER,
        call=on_job(Stage.batch),
        data=LISTED_JOB,
        conflicts=(on_job(Stage.done_batch), on_job(Stage.cancelled_batch)),
    ),
    Route(
        number="J11",
        method="GET",
        path=f"{V1}/jobs/{{job_id}}/results_link",
        may=May.MEMBER,
        call=on_job(Stage.done_batch),
        data=exactly({"results_link": URL}),
    ),
    Route(
        number="J12",
        method="POST",
        path=f"{V1}/jobs",
        may=May.OWNER,
        call=one_more_job,
        data=JOB,
        wrong_bodies=({}, {"runs": 5}, {"runs": 5, "batch_id": "7"}),
        conflicts=(one_job_too_many,),
    ),
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
    Route(
        number="S1",
        method="GET",
        path=f"{V1}/statistics/total-job-device-frequency",
        may=May.MEMBER,
        call=frequency,
        data=exactly(
            {
                "count": many(
                    exactly({"datetime": MOMENT, "devices": by_key(WHOLE, TEXT)}),
                    minItems=1,
                ),
                "job_date_scope": one_of("HOUR", "DAY", "MONTH"),
            }
        ),
        query=("project_id", "scope"),
    ),
    Route(
        number="W1",
        method="POST",
        path=f"{V1}/workloads",
        may=May.MEMBER,
        call=of_project(workload_type=KIND, backend="pyq", config={"a": 1}),
        data=WORKLOAD_V1,
        wrong_bodies=({}, {"workload_type": KIND, "backend": "pyq", "config": []}),
    ),
    Route(
        number="W2",
        method="GET",
        path=f"{V1}/workloads/{{workload_id}}",
        may=May.MEMBER,
        call=on_workload(a_finished_workload),
        data=WORKLOAD_V1,
    ),
    Route(
        number="W3",
        method="GET",
        path=f"{V2}/workloads/{{workload_id}}",
        may=May.MEMBER,
        call=on_workload(a_finished_workload),
        data=WORKLOAD_V2,
    ),
    Route(
        number="W4",
        method="GET",
        path=f"{V2}/workloads",
        may=May.USER,
        call=some_workloads,
        data=LISTED_WORKLOAD,
        is_paged=True,
        query=(*PAGING, *WORKLOAD_FILTERS),
    ),
    Route(
        number="W5",
        method="PUT",
        path=f"{V1}/workloads/{{workload_id}}/cancel",
        may=May.OWNER,
        call=on_workload(Stage.workload),
        data=WORKLOAD_V1,
        conflicts=(on_workload(Stage.cancelled_workload),),
    ),
    *Route(
        number="W6",
        method="POST",
        path=f"{V1}/workloads/{{workload_id}}/result",
        may=May.SUPERUSER,
        call=on_workload(Stage.running_workload, body={"result": {"a": [1, 2]}}),
        data=WORKLOAD_V1,
        wrong_bodies=({}, {"result": []}),
        conflicts=(on_workload(Stage.cancelled_workload, body={"result": {}}),),
    ).also(path=f"{V1}/workloads/{{workload_id}}/results"),
    Route(
        number="W7",
        method="POST",
        path=f"{V1}/workloads/{{workload_id}}/errors",
        may=May.SUPERUSER,
        call=on_workload(Stage.running_workload, body={"errors": ["It broke."]}),
        data=WORKLOAD_V1,
        wrong_bodies=BAD_ERRORS,
        conflicts=(on_workload(Stage.cancelled_workload, body={"errors": ["It broke."]}),),
    ),
    *Route(
        number="W8",
        method="PUT",
        path=f"{V1}/workloads/{{workload_id}}/status",
        may=May.SUPERUSER,
        call=on_workload(Stage.workload, body=A_RUN),
        data=WORKLOAD_V2,
        wrong_bodies=BAD_STATUSES,
        conflicts=(
            on_workload(Stage.cancelled_workload, body=A_RUN),
            on_workload(Stage.running_workload, body={"status": "DONE"}),
        ),
    ).also("PATCH"),
    Route(
        number="H1",
        method="GET",
        path=f"{V1}/health",
        may=May.ANYBODY,
        call=plain(),
        data=NOTHING,
    ),
    Route(
        number="N1",
        method="GET",
        path=f"{V1}/banners",
        may=May.ANYBODY,
        call=some_banners,
        data=BANNER,
        is_paged=True,
        query=PAGE,
    ),
    Route(
        number="N2",
        method="POST",
        path=f"{V1}/banners",
        may=May.SUPERUSER,
        call=plain(body=A_BANNER),
        data=BANNER,
        wrong_bodies=({}, A_BANNER | {"level": "LOUD"}, A_BANNER | {"end_datetime": "later"}),
    ),
    Route(
        number="N3",
        method="PATCH",
        path=f"{V1}/banners/{{banner_id}}",
        may=May.SUPERUSER,
        call=on_banner(body={"level": "WARNING"}),
        data=BANNER,
        wrong_bodies=({"level": "LOUD"}, {"banner_message": 3}),
    ),
    Route(
        number="N4",
        method="DELETE",
        path=f"{V1}/banners/{{banner_id}}",
        may=May.SUPERUSER,
        call=on_banner(),
        data=NOTHING,
    ),
    Route(
        number="O1",
        method="POST",
        path=f"{OVH}/batches",
        may=May.MEMBER,
        call=plain(body=_BATCH_OF_ONE | {"device_type": None}),
        data=NEW_BATCH,
        wrong_bodies=_BAD_BATCHES,
    ),
    Route(
        number="O2",
        method="GET",
        path=f"{OVH}/batches/{{batch_id}}",
        may=May.MEMBER,
        call=on_batch(Stage.ovh_batch),
        data=BATCH_V2,
    ),
    Route(
        number="O3",
        method="GET",
        path=f"{OVH}/batches/{{batch_id}}/status",
        may=May.MEMBER,
        call=on_batch(Stage.ovh_batch),
        data=BATCH_STATUS,
    ),
    Route(
        number="O4",
        method="GET",
        path=f"{OVH}/jobs",
        may=May.MEMBER,
        call=some_ovh_jobs,
        data=LISTED_JOB,
        is_paged=True,
        query=(*PAGING, *JOB_FILTERS),
    ),
    Route(
        number="O5",
        method="GET",
        path=f"{OVH}/jobs/{{job_id}}/status",
        may=May.MEMBER,
        call=on_job(Stage.ovh_batch),
        data=JOB_STATUS,
    ),
    Route(
        number="O6",
        method="GET",
        path=f"{OVH}/jobs/{{job_id}}/results_link",
        may=May.MEMBER,
        call=on_job(a_done_ovh_batch),
        data=exactly({"results_link": URL}),
    ),
]
