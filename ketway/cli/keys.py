"""`ketway key` and `ketway worker-token`: how programs and workers come in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ketway.cli.accounts import account_id, operator
from ketway.cli.projects import project_id
from ketway.cli.telling import Data, explained

if TYPE_CHECKING:
    from ketway.cli.own import OwnClient

app = typer.Typer(help="How programs come in.", no_args_is_help=True)
worker_tokens_app = typer.Typer(help="How workers elsewhere come in.", no_args_is_help=True)

_COLUMNS = ("access key", "account", "project", "since", "until", "state")


@app.command()
def add(
    data: Data = None,
    account: Annotated[str | None, typer.Option(help="Email of whose it is; default: yours.")] = None,
    project: Annotated[str | None, typer.Option(help="Name or id of what it opens; default: yours.")] = None,
    days: Annotated[float | None, typer.Option(help="How long it is good; default: until revoked.")] = None,
) -> None:
    """Make a key that opens one project for one account."""
    from ketway.cli.pointing import credentials

    with explained():
        known, own = credentials(data), operator(data)
        said = {
            "account_id": account_id(own, account or known.username),
            "project_id": project_id(own, project or known.project_id),
            "expires_at": _end(days),
        }
        made = own.told("POST", "/keys", json=said)
    print(f"There is now a key of {made['email']} for {made['project']}.")
    print(f"access_key {made['access_key']}")
    print(f"secret_key {made['secret_key']}  (shown this once)")


@app.command(name="list")
def list_all(
    data: Data = None,
    account: Annotated[str | None, typer.Option(help="Only of this email.")] = None,
    project: Annotated[str | None, typer.Option(help="Only of this project.")] = None,
) -> None:
    """Show the keys, revoked and expired ones too."""
    from ketway.cli.tables import minute, show

    with explained():
        own = operator(data)
        found = own.all(
            "/keys",
            "keys",
            account_id=account and account_id(own, account),
            project_id=project and project_id(own, project),
        )
        rows = [
            (
                key["access_key"],
                key["email"],
                key["project"],
                minute(key["created_at"]),
                minute(key["expires_at"]),
                _state(key),
            )
            for key in found
        ]
    show(_COLUMNS, rows)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="Its access key, or its id.")],
    data: Data = None,
) -> None:
    """Let nobody in with a key any more, nor with a token that was given for it."""
    with explained():
        own = operator(data)
        revoked = own.told("POST", f"/keys/{_key_id(own, key)}/revoke")
    print(f"{revoked['access_key']} is revoked.")


@worker_tokens_app.command(name="add")
def add_worker_token(
    name: Annotated[str, typer.Argument(help="What you call it, e.g. the host it is for.")],
    data: Data = None,
) -> None:
    """Make a token for workers elsewhere."""
    with explained():
        made = operator(data).told("POST", "/worker-tokens", json={"name": name})
    print(f"There is now a token {made['name']}; give it to workers as KETWAY_WORKER_TOKEN.")
    print(f"{made['secret']}  (shown this once)")


@worker_tokens_app.command(name="list")
def list_worker_tokens(data: Data = None) -> None:
    """Show the workers' tokens, revoked ones too."""
    from ketway.cli.tables import minute, show

    with explained():
        tokens = operator(data).told("GET", "/worker-tokens")["tokens"]
    rows = (
        (
            token["id"],
            token["name"],
            minute(token["created_at"]),
            "revoked" if token["revoked_at"] else "good",
        )
        for token in tokens
    )
    show(("id", "name", "since", "state"), rows)


@worker_tokens_app.command(name="revoke")
def revoke_worker_token(
    id: Annotated[str, typer.Argument(help="See: ketway worker-token list.")], data: Data = None
) -> None:
    """Send workers that come with a token away."""
    with explained():
        revoked = operator(data).told("POST", f"/worker-tokens/{id}/revoke")
    print(f"{revoked['name']} is revoked.")


def _end(days: float | None) -> str | None:
    """
    Raises:
        OwnFailed
    """
    from ketway.cli.own import OwnFailed

    try:
        return None if days is None else (datetime.now(UTC) + timedelta(days=days)).isoformat()
    except (OverflowError, ValueError):
        raise OwnFailed(f"A key cannot be good for {days} days.") from None


def _state(key: dict[str, Any]) -> str:
    if key["revoked_at"] is not None:
        return "revoked"
    end = key["expires_at"]
    return "expired" if end is not None and datetime.fromisoformat(end) <= datetime.now(UTC) else "good"


def _key_id(own: OwnClient, wanted: str) -> str:
    """
    Raises:
        OwnFailed
    """
    from ketway.cli.own import OwnFailed

    for key in own.all("/keys", "keys"):
        if wanted in (key["id"], key["access_key"]):
            return str(key["id"])
    raise OwnFailed(f"There is no key {wanted}; see: ketway key list")
