"""Settings -> adapters -> Core -> the web application; the one place that sees everything."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from starlette.applications import Starlette

from ketway import faults_file, platforms
from ketway.api import pasqal, scaleway
from ketway.api.app import create_app
from ketway.api.faults import HttpFaults
from ketway.credentials_file import Credentials
from ketway.domain.applications import Application
from ketway.domain.errors import StoreBusy
from ketway.domain.platforms import Platform
from ketway.domain.quotas import Quotas
from ketway.domain.retention import Retention
from ketway.domain.shares import FairShare
from ketway.engines import catalogue
from ketway.keys import links, tokens
from ketway.keys.passwords import Argon2Hasher
from ketway.platforms.applications import read_applications
from ketway.premises import CannotStart, one_after_another, open_premises, repeating
from ketway.services.core import Core, Limits, build_core
from ketway.services.ports import Checker
from ketway.settings import Settings
from ketway.storage.disk import DiskBlobs
from ketway.worker.checker import ChildChecker
from ketway.worker.children import Children
from ketway.worker.sandbox import SandboxMissing

__all__ = ["CannotStart", "Opened", "open_server"]

OWNER = "owner@ketway"
PROJECT = "default"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """A server's insides, ready to be served.

    Args:
        run: name of this run of the server.
        is_first_start: the credentials were made just now.
        faults: sentences on what goes wrong on purpose.
    """

    app: Starlette
    core: Core
    credentials: Credentials
    run: str
    is_first_start: bool
    faults: Sequence[str] = ()


@asynccontextmanager
async def open_server(settings: Settings, url: str) -> AsyncIterator[Opened]:
    """Everything but the sockets: folder, lock, database, keys, core, application.

    Args:
        url: where clients on this machine reach it; kept in the credentials file.
    Raises:
        CannotStart
    """
    async with AsyncExitStack() as stack:
        try:
            opened = await stack.enter_async_context(_open_now(settings, url))
        except StoreBusy as busy:
            raise CannotStart(f"The database or the disk cannot be used now: {busy.why}") from None
        yield opened


@asynccontextmanager
async def _open_now(settings: Settings, url: str) -> AsyncIterator[Opened]:
    """
    Raises:
        CannotStart, StoreBusy
    """
    known, applications = _catalogue(settings)
    faults = _faults(settings, known)
    engines = catalogue.installed()
    async with AsyncExitStack() as stack:
        premises = await stack.enter_async_context(open_premises(settings))
        signer = links.LinkSigner(await premises.key("link", links.fresh_key))
        blobs = _blobs(settings.data / "blobs", signer)
        core = build_core(
            db=premises.db,
            blobs=blobs,
            checker=await stack.enter_async_context(_checker(_checked(engines, known), settings)),
            bell=premises.bell,
            clock=premises.clock,
            hasher=Argon2Hasher(),
            tokens=tokens.JwtTokens(
                await premises.key("token", tokens.fresh_key), timedelta(seconds=settings.token_life_s)
            ),
            fresh=uuid4,
            catalogue=known,
            applications=applications,
            faults=faults.jobs,
            engines_here=list(engines),
            is_alone=premises.is_alone,
            server=premises.server,
            limits=Limits(
                max_program_bytes=settings.max_program_bytes,
                max_jobs_per_request=settings.max_jobs_per_request,
                process_kinds=settings.process_kinds,
                lease_life=timedelta(seconds=settings.lease_s),
                quotas=Quotas(
                    waiting_jobs=settings.quota_waiting_jobs,
                    open_batches=settings.quota_open_batches,
                    stored_bytes=settings.quota_stored_bytes,
                    seconds_per_month=settings.quota_seconds_per_month,
                    spending_per_month=settings.quota_spending_per_month,
                ),
                retention=Retention(days=settings.retention_days, newest=settings.retention_newest),
                fair_share=FairShare(half_life_s=settings.fair_share_half_life_s, is_on=settings.fair_share),
            ),
        )
        async with one_after_another(settings.data):
            credentials, is_first = await _credentials(core, settings.data, url)
        await core.housekeeping.open(premises.dead)
        stack.push_async_callback(core.housekeeping.close)
        await stack.enter_async_context(repeating(core.housekeeping.sweep, core.housekeeping.interval_s))
        if faults.jobs.ends_by_itself:
            await stack.enter_async_context(repeating(core.bell.ring, core.housekeeping.interval_s))
        yield Opened(
            app=create_app(
                core,
                linked=blobs,
                public_url=settings.public_url,
                max_body_bytes=settings.max_body_bytes,
                max_result_bytes=settings.max_result_bytes,
                faults=HttpFaults(faults.http),
                rehearsed=faults.sentences(),
            ),
            core=core,
            credentials=credentials,
            run=premises.server,
            is_first_start=is_first,
            faults=faults.sentences(),
        )


def _checked(engines: Mapping[str, str], known: Sequence[Platform]) -> dict[str, str]:
    """Engines of the platforms whose surface asks before it accepts, where there is anything to ask."""
    asked = {platform.engine for platform in known if pasqal.DOOR in platform.shown}
    return {
        name: version
        for name, version in engines.items()
        if name in asked and catalogue.ENTRIES[name].distributions
    }


def _faults(settings: Settings, known: Sequence[Platform]) -> faults_file.Plans:
    path = settings.faults
    if path is None:
        return faults_file.Plans()
    try:
        found = faults_file.read(path)
    except (ValueError, OSError) as error:
        raise CannotStart(f"The faults {path} cannot be used: {error}") from None
    names = [platform.name for platform in known]
    if unknown := sorted(found.jobs.platforms - set(names)):
        raise CannotStart(
            f"The faults {path} speak of a platform {unknown[0]}, which is not in the catalogue; "
            f"there are {', '.join(names)}."
        )
    return found


def _catalogue(settings: Settings) -> tuple[Sequence[Platform], Sequence[Application]]:
    path = settings.catalogue or platforms.BUILT_IN
    try:
        known = platforms.read(path)
        for platform in known:
            _must_be_presentable(platform)
        applications = read_applications([platform.name for platform in known], path)
        for application in applications:
            _must_be_usable(application, known)
    except (ValueError, OSError) as error:
        raise CannotStart(f"The catalogue {path} cannot be used: {error}") from None
    stood_in_for = _stood_in_for(known, settings.engine_for)
    return [_at_speed(platform, settings.qpu_speed) for platform in stood_in_for], applications


def _stood_in_for(known: Sequence[Platform], engine_for: Mapping[str, str]) -> Sequence[Platform]:
    """
    Args:
        engine_for: by name of a platform whose own engine is not ketway's, the one that stands in.
    Raises:
        CannotStart
    """
    foreign = [platform.name for platform in known if platform.engine not in catalogue.ENTRIES]
    able = [name for name, entry in catalogue.ENTRIES.items() if entry.takes_circuits]
    for name, engine in engine_for.items():
        if name not in foreign:
            raise CannotStart(
                f"engine_for cannot give platform {name} an engine; it can where its own is a vendor's: "
                f"{', '.join(foreign) or 'none in this catalogue'}."
            )
        if engine not in able:
            raise CannotStart(
                f"engine_for gives platform {name} the engine {engine}, which "
                f"{'takes no circuits' if engine in catalogue.ENTRIES else 'ketway does not have'}; "
                f"choose from {', '.join(able)}."
            )
    return [_with_engine(one, engine_for[one.name]) if one.name in engine_for else one for one in known]


def _with_engine(platform: Platform, engine: str) -> Platform:
    said = f"The operator of this server runs it on {engine} in place of the vendor's own, which is not here."
    return replace(platform, engine=engine, description=f"{platform.description} {said}".strip())


def _must_be_presentable(platform: Platform) -> None:
    """
    Raises:
        ValueError: no surface, or not all that one shows.
    """
    doors = (pasqal.DOOR, scaleway.DOOR)
    if unknown := sorted(set(platform.shown) - set(doors)):
        raise ValueError(
            f"platform {platform.name}: shown.{unknown[0]} is no surface; there are {' and '.join(doors)}"
        )
    if scaleway.DOOR in platform.shown:
        try:
            scaleway.platform(platform)
        except KeyError as missing:
            raise ValueError(
                f"platform {platform.name}: shown.{scaleway.DOOR} has no {missing.args[0]}"
            ) from None
        except (TypeError, ValueError) as error:
            raise ValueError(f"platform {platform.name}: shown.{scaleway.DOOR}: {error}") from None


def _must_be_usable(application: Application, known: Sequence[Platform]) -> None:
    """
    Raises:
        ValueError: its surface does not show its platforms, or cannot show it.
    """
    shown = [platform.name for platform in known if scaleway.DOOR in platform.shown]
    if hidden := [name for name in application.platforms if name not in shown]:
        raise ValueError(
            f"application {application.name}: shown.{scaleway.DOOR} is missing on {', '.join(hidden)}"
        )
    try:
        scaleway.application(application)
    except ValueError as error:
        raise ValueError(f"application {application.name}: {error}") from None


def _at_speed(platform: Platform, speed: float) -> Platform:
    rate = platform.shots_per_s
    return platform if rate is None else replace(platform, shots_per_s=rate * speed)


def _blobs(root: Path, signer: links.LinkSigner) -> DiskBlobs:
    try:
        return DiskBlobs(root, signer)
    except OSError as error:
        raise CannotStart(f"The folder {root} cannot be written: {error.strerror}") from None


async def _credentials(core: Core, folder: Path, url: str) -> tuple[Credentials, bool]:
    known = Credentials.read(folder)
    if known is not None:
        if known.url != url:
            known = known.moved_to(url)
            _write(known, folder)
        return known, False
    first = await core.first_start.set_up(OWNER, PROJECT, "local")
    made = Credentials(
        url=url,
        username=first.username,
        password=first.password,
        project_id=str(first.project_id),
        access_key=first.access_key,
        secret_key=first.secret_key,
        worker_token=first.worker_token,
    )
    _write(made, folder)
    return made, True


def _write(known: Credentials, folder: Path) -> None:
    try:
        known.write(folder)
    except OSError as error:
        raise CannotStart(f"The credentials in {folder} cannot be written: {error.strerror}") from None


@asynccontextmanager
async def _checker(engines: Mapping[str, str], settings: Settings) -> AsyncIterator[Checker]:
    """Beside the server, loading its engines while the server is already up."""
    with TemporaryDirectory(prefix="ketway-checker-") as scratch:
        children = Children(
            engines=list(engines), scratch=Path(scratch), require_sandbox=settings.require_sandbox
        )
        started = asyncio.ensure_future(children.start()) if engines else None
        if started is not None and settings.require_sandbox:
            try:
                await asyncio.shield(started)
            except SandboxMissing as missing:
                raise CannotStart(str(missing)) from None
        try:
            yield ChildChecker(children, engines, started)
        finally:
            if started is not None:
                started.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await started
            await children.close()
