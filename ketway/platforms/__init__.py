"""The catalogue: what platforms there are, as data."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from ketway.domain.errors import BadField
from ketway.domain.platforms import Platform, platform_id
from ketway.domain.prices import prices
from ketway.domain.slots import BookingRules

REQUIRED = ("name", "engine", "max_qubits", "max_shots")
BUILT_IN = Path(__file__).parent


def read(path: Path = BUILT_IN) -> list[Platform]:
    """The platforms of a catalogue: one TOML file, or all those of a folder in the order of their names.

    Raises:
        ValueError: not a catalogue; the sentence says what is wrong.
        OSError: cannot be read.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    return [_platform(entry, file.parent) for file in files for entry in _entries(file)]


def _entries(file: Path) -> list[Mapping[str, Any]]:
    entries = tomllib.loads(file.read_text()).get("platform", [])
    if not isinstance(entries, list):
        raise ValueError("`platform` should be a list of tables: write [[platform]]")
    return entries


def _platform(entry: Mapping[str, Any], folder: Path) -> Platform:
    if not isinstance(entry, Mapping):
        raise ValueError("each entry of `platform` should be a table: write [[platform]]")
    name = entry.get("name", "?")
    try:
        return _checked(_with_files(entry, folder))
    except (KeyError, TypeError, ValueError, OSError, BadField) as error:
        raise ValueError(f"platform {name}: {error}") from None


def _with_files(entry: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The entry with the text of each file that it names."""
    fields = dict(entry)
    if "specs" in fields:
        fields["specs"] = (folder / fields["specs"]).read_text()
    settings = fields.get("settings", {})
    if isinstance(settings, Mapping) and "device" in settings:
        device = _device(folder / settings["device"])
        # It travels with every task, so without the white space that makes the file readable.
        fields["settings"] = {**settings, "device": json.dumps(device, separators=(",", ":"))}
    return fields


def _device(path: Path) -> Any:
    """What a file says of a machine, in TOML where it is meant to be read by people."""
    text = path.read_text()
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


def _checked(fields: Mapping[str, Any]) -> Platform:
    known = [field.name for field in dataclasses.fields(Platform) if field.name != "id"]
    if unknown := sorted(fields.keys() - set(known)):
        raise ValueError(f"there is no field {', '.join(unknown)}; there are {', '.join(known)}")
    if missing := [name for name in REQUIRED if name not in fields]:
        raise ValueError(f"{', '.join(missing)} missing")
    if (rate := fields.get("shots_per_s")) is not None and not rate > 0:
        raise ValueError("shots_per_s should be larger than 0; leave it out where there is no pace")
    given = {"id": str(platform_id(str(fields["name"]))), "booking": _booking(fields)}
    if not isinstance(said := fields.get("prices", {}), Mapping):
        raise ValueError('prices should be a table, such as { per_hour = "1.20" }')
    rest = {name: value for name, value in fields.items() if name != "prices"}
    return replace(msgspec.convert({**rest, **given}, Platform), prices=prices(said))


def _booking(fields: Mapping[str, Any]) -> BookingRules | None:
    """Its rules; `true` stands for the usual ones, `false` for none. Where nothing is said, what takes
    one batch at a time can be booked."""
    said = fields.get("booking", fields.get("is_exclusive", False))
    if isinstance(said, bool):
        return BookingRules() if said else None
    if not isinstance(said, Mapping):
        raise ValueError("booking should be true, false, or a table of rules")
    known = [field.name for field in dataclasses.fields(BookingRules)]
    if unknown := sorted(said.keys() - set(known)):
        raise ValueError(f"booking has no {', '.join(unknown)}; it has {', '.join(known)}")
    rules = msgspec.convert(dict(said), BookingRules)
    rules.must_be_possible()
    return rules
