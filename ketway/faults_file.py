"""The file of `ketway serve --faults`: what is to go wrong on purpose."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from ketway.api.faults import NO_HTTP, Cut, Error, HttpPlan, Slow
from ketway.domain.faults import NO_FAULTS, Down, Failure, FaultPlan, Late, OnJobs, Wait

JOBS = {"down": Down, "wait": Wait, "failure": Failure, "late": Late}
HTTP = {"slow": Slow, "cut": Cut, "error": Error}

T = TypeVar("T", bound=Down | Wait | OnJobs | Slow | Cut | Error)


@dataclass(frozen=True, kw_only=True)
class Plans:
    jobs: FaultPlan = NO_FAULTS
    http: HttpPlan = NO_HTTP

    def sentences(self) -> list[str]:
        """What goes wrong, each as a person would say it."""
        return [*self.jobs.sentences(), *self.http.sentences()]


def read(path: Path) -> Plans:
    """
    Raises:
        ValueError: not such a file; the sentence says what is wrong.
        OSError: cannot be read.
    """
    said = tomllib.loads(path.read_text())
    known = ("seed", *JOBS, *HTTP)
    if unknown := sorted(said.keys() - set(known)):
        raise ValueError(f"there is no {unknown[0]}; there are {', '.join(known)}")
    seed = said.get("seed", 0)
    if not isinstance(seed, int) or isinstance(seed, bool):
        raise ValueError("seed should be a whole number")
    jobs: dict[str, Any] = {name: _rules(said, name, kind) for name, kind in JOBS.items()}
    http: dict[str, Any] = {name: _rules(said, name, kind) for name, kind in HTTP.items()}
    return Plans(jobs=FaultPlan(seed=seed, **jobs), http=HttpPlan(seed=seed, **http))


def _rules(said: Mapping[str, Any], name: str, kind: type[T]) -> tuple[T, ...]:
    listed = said.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(entry, Mapping) for entry in listed):
        raise ValueError(f"`{name}` should be a list of tables: write [[{name}]]")
    found = []
    for number, entry in enumerate(listed, start=1):
        try:
            found.append(_rule(entry, kind))
        except ValueError as error:
            raise ValueError(f"{name} {number}: {error}") from None
    return tuple(found)


def _rule(entry: Mapping[str, Any], kind: type[T]) -> T:
    fields = dataclasses.fields(kind)
    known = [field.name for field in fields]
    if unknown := sorted(entry.keys() - set(known)):
        raise ValueError(f"there is no key {', '.join(unknown)}; there are {', '.join(known)}")
    missing = [
        field.name for field in fields if field.default is dataclasses.MISSING and field.name not in entry
    ]
    if missing:
        raise ValueError(f"{', '.join(missing)} missing")
    rule = msgspec.convert(dict(entry), kind)
    rule.must_be_possible()
    return rule
