"""Retention: how long results are kept. What is due goes; its job stays, and says what it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from ketway.domain.errors import BadField

#: Said of a rule that is not there.
NONE = "none"
_MOST = 10**6


@dataclass(frozen=True, kw_only=True)
class Retention:
    """A result stays as long as one of these rules keeps it; without a rule, for ever.

    Args:
        days: from its end on.
        newest: so many of a project, whatever their age.
    """

    days: int | None = None
    newest: int | None = None

    @property
    def is_for_ever(self) -> bool:
        return self == FOR_EVER

    def bound(self, now: datetime, newest_since: datetime | None) -> datetime | None:
        """What was kept before that is due; None where nothing is.

        Args:
            newest_since: when the last one of the `newest` was stored; None where there are not so many.
        """
        bounds: list[datetime | None] = []
        if self.days is not None:
            bounds.append(now - timedelta(days=self.days))
        if self.newest is not None:
            bounds.append(newest_since if self.newest else now)
        known = [each for each in bounds if each is not None]
        return min(known) if known and len(known) == len(bounds) else None


FOR_EVER = Retention()
NAMES = tuple(each.name for each in fields(Retention))


def said(words: Mapping[str, Any]) -> dict[str, int | None]:
    """What somebody said of a project's results, as it is kept: a number, or None for no such rule; one
    that was not named is the server's.

    Args:
        words: numbers, or texts of them; None or "none" for no such rule.
    Raises:
        BadField
    """
    if unknown := sorted(words.keys() - set(NAMES)):
        raise BadField(("retention", unknown[0]), f"is no rule; there are {', '.join(NAMES)}", "unknown")
    return {name: _said(name, word) for name, word in words.items()}


def _said(name: str, word: Any) -> int | None:
    if word is None or word == NONE:
        return None
    text = str(word)
    if isinstance(word, bool) or not (text.isascii() and text.isdigit()) or int(text) > _MOST:
        raise BadField(("retention", name), f"should be a whole number from 0 to {_MOST:,}, or {NONE}")
    return int(text)


def of_project(server: Retention, own: Mapping[str, Any]) -> Retention:
    """The rules that hold for a project.

    Args:
        own: as `said` left it.
    """
    return Retention(**{name: own.get(name, getattr(server, name)) for name in NAMES})
