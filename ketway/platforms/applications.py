"""The applications of a catalogue: [[application]] beside [[platform]]."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import msgspec

from ketway.domain.applications import Application
from ketway.platforms import BUILT_IN, entries


def read_applications(platforms: Collection[str], path: Path = BUILT_IN) -> list[Application]:
    """
    Args:
        platforms: names of those that this catalogue has.
    Raises:
        ValueError: not a catalogue; the sentence says what is wrong.
        OSError: cannot be read.
    """
    found = [_application(entry, platforms) for _, entry in entries(path, "application")]
    for name, number in Counter(application.name for application in found).items():
        if number > 1:
            raise ValueError(f"application {name}: there are {number} of this name")
    return found


def _application(entry: Mapping[str, Any], platforms: Collection[str]) -> Application:
    try:
        return _checked(entry, platforms)
    except (TypeError, ValueError) as error:
        raise ValueError(f"application {entry.get('name', '?')}: {error}") from None


def _checked(entry: Mapping[str, Any], platforms: Collection[str]) -> Application:
    names = [field.name for field in dataclasses.fields(Application)]
    if unknown := sorted(entry.keys() - set(names)):
        raise ValueError(f"there is no field {', '.join(unknown)}; there are {', '.join(names)}")
    if missing := [name for name in names if name not in entry]:
        raise ValueError(f"{', '.join(missing)} missing")
    known = msgspec.convert(entry, Application)
    if foreign := [name for name in known.platforms if name not in platforms]:
        raise ValueError(f"this catalogue has no platform {', '.join(foreign)}")
    if not known.platforms or not known.name:
        raise ValueError("name and platforms should not be empty")
    try:
        template = json.loads(known.input_template)
    except (ValueError, RecursionError):
        template = None
    if not isinstance(template, dict):
        raise ValueError("input_template should be the text of a JSON object")
    return known
