"""A row of this dialect's table: who may call, what is listed, and what the state of things forbids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from tests.api.scaleway.stage import SHUT_OUT, Who
from tests.api.surface.calls import Call, Prepare, Row

#: From one of a list to what it is sorted by.
Key = Callable[[dict[str, Any]], Any]


class May(Enum):
    """Who may call."""

    USER = "anybody with a key"
    MEMBER = "a member of its project"
    OWNER = "who made it, or an admin of its project"


@dataclass(frozen=True, kw_only=True)
class Forbidden:
    """A call that the state of things forbids.

    Args:
        facts: of the answer.
    """

    call: Prepare
    type: str
    facts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Route(Row):
    """
    Args:
        operation: what the official SDK calls it.
        data: of one of them, where several are listed.
        listed: the key of the list in the answer; empty where none is listed.
        orders: what the list may be sorted by; the first is the default.
        most: rows of a page at most.
        some: brings about several to list, some of them equal in what lists are sorted by.
        fields: of its body.
        needs: those of them that must be there.
        forbids: what it answers to calls that come too late, or too early.
    """

    operation: str
    may: May
    listed: str = ""
    orders: Mapping[str, Key] = field(default_factory=dict)
    most: int = 0
    some: Prepare | None = None
    fields: Sequence[str] = ()
    needs: Sequence[str] = ()
    forbids: Sequence[Forbidden] = ()

    def answers(self, who: Who, call: Call) -> int:
        """The status of this caller's call."""
        if who in SHUT_OUT:
            return 401
        if who is Who.STRANGER and "project_id" in {*call.query, *(call.body or ())}:
            return 403
        if who is Who.STRANGER and self.may is not May.USER:
            return 404
        if who in (Who.COLLEAGUE, Who.OPERATOR) and self.may is May.OWNER:
            return 403
        return self.status


def both_ways(**keys: Key) -> dict[str, Key]:
    """Sort words, each upward first."""
    return {f"{name}_{way}": key for name, key in keys.items() for way in ("asc", "desc")}


def newest_first(*first: str, **keys: Key) -> dict[str, Key]:
    """As `both_ways`, with those named first downward first, as the default is."""
    found = both_ways(**keys)
    downward = {f"{name}_desc": found[f"{name}_desc"] for name in first}
    return downward | found


def by(field: str) -> Key:
    """By a field; without it first."""
    return lambda row: (field in row, row.get(field, ""))


PAGE = ("page", "page_size")
LIST = (*PAGE, "order_by")
