"""`ketway`: every command, each imported only when it is called."""

from __future__ import annotations

import asyncio
import gc
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import ketway
from ketway.cli import accounts, keys, platforms, projects, retention, simulating
from ketway.cli.telling import Data, explained, fail

app = typer.Typer(
    name="ketway",
    help="A quantum cloud that anyone can run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

jobs_app = typer.Typer(help="What is queued, running, done.", no_args_is_help=True)
app.add_typer(jobs_app, name="jobs")
app.add_typer(accounts.app, name="account")
app.add_typer(projects.app, name="project")
app.add_typer(retention.app, name="retention")
app.add_typer(platforms.app, name="platform")
app.add_typer(keys.app, name="key")
app.add_typer(keys.worker_tokens_app, name="worker-token")
app.command()(simulating.simulate)

Host = Annotated[str | None, typer.Option(help="Address to listen on; default: 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; default: 8750; 0 takes a free one.")]
Slots = Annotated[int | None, typer.Option(help="Jobs side by side; default: one a core.")]
Sandboxed = Annotated[bool | None, typer.Option(help="Refuse to run where a sandbox layer is missing.")]


def main() -> None:
    """Entry of the console script."""
    app()


@app.callback(invoke_without_command=True)
def version(
    show: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    if show:
        print(ketway.__version__)
        raise typer.Exit


PublicUrl = Annotated[str | None, typer.Option(help="Address clients see, behind a proxy.")]
Certificate = Annotated[Path | None, typer.Option(help="Certificate chain, PEM.")]
CertificateKey = Annotated[Path | None, typer.Option(help="Private key, PEM.")]
Config = Annotated[Path | None, typer.Option(help="Settings, TOML.")]
Faults = Annotated[Path | None, typer.Option(help="What goes wrong on purpose, TOML; to rehearse failure.")]


@app.command()
def serve(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    workers: Annotated[
        int | None, typer.Option(help="Jobs side by side on this machine; 0 starts no worker.")
    ] = None,
    public_url: PublicUrl = None,
    tls_cert: Certificate = None,
    tls_key: CertificateKey = None,
    require_sandbox: Sandboxed = None,
    config: Config = None,
    faults: Faults = None,
) -> None:
    """Run everything: the server, its queue and local workers."""
    _serve(
        config,
        data=data,
        host=host,
        port=port,
        workers=workers,
        public_url=public_url,
        tls_cert=tls_cert,
        tls_key=tls_key,
        require_sandbox=require_sandbox,
        faults=faults,
    )


@app.command()
def api(
    data: Data = None,
    host: Host = None,
    port: Port = None,
    public_url: PublicUrl = None,
    tls_cert: Certificate = None,
    tls_key: CertificateKey = None,
    require_sandbox: Sandboxed = None,
    config: Config = None,
    faults: Faults = None,
) -> None:
    """Run the server without workers; any number of them share a PostgreSQL database and a data folder."""
    _serve(
        config,
        data=data,
        host=host,
        port=port,
        workers=0,
        public_url=public_url,
        tls_cert=tls_cert,
        tls_key=tls_key,
        require_sandbox=require_sandbox,
        faults=faults,
    )


@app.command()
def worker(
    url: Annotated[str, typer.Option(help="The server, e.g. http://127.0.0.1:8750.")],
    slots: Slots = None,
    name: Annotated[str | None, typer.Option(help="How the server calls it; default: this host.")] = None,
    engine: Annotated[
        list[str] | None, typer.Option(help="Only these engines; default: all installed.")
    ] = None,
    stop_grace_s: Annotated[float, typer.Option(help="How long running jobs may finish.")] = 20.0,
    require_sandbox: Annotated[
        bool, typer.Option(help="Refuse to run where a sandbox layer is missing.")
    ] = False,
    until_stdin_ends: Annotated[bool, typer.Option(help="End at once when standard input does.")] = False,
    trusted: Annotated[
        Path | None, typer.Option(help="Certificates, PEM, by which the server is believed over TLS.")
    ] = None,
) -> None:
    """Run jobs of a server, here; its token is read from KETWAY_WORKER_TOKEN."""
    from ketway.cli.working import CannotWork
    from ketway.cli.working import work as run

    try:
        asyncio.run(
            run(
                url=url,
                slots=slots,
                name=name,
                only=engine,
                stop_grace_s=stop_grace_s,
                require_sandbox=require_sandbox,
                until_stdin_ends=until_stdin_ends,
                trusted=trusted,
            )
        )
    except CannotWork as reason:
        fail(str(reason))


@app.command()
def demo() -> None:
    """Run real jobs through the vendors' clients on a throw-away server, and show the counts."""
    from ketway.bootstrap import CannotStart
    from ketway.cli.demo import DemoFailed
    from ketway.cli.demo import demo as run

    try:
        asyncio.run(run())
    except (CannotStart, DemoFailed) as reason:
        fail(str(reason))


@app.command()
def env(
    data: Data = None,
    snippets: Annotated[bool, typer.Option(help="Python for clients that read no variables.")] = False,
) -> None:
    """Print what points each client here: eval "$(ketway env)"."""
    from ketway.cli import pointing

    try:
        known = pointing.credentials(data)
    except pointing.NotPointed as reason:
        fail(str(reason))
    print(pointing.snippets(known) if snippets else pointing.exports(known))


@app.command(name="exec", context_settings={"ignore_unknown_options": True})
def execute(
    command: Annotated[list[str], typer.Argument(help="The program and its words, after --.")],
    data: Data = None,
) -> None:
    """Run a program, unchanged, with its cloud clients pointed here."""
    from ketway.cli import pointing

    try:
        code = pointing.run(pointing.credentials(data), command)
    except pointing.NotPointed as reason:
        fail(str(reason))
    raise typer.Exit(code if code >= 0 else 128 - code)


@jobs_app.command(name="list")
def list_jobs(
    data: Data = None,
    status: Annotated[list[str] | None, typer.Option(help="Only these; may be repeated.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.")] = 20,
) -> None:
    """Show the newest jobs of the project."""
    from ketway.cli import jobs
    from ketway.cli.tables import console

    with explained():
        console().print(jobs.table(_jobs(data).list(statuses=status or [], limit=limit)))


@jobs_app.command()
def watch(data: Data = None, limit: int = 20) -> None:
    """Show the newest jobs until none of them waits or runs."""
    from ketway.cli import jobs

    with explained():
        jobs.watch(_jobs(data), limit=limit)


@jobs_app.command()
def cancel(id: str, data: Data = None) -> None:
    """Cancel a job; one that runs is asked to stop."""
    with explained():
        print(_jobs(data).cancel(id)["status"])


@jobs_app.command()
def fetch(
    id: str,
    data: Data = None,
    output: Annotated[Path | None, typer.Option(help="Write it here instead.")] = None,
) -> None:
    """Print the result of a job, as its client downloads it."""
    with explained():
        body = _jobs(data).fetch(id)
        if output is not None:
            output.write_bytes(body)
        else:
            sys.stdout.buffer.write(body + b"\n")


def _serve(config: Path | None, **flags: Any) -> None:
    # Until it serves: all that is imported stays, and to look for garbage among it, again and again, is a
    # tenth of the start.
    gc.disable()
    from ketway.bootstrap import CannotStart
    from ketway.cli.serving import serve as run

    settings = _settings(config, **flags)
    try:
        with asyncio.Runner(loop_factory=_loop) as runner:
            runner.run(run(settings))
    except CannotStart as reason:
        fail(str(reason))


def _loop() -> asyncio.AbstractEventLoop:
    """The faster event loop where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _jobs(data: Path | None) -> Any:
    from ketway.cli.jobs import Jobs
    from ketway.cli.own import as_program
    from ketway.cli.pointing import credentials

    return Jobs(as_program(credentials(data)))


def _settings(config: Path | None, **flags: Any) -> Any:
    import os

    from pydantic import ValidationError

    from ketway.settings import Settings

    if config is not None:
        os.environ["KETWAY_CONFIG"] = str(config)
    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        fail(f"setting {'.'.join(map(str, first['loc']))}: {first['msg']}")
    except (ValueError, OSError) as error:
        fail(f"the settings cannot be read: {error}")
