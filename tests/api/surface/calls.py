"""Rows of a table of routes, and the calls that they are tried with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.types import ASGIApp

from tests.api.surface.schemas import Schema


@dataclass(frozen=True, kw_only=True)
class Call:
    """
    Args:
        ids: what stands in the path.
        query: a list repeats its key.
        body: of JSON; None for none.
        form: a body of the token endpoints instead.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str | list[str]] = field(default_factory=dict)
    body: Any = None
    form: Mapping[str, str] | None = None


#: Brings about what a call needs, on the stage of its dialect, and gives that call.
Prepare = Callable[[Any], Awaitable[Call]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One route.

    Args:
        number: its name in the table.
        call: gives a valid call.
        data: what is in the answer.
        query: names of the parameters it reads.
        status: what a valid call is answered with.
    """

    number: str
    method: str
    path: str
    call: Prepare
    data: Schema
    query: Sequence[str] = ()
    status: int = 200

    def __str__(self) -> str:
        return f"{self.number} {self.method} {self.path}"


def plain(**call: Any) -> Prepare:
    async def prepare(stage: Any) -> Call:
        return Call(**call)

    return prepare


def on(key: str, make: Callable[[Any], Awaitable[Mapping[str, Any]]], **call: Any) -> Prepare:
    """About something that was just made.

    Args:
        key: what the path calls its id.
    """

    async def prepare(stage: Any) -> Call:
        return Call(ids={key: (await make(stage))["id"]}, **call)

    return prepare


def rows(table: Sequence[Row]) -> Any:
    """A test of each of these."""
    return pytest.mark.parametrize("route", table, ids=map(str, table))


def served(mounts: Mapping[str, ASGIApp]) -> list[tuple[str, str]]:
    """Method and path of every route of a surface."""
    return [
        (method, f"{prefix}{context.path}")
        for prefix, app in mounts.items()
        if isinstance(app, FastAPI)
        for context in iter_route_contexts(app.routes)
        if isinstance(context.original_route, APIRoute)
        for method in context.methods or ()
    ]
