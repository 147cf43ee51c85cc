"""Programs: keeping texts, reading them back, lending links to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from ketway.domain.accounts import Actor, ProjectId
from ketway.domain.errors import OverBound, Refusal, StoreBusy, Unknown
from ketway.domain.programs import Program, ProgramId, checksum
from ketway.domain.quotas import Wanted
from ketway.domain.requests import Asked
from ketway.services.listing import Listed, Page
from ketway.services.ports import BlobStore, Clock, Database
from ketway.services.quotas import Allowances
from ketway.services.requests import Requests

LINK_LIFE = timedelta(minutes=50)


@dataclass(kw_only=True)
class Kept:
    """
    Args:
        programs: by text.
        stored: key to mark of what was not there before.
        is_added: they have rows, and name what was stored.
    """

    programs: Mapping[str, Program]
    stored: dict[str, int] = field(default_factory=dict)
    is_added: bool = False

    @property
    def size(self) -> int:
        return sum(program.size for program in self.programs.values())


@dataclass(frozen=True, kw_only=True)
class Programs:
    """
    Args:
        max_bytes: of one text, as UTF-8.
        max_texts_bytes: of texts that are read into one answer.
    """

    db: Database
    blobs: BlobStore
    clock: Clock
    requests: Requests
    allowances: Allowances
    fresh: Callable[[], UUID]
    max_bytes: int
    max_texts_bytes: int = 128 * 2**20

    async def create(
        self, actor: Actor, project: ProjectId, text: str, asked: Asked | None = None
    ) -> Program:
        """A program on its own, to be run by any number of batches.

        Returns:
            The program; the one that the same request made before.
        Raises:
            Unknown, OverBound, KeyReused
            QuotaExceeded: of stored bytes.
        """
        if not actor.sees(project):
            raise Unknown("project", str(project))
        async with self.keep(actor, project, [text], is_named=True) as kept:
            (program,) = kept.programs.values()
            async with self.db.work() as work:
                if (earlier := await self.requests.repeated(work, asked)) is not None:
                    (id,) = earlier.made
                    return await work.programs.get(ProgramId(UUID(id)), visible_to=actor)
                known = await work.projects.get(project)
                if known is None:
                    raise Unknown("project", str(project))
                await self.allowances.must_allow(work, known, Wanted(bytes=kept.size))
                await work.programs.add([program])
                await self.requests.remember(work, asked, program.id)
            kept.is_added = True
        return program

    async def get(self, actor: Actor, id: ProgramId) -> Program:
        async with self.db.look() as work:
            return await work.programs.get(id, visible_to=actor)

    async def list(self, actor: Actor, project: ProjectId, page: Page) -> Listed[Program]:
        """Programs made on their own."""
        async with self.db.look() as work:
            return await work.programs.list_named(actor, project, page)

    async def text(self, actor: Actor, id: ProgramId) -> str:
        """Exactly what was sent."""
        program = await self.get(actor, id)
        return (await self.blobs.get(program.key)).decode()

    async def texts(self, actor: Actor, ids: Sequence[ProgramId]) -> Mapping[ProgramId, str]:
        """Exactly what was sent, of each.

        Raises:
            OverBound: more than can be held at once; ask for fewer.
        """
        async with self.db.look() as work:
            programs = [await work.programs.get(id, visible_to=actor) for id in ids]
        if sum(program.size for program in programs) > self.max_texts_bytes:
            raise OverBound("What these jobs run", self.max_texts_bytes)
        return {program.id: (await self.blobs.get(program.key)).decode() for program in programs}

    def link(self, program: Program) -> str:
        """A URL, or a path of this server, that fetches the text without a login."""
        return self.blobs.link(program.key, filename=f"{program.id}.json", until=self.clock.now() + LINK_LIFE)

    @asynccontextmanager
    async def keep(
        self, actor: Actor, project: ProjectId, texts: Iterable[str], *, is_named: bool = False
    ) -> AsyncIterator[Kept]:
        """Store texts durably, each once, and make the programs that a transaction will add. Where it adds
        none, or is refused, what was stored for it goes again, unless somebody else sent the same meanwhile.

        A text without its row, after a crash in between, is found again by the next who sends it, or swept.
        """
        kept = Kept(programs=self.draft(actor, project, texts, is_named=is_named))
        await self._store(kept)
        try:
            yield kept
        except StoreBusy:  # who knows what was committed
            raise
        except Refusal:
            await self._take_back(kept)
            raise
        if not kept.is_added:
            await self._take_back(kept)

    async def _store(self, kept: Kept) -> None:
        try:
            for text, program in kept.programs.items():
                if (mark := await self.blobs.add(program.key, text.encode())) is not None:
                    kept.stored[program.key] = mark
        except StoreBusy:
            await self._take_back(kept)
            raise

    async def _take_back(self, kept: Kept) -> None:
        with suppress(StoreBusy):  # the sweep will come
            for key, mark in kept.stored.items():
                await self.blobs.delete(key, mark=mark)

    def draft(
        self, actor: Actor, project: ProjectId, texts: Iterable[str], *, is_named: bool = False
    ) -> dict[str, Program]:
        """As `keep`, but nothing is stored.

        Raises:
            OverBound: a text is too long.
        """
        now = self.clock.now()
        drafted: dict[str, Program] = {}
        for text in dict.fromkeys(texts):
            body = text.encode()
            if len(body) > self.max_bytes:
                raise OverBound("The program", self.max_bytes)
            drafted[text] = Program(
                id=ProgramId(self.fresh()),
                project_id=project,
                creator_id=actor.account_id,
                sha256=checksum(body),
                size=len(body),
                created_at=now,
                is_named=is_named,
            )
        return drafted
