"""`ketway account`: who may come in."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ketway.cli.telling import Data, explained

if TYPE_CHECKING:
    from ketway.cli.own import OwnClient

app = typer.Typer(help="Who may come in.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(help="How the account logs in.")]
Asked = Annotated[
    bool,
    typer.Option(
        "--ask-password",
        help="Ask for the password, or read it from standard input; default: one is made and printed once.",
    ),
]
_COLUMNS = ("email", "name", "kind", "superuser", "since", "disabled")


@app.command()
def add(
    email: Email,
    data: Data = None,
    given_name: str = "",
    family_name: str = "",
    service: Annotated[bool, typer.Option("--service", help="A program rather than a person.")] = False,
    superuser: Annotated[bool, typer.Option("--superuser", help="An operator of this server.")] = False,
    ask_password: Asked = False,
) -> None:
    """Make an account."""
    with explained():
        own = operator(data)
        said = {
            "email": email,
            "password": _password() if ask_password else None,
            "given_name": given_name,
            "family_name": family_name,
            "is_service": service,
            "superuser": superuser,
        }
        made = own.told("POST", "/accounts", json=said)
    print(f"There is now an account {made['email']}; let it into a project: ketway project member-add")
    _show_once(made)


@app.command(name="list")
def list_all(data: Data = None) -> None:
    """Show every account."""
    from ketway.cli.tables import minute, show

    with explained():
        accounts = list(operator(data).all("/accounts", "accounts"))
    rows = (
        (
            account["email"],
            f"{account['given_name']} {account['family_name']}".strip(),
            "service" if account["is_service"] else "person",
            "yes" if account["superuser"] else "",
            minute(account["created_at"]),
            minute(account["disabled_at"]),
        )
        for account in accounts
    )
    show(_COLUMNS, rows)


@app.command()
def password(email: Email, data: Data = None, ask_password: Asked = False) -> None:
    """Give an account a new password; whoever is logged in must log in again."""
    with explained():
        own = operator(data)
        id = account_id(own, email)
        chosen = _password() if ask_password else None
        changed = own.told("POST", f"/accounts/{id}/password", json={"password": chosen})
        print(f"{changed['email']} has a new password.")
        _show_once(changed)
        _remember(data, changed["email"], chosen or changed["password"])


@app.command()
def disable(email: Email, data: Data = None) -> None:
    """Let nobody in as this account any more, by password, token or key."""
    with explained():
        own = operator(data)
        own.told("POST", f"/accounts/{account_id(own, email)}/disable")
    print(f"{email} is disabled.")


@app.command()
def enable(email: Email, data: Data = None) -> None:
    """Let a disabled account in again."""
    with explained():
        own = operator(data)
        own.told("POST", f"/accounts/{account_id(own, email)}/enable")
    print(f"{email} is enabled.")


@app.command()
def superuser(
    email: Email,
    data: Data = None,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take it away instead.")] = False,
) -> None:
    """Make an account an operator of this server."""
    with explained():
        own = operator(data)
        path = f"/accounts/{account_id(own, email)}/superuser"
        own.told("DELETE" if revoke else "PUT", path)
    print(f"{email} is {'no superuser any more' if revoke else 'a superuser'}.")


def operator(data: Path | None) -> OwnClient:
    from ketway.cli.own import as_operator
    from ketway.cli.pointing import credentials

    return as_operator(credentials(data))


def account_id(own: OwnClient, email: str) -> str:
    (found,) = own.told("GET", "/accounts", params={"email": email})["accounts"]
    return str(found["id"])


def _password() -> str:
    """Typed twice where somebody types, else the first line of standard input.

    Raises:
        OwnFailed: none, or not the same twice.
    """
    from ketway.cli.own import OwnFailed

    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    typed = getpass.getpass("New password: ")
    if getpass.getpass("The same again: ") != typed:
        raise OwnFailed("The two passwords differ; nothing was changed.")
    return typed


def _show_once(made: dict[str, Any]) -> None:
    if made["password"] is not None:
        print(f"Its password, shown this once: {made['password']}")


def _remember(data: Path | None, email: str, password: str) -> None:
    """The credentials file is how chores come in; it keeps up with its owner's password."""
    from ketway.cli.pointing import credentials, folder_of
    from ketway.credentials_file import NAME

    known, folder = credentials(data), folder_of(data)
    if known.username == email:
        replace(known, password=password).write(folder)
        print(f"{folder / NAME} has it too.")
