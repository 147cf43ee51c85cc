"""The catalogue: what platforms there are, as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ketway.domain.platforms import Platform, platform_id

BUILT_IN = Path(__file__).with_name("catalogue.toml")


def read(path: Path = BUILT_IN) -> list[Platform]:
    """The platforms of a catalogue file.

    Raises:
        ValueError: not a catalogue; the sentence says what is wrong.
        OSError: cannot be read.
    """
    entries = tomllib.loads(path.read_text()).get("platform", [])
    return [_platform(entry, path.parent) for entry in entries]


def _platform(entry: Mapping[str, Any], folder: Path) -> Platform:
    fields = dict(entry)
    if "specs" in fields:
        fields["specs"] = (folder / fields["specs"]).read_text()
    try:
        return Platform(id=platform_id(fields["name"]), **fields)
    except (KeyError, TypeError) as error:
        raise ValueError(f"platform {entry.get('name', '?')}: {error}") from None
