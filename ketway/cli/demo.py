"""`ketway demo`: real jobs through the vendors' own clients, on a throw-away server."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from ketway.cli import logs
from ketway.cli.charts import bars
from ketway.cli.demo_shown import Shown
from ketway.cli.serving import serving
from ketway.credentials_file import Credentials
from ketway.settings import Settings

_NEEDED = {
    "pasqal-cloud": "demo",
    "scaleway": "demo",
    "qio": "demo",
    "qiskit": "circuits",
    "qiskit-aer": "circuits",
    "pulser-simulation": "pasqal",
    "emu-sv": "pasqal",
    "emu-mps": "pasqal",
}


class DemoFailed(Exception):
    """Why the demo cannot go on; the sentence is for the person who tried."""


async def demo() -> None:
    """
    Raises:
        DemoFailed, CannotStart
    """
    _must_have_all()
    os.environ.setdefault("KETWAY_LOG_LEVEL", "error")
    logs.set_up(os.environ["KETWAY_LOG_LEVEL"])
    console = Console()
    begun = time.perf_counter()
    with TemporaryDirectory(prefix="ketway-demo-") as folder:
        async with serving(Settings(data=Path(folder) / "data", port=0, stop_grace_s=2.0)) as server:
            console.print(f"A throw-away ketway serves at {server.url}; its engines are loading.")
            shown = await asyncio.to_thread(_programs)
            for one in shown:
                await asyncio.to_thread(_show, console, one, server.opened.credentials)
    console.print(f"{len(shown)} jobs done in {time.perf_counter() - begun:.0f} s; nothing is left running.")
    console.print("Go on: `make serve` starts a server to keep, `ketway env` points your own programs to it.")


def _programs() -> list[Shown]:
    """The clients take seconds to import: the server's engines load meanwhile."""
    from ketway.cli import demo_circuits, demo_sequences

    return [*demo_sequences.SHOWN, demo_circuits.SHOWN]


def _show(console: Console, one: Shown, credentials: Credentials) -> None:
    begun = time.perf_counter()
    with console.status(f"{one.title}: submitting") as status:

        def tell(state: str) -> None:
            status.update(f"{one.title}: {state}")

        try:
            counts = one.run(credentials, tell)
        # The clients' own exceptions derive from BaseException.
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            raise DemoFailed(f"{one.title}: {type(error).__name__}: {error}") from error
    took = time.perf_counter() - begun
    console.print(f"\n[bold]{one.title}[/bold]  (by {one.client}, {took:.1f} s)", highlight=False)
    for line in bars(counts):
        console.print(f"  {line}", highlight=False, markup=False)


def _must_have_all() -> None:
    missing: dict[str, str] = {}
    for name, extra in _NEEDED.items():
        try:
            metadata.version(name)
        except metadata.PackageNotFoundError:
            missing[name] = extra
    if missing:
        extras = ",".join(sorted({"demo", *missing.values()}))
        raise DemoFailed(
            f"The demo needs {', '.join(missing)}: {sys.executable} -m pip install 'ketway[{extras}]'"
        )
