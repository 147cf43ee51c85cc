"""Platforms: which are offered, whether somebody is there to run them, and what operators say."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from ketway.domain.accounts import Actor
from ketway.domain.errors import AlreadyThere, BadField, PlatformUnserved, Unknown
from ketway.domain.platforms import Door, Platform, PlatformId, PlatformState
from ketway.domain.prices import Prices
from ketway.services.faults import Faults
from ketway.services.ports import Bell, Clock, Database, Work

#: A worker not heard of for so long is taken for gone.
WORKER_SILENCE = timedelta(seconds=90)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """
    Args:
        is_served: a worker with its engine was heard of lately.
        is_down: an operator holds its queue.
        why: the operator's words on that.
    """

    platform: Platform
    is_served: bool
    is_down: bool = False
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class Platforms:
    """
    Args:
        catalogue: the platforms that were known at the start; operators may add others.
        engines_here: engines installed beside the server; their platforms are offered from the
            first second, while workers are still loading.
        faults: what is held on purpose, whatever operators say.
    """

    db: Database
    clock: Clock
    bell: Bell
    catalogue: Sequence[Platform]
    engines_here: Collection[str]
    faults: Faults

    async def offers(self, door: Door) -> Sequence[Offer]:
        """What a surface may list, in the catalogue's order."""
        async with self.db.look() as work:
            states = await self._states(work)
            engines = await self._engines(work)
        return [
            self._offer(platform, states, engines)
            for platform in self._known(states).values()
            if door in platform.shown and platform.engine in engines
        ]

    async def every(self) -> Sequence[Offer]:
        """Every platform, wherever it is shown and whoever could run it, in the catalogue's order."""
        async with self.db.look() as work:
            states = await self._states(work)
            engines = await self._engines(work)
        return [self._offer(platform, states, engines) for platform in self._known(states).values()]

    async def offered(self, door: Door, id: PlatformId) -> Offer:
        """
        Raises:
            Unknown: not one that this surface lists.
        """
        for offer in await self.offers(door):
            if offer.platform.id == id:
                return offer
        raise Unknown("platform", str(id))

    async def must_be_served(self, work: Work, platform: Platform) -> None:
        """
        Raises:
            PlatformUnserved: an operator holds it, or nobody is there to run it.
        """
        state = (await self._states(work)).get(platform.id)
        if state is not None and state.is_down:
            raise PlatformUnserved(state.why)
        engines = await self._engines(work)
        if platform.engine not in self.engines_here and not engines.get(platform.engine):
            raise PlatformUnserved

    def is_served(self, offer: Offer) -> bool:
        """Whether somebody runs it; workers that are still loading must not lock anybody out."""
        return offer.is_served or offer.platform.engine in self.engines_here

    async def chosen(self, door: Door, which: PlatformId | str) -> Platform:
        """What a client names, by name or id, to run something on.

        Raises:
            Unknown: as `named`.
        """
        async with self.db.look() as work:
            known = self._known(await self._states(work)).values()
            named = [each for each in known if which in (each.name, each.id) and door in each.shown]
            for platform in named:
                # Whoever has its engine here need not ask for the workers that have it.
                if platform.engine in self.engines_here or platform.engine in await self._engines(work):
                    return platform
        raise Unknown("platform", str(which))

    async def named(self, door: Door, name: str) -> Offer:
        """
        Raises:
            Unknown: not one that this surface lists.
        """
        for offer in await self.offers(door):
            if offer.platform.name == name:
                return offer
        raise Unknown("platform", name)

    async def get(self, id: PlatformId) -> Platform:
        """A platform by id, offered or not: for jobs that are here already.

        Raises:
            Unknown
        """
        known = await self.known()
        if id not in known:
            raise Unknown("platform", str(id))
        return known[id]

    async def engines(self) -> Mapping[str, bool]:
        """Every engine that is offered, and whether a worker with it was heard of lately."""
        async with self.db.look() as work:
            return await self._engines(work)

    async def known(self) -> Mapping[PlatformId, Platform]:
        """Every platform, offered or not."""
        async with self.db.look() as work:
            return await self.known_in(work)

    async def known_in(self, work: Work) -> Mapping[PlatformId, Platform]:
        """As `known`, within a transaction."""
        return self._known(await work.platforms.states())

    async def names(self) -> Mapping[PlatformId, str]:
        """What every platform is called; one that is not known any more, by its id."""
        return _Names({id: platform.name for id, platform in (await self.known()).items()})

    async def run_by(self, work: Work, engines: Collection[str]) -> Sequence[Platform]:
        """Platforms of these engines, without those whose queue is held."""
        states = await self._states(work)
        return [
            platform
            for platform in self._known(states).values()
            if platform.engine in engines and not (platform.id in states and states[platform.id].is_down)
        ]

    async def set_down(
        self, actor: Actor, platforms: Sequence[PlatformId], is_down: bool, why: str = ""
    ) -> None:
        """Hold the queues of platforms, or let them go on.

        Raises:
            NotAllowed: not an operator.
            Unknown: one of the platforms.
        """
        await self._change(actor, platforms, lambda state: replace(state, is_down=is_down, why=why))

    async def set_specs(self, actor: Actor, id: PlatformId, specs: str) -> None:
        """What clients read about a platform from now on; jobs that wait run as they are.

        Raises:
            NotAllowed, Unknown: as `set_down`.
        """
        await self._change(actor, [id], lambda state: replace(state, specs=specs))

    async def set_prices(self, actor: Actor, id: PlatformId, prices: Prices | None) -> None:
        """What its use costs batches that are made from now on; None for what the catalogue says.

        Raises:
            NotAllowed, Unknown: as `set_down`.
        """
        await self._change(actor, [id], lambda state: replace(state, prices=prices))

    async def add(self, actor: Actor, platform: Platform, *, is_down: bool = False) -> None:
        """A platform that the catalogue does not have.

        Raises:
            NotAllowed: not an operator.
            AlreadyThere: the name is taken.
            BadField: no worker has ever come with its engine, nor is it installed here.
        """
        actor.must_operate()
        async with self.db.work() as work:
            if platform.id in self._known(await work.platforms.states()):
                raise AlreadyThere("platform", platform.name)
            engines = await self._engines(work)
            if platform.engine not in engines:
                raise BadField(("engine",), f"is none of {', '.join(engines)}", "unknown")
            state = PlatformState(platform_id=platform.id, is_down=is_down, made=platform)
            await work.platforms.put(state)

    async def _change(
        self,
        actor: Actor,
        platforms: Sequence[PlatformId],
        change: Callable[[PlatformState], PlatformState],
    ) -> None:
        actor.must_operate()
        async with self.db.work() as work:
            states = await work.platforms.states()
            known = self._known(states)
            for id in platforms:
                if id not in known:
                    raise Unknown("platform", str(id))
                await work.platforms.put(change(states.get(id, PlatformState(platform_id=id))))
        await self.bell.ring()

    async def _states(self, work: Work) -> Mapping[PlatformId, PlatformState]:
        """What operators said, and what is down on purpose."""
        said = await work.platforms.states()
        down = {
            id: replace(said.get(id, PlatformState(platform_id=id)), is_down=True, why=why)
            for id, why in self.faults.down_at(self.clock.now()).items()
        }
        return {**said, **down}

    def _known(self, states: Mapping[PlatformId, PlatformState]) -> dict[PlatformId, Platform]:
        made = [state.made for state in states.values() if state.made is not None]
        return {
            platform.id: states[platform.id].of(platform) if platform.id in states else platform
            for platform in (*self.catalogue, *made)
        }

    def _offer(
        self, platform: Platform, states: Mapping[PlatformId, PlatformState], engines: Mapping[str, bool]
    ) -> Offer:
        state = states.get(platform.id, PlatformState(platform_id=platform.id))
        return Offer(
            platform=platform,
            is_served=engines.get(platform.engine, False),
            is_down=state.is_down,
            why=state.why,
        )

    async def _engines(self, work: Work) -> Mapping[str, bool]:
        seen = await work.workers.engines()
        fresh = self.clock.now() - WORKER_SILENCE
        names = sorted({*self.engines_here, *seen})
        return {name: name in seen and seen[name] >= fresh for name in names}


class _Names(dict[PlatformId, str]):
    """Batches and jobs outlive their platform: a later catalogue may be without it."""

    def __missing__(self, id: PlatformId) -> str:
        return str(id)
