"""An application: a hybrid program that this server offers to run, as its operator wrote it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType
from uuid import UUID, uuid5

from ketway.domain.errors import BadField
from ketway.domain.platforms import Platform, PlatformId, platform_id

ApplicationId = NewType("ApplicationId", UUID)

_NAMES = UUID("0b7a1c2e-5d3f-5e0b-8c64-2f7e9d10a4b8")


def application_id(name: str) -> ApplicationId:
    """The same id for the same name, on every server and after every start."""
    return ApplicationId(uuid5(_NAMES, name))


@dataclass(frozen=True, kw_only=True)
class Application:
    """
    Args:
        name: of the kind that its processes are.
        type: what it does, in a word that surfaces show.
        platforms: names of those that it can use, one of them for each process.
        input_template: JSON object, text as written: what a process is to be given.
    """

    name: str
    type: str
    platforms: tuple[str, ...]
    input_template: str

    @property
    def id(self) -> ApplicationId:
        return application_id(self.name)

    @property
    def platform_ids(self) -> tuple[PlatformId, ...]:
        return tuple(platform_id(name) for name in self.platforms)

    def must_use(self, platform: Platform) -> None:
        """
        Raises:
            BadField: it cannot use this one.
        """
        if platform.name not in self.platforms:
            able = ", ".join(self.platforms)
            raise BadField(("platform_id",), f"{self.name} cannot use {platform.name}; it can use {able}")
