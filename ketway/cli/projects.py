"""`ketway project`: what belongs together, and who works in it."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ketway.cli.accounts import account_id, operator
from ketway.cli.telling import Data, explained

if TYPE_CHECKING:
    from ketway.cli.own import OwnClient

app = typer.Typer(help="What belongs together, and who works in it.", no_args_is_help=True)


class Role(StrEnum):
    ADMIN = "admin"
    MEMBER = "member"


class Priority(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    FREE = "free"


class Period(StrEnum):
    DAY = "day"
    MONTH = "month"


Project = Annotated[str, typer.Argument(help="Its name or id.")]
Email = Annotated[str, typer.Argument(help="Of the account.")]
Platforms = Annotated[
    list[str] | None, typer.Option("--platform", help="It may use only these; may be repeated.")
]
Quota = Annotated[str | None, typer.Option(help="At the same time.")]
#: Said of a quota that is to be the server's.
_DEFAULT = "default"
Weight = Annotated[float | None, typer.Option(help="Its fair share, against others' of 1.")]
_COLUMNS = ("id", "name", "priority", "weight", "platforms", "main admin", "members", "since")


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="What people call it.")],
    data: Data = None,
    admin: Annotated[str | None, typer.Option(help="Email of its first admin; default: yours.")] = None,
    description: str = "",
    priority: Annotated[Priority, typer.Option(help="Of its batches.")] = Priority.MEDIUM,
    platform: Platforms = None,
    weight: Weight = None,
) -> None:
    """Make a project."""
    from ketway.cli.pointing import credentials

    with explained():
        said = {
            "name": name,
            "admin_email": admin or credentials(data).username,
            "description": description,
            "priority": priority.value,
            "allowed_platforms": platform or None,
            "weight": 1.0 if weight is None else weight,
        }
        made = operator(data).told("POST", "/projects", json=said)
    print(f"There is now a project {made['name']}; its id is {made['id']}, its admin {made['main_admin']}.")


@app.command(name="list")
def list_all(data: Data = None) -> None:
    """Show every project."""
    from ketway.cli.tables import minute, show

    with explained():
        projects = list(operator(data).all("/projects", "projects"))
    rows = (
        (
            project["id"],
            project["name"],
            project["priority"],
            f"{project['weight']:g}",
            _platforms(project),
            project["main_admin"] or "",
            str(sum(project["members"].values())),
            minute(project["created_at"]),
        )
        for project in projects
    )
    show(_COLUMNS, rows)


@app.command()
def change(
    project: Project,
    data: Data = None,
    name: Annotated[str | None, typer.Option(help="A new name.")] = None,
    description: Annotated[str | None, typer.Option(help="A new description.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="Of its batches from now on.")] = None,
    platform: Platforms = None,
    weight: Weight = None,
    all_platforms: Annotated[bool, typer.Option("--all-platforms", help="It may use all.")] = False,
) -> None:
    """Change what is named, and leave the rest."""
    said: dict[str, Any] = {
        "name": name,
        "description": description,
        "priority": priority and priority.value,
        "allowed_platforms": platform or None,
        "weight": weight,
    }
    said = {name: value for name, value in said.items() if value is not None}
    if all_platforms:
        said["allowed_platforms"] = None
    with explained():
        own = operator(data)
        changed = own.told("PATCH", f"/projects/{project_id(own, project)}", json=said)
    print(
        f"{changed['name']}: priority {changed['priority']}, weight {changed['weight']:g}, "
        f"platforms: {_platforms(changed)}."
    )


@app.command()
def quota(
    project: Project,
    data: Data = None,
    waiting_jobs: Quota = None,
    open_batches: Quota = None,
    stored_bytes: Annotated[str | None, typer.Option(help="Of programs and results.")] = None,
    seconds_per_month: Annotated[str | None, typer.Option(help="Of platforms computing.")] = None,
    spending_per_month: Annotated[
        str | None, typer.Option(help="From the prices of platforms; in each currency by itself.")
    ] = None,
) -> None:
    """Show what a project may have; each can be set to a number, to none, or to default: the server's."""
    wishes = {
        "waiting_jobs": waiting_jobs,
        "open_batches": open_batches,
        "stored_bytes": stored_bytes,
        "seconds_per_month": seconds_per_month,
        "spending_per_month": spending_per_month,
    }
    wished = {name: wish for name, wish in wishes.items() if wish is not None}
    with explained():
        own = operator(data)
        found = found_project(own, project)
        if wished:
            whole = {name: word for name, word in (found["quotas"] | wished).items() if word != _DEFAULT}
            found = own.told("PATCH", f"/projects/{found['id']}", json={"quotas": whole})
    for name in wishes:
        known = found["quotas"]
        said = "as on the server" if name not in known else "none" if known[name] is None else known[name]
        print(f"{name.replace('_', ' ')}: {said}")


@app.command()
def usage(
    project: Annotated[str | None, typer.Argument(help="Its name or id; default: yours.")] = None,
    data: Data = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First day, such as 2026-01-01; default: of the month.")
    ] = None,
    last: Annotated[str | None, typer.Option("--until", help="Last day; default: today, in UTC.")] = None,
    by: Annotated[Period, typer.Option(help="What each row adds up.")] = Period.MONTH,
    as_json: Annotated[bool, typer.Option("--json", help="All that is known, day by day, as JSON.")] = False,
) -> None:
    """Show what a project used, and what it costs."""
    from ketway.cli.pointing import credentials
    from ketway.cli.tables import show
    from ketway.cli.usage import NUMBERS, columns, rows

    with explained():
        known, own = credentials(data), operator(data)
        path = f"/projects/{project_id(own, project or known.project_id)}/usage"
        days = {"from": first, "until": last}
        asked = {name: day for name, day in days.items() if day is not None}
        found = own.told("GET", path, params=asked)
    if as_json:
        print(json.dumps(found, indent=2))
        return
    print(f"From {found['from']} to {found['until']}:")
    by_day = by is Period.DAY
    show(columns(by_day=by_day), rows(found["usage"], by_day=by_day), numbers=NUMBERS)


@app.command()
def members(project: Project, data: Data = None) -> None:
    """Show who works in a project."""
    from ketway.cli.tables import minute, show

    with explained():
        own = operator(data)
        found = list(own.all(f"/projects/{project_id(own, project)}/members", "members"))
    rows = (
        (
            member["email"],
            f"{member['given_name']} {member['family_name']}".strip(),
            member["role"],
            minute(member["created_at"]),
        )
        for member in found
    )
    show(("email", "name", "role", "since"), rows)


@app.command()
def member_add(
    project: Project,
    email: Email,
    data: Data = None,
    role: Annotated[Role, typer.Option(help="An admin manages the members.")] = Role.MEMBER,
) -> None:
    """Let an account into a project."""
    with explained():
        own = operator(data)
        path = f"/projects/{project_id(own, project)}/members"
        added = own.told("POST", path, json={"email": email, "role": role.value})
    print(f"{added['email']} is now {_a(added['role'])} of {project}.")


@app.command()
def member_role(project: Project, email: Email, role: Role, data: Data = None) -> None:
    """Change what a member is."""
    with explained():
        own = operator(data)
        said = {"account_ids": [account_id(own, email)], "role": role.value}
        own.told("PUT", f"/projects/{project_id(own, project)}/members", json=said)
    print(f"{email} is now {_a(role.value)} of {project}.")


@app.command()
def member_remove(project: Project, email: Email, data: Data = None) -> None:
    """Put an account out of a project; its keys of it open nothing any more."""
    with explained():
        own = operator(data)
        own.told("DELETE", f"/projects/{project_id(own, project)}/members/{account_id(own, email)}")
    print(f"{email} is not in {project} any more.")


def project_id(own: OwnClient, wanted: str) -> str:
    """
    Args:
        wanted: an id or a name.
    Raises:
        OwnFailed: none, or several of that name.
    """
    return str(found_project(own, wanted)["id"])


def found_project(own: OwnClient, wanted: str) -> dict[str, Any]:
    """As `project_id`, all that is known of it."""
    from ketway.cli.own import OwnFailed

    found = [each for each in own.all("/projects", "projects") if wanted in (each["id"], each["name"])]
    if not found:
        raise OwnFailed(f"There is no project {wanted}; see: ketway project list")
    if len(found) > 1:
        raise OwnFailed(f"{len(found)} projects are called {wanted}; say the id: ketway project list")
    return found[0]


def _platforms(project: dict[str, Any]) -> str:
    allowed = project["allowed_platforms"]
    return "all" if allowed is None else ", ".join(allowed) or "none"


def _a(role: str) -> str:
    return f"an {role}" if role == "admin" else f"a {role}"
