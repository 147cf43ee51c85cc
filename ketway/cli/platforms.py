"""`ketway platform`: what runs jobs, and what its use costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ketway.cli.accounts import operator
from ketway.cli.telling import Data, explained, fail

if TYPE_CHECKING:
    from ketway.cli.own import OwnClient

app = typer.Typer(help="What runs jobs, and what its use costs.", no_args_is_help=True)

Amount = Annotated[str | None, typer.Option(help="Such as 1.20; 0 for nothing.")]
_PER = {"per_hour": "an hour", "per_circuit": "a circuit", "per_shot": "a shot"}


@app.command(name="list")
def list_all(data: Data = None) -> None:
    """Show every platform."""
    from ketway.cli.tables import show

    with explained():
        platforms = operator(data).told("GET", "/platforms")["platforms"]
    rows = (
        (
            platform["name"],
            platform["engine"],
            ", ".join(platform["doors"]),
            _state(platform),
            _prices(platform),
        )
        for platform in platforms
    )
    show(("name", "engine", "shown to", "state", "prices"), rows)


@app.command()
def price(
    platform: Annotated[str, typer.Argument(help="Its name.")],
    data: Data = None,
    per_hour: Amount = None,
    per_circuit: Amount = None,
    per_shot: Amount = None,
    currency: Annotated[str | None, typer.Option(help="Such as EUR.")] = None,
    as_in_catalogue: Annotated[
        bool, typer.Option("--as-in-catalogue", help="What the catalogue says, from now on.")
    ] = False,
) -> None:
    """Say what its use costs; what is not named stays, and so does what was used before."""
    said = {
        "per_hour": per_hour,
        "per_circuit": per_circuit,
        "per_shot": per_shot,
        "currency": currency,
    }
    named = {name: value for name, value in said.items() if value is not None}
    if as_in_catalogue == bool(named):
        fail("say a price, or --as-in-catalogue; see: ketway platform price --help")
    with explained():
        own = operator(data)
        known = _named(own, platform)
        path = f"/platforms/{known['id']}/prices"
        if named:
            whole = known["prices"] | named
            changed = own.told("PUT", path, json=whole)
        else:
            changed = own.told("DELETE", path)
    print(f"{changed['name']}: {_prices(changed)}.")


def _named(own: OwnClient, name: str) -> dict[str, Any]:
    """
    Raises:
        OwnFailed: none of that name.
    """
    from ketway.cli.own import OwnFailed

    platforms: list[dict[str, Any]] = own.told("GET", "/platforms")["platforms"]
    for platform in platforms:
        if name == platform["name"]:
            return platform
    raise OwnFailed(f"There is no platform {name}; see: ketway platform list")


def _state(platform: dict[str, Any]) -> str:
    if platform["is_down"]:
        return f"held: {platform['why']}" if platform["why"] else "held"
    return "served" if platform["is_served"] else "no worker"


def _prices(platform: dict[str, Any]) -> str:
    prices = platform["prices"]
    parts = [
        f"{prices[name]} {prices['currency']} {per}" for name, per in _PER.items() if prices[name] != "0"
    ]
    return ", ".join(parts) or "free"
