"""How the programs here are told where the server is, and how they tell what they saw.

A program is a list of scenes; each says what it saw as a JSON value.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from warnings import simplefilter

from tests.parity.clients.scenes import played
from tests.parity.clients.scenes import refused as refused

NOBODY = "00000000-0000-4000-8000-000000000099"
AER = "EMU-AER-16C-128M"
QSIM = "EMU-QSIM-16C-128M"
#: Seconds between two looks at a job, for clients that let us choose.
SOON = 0.1


@dataclass(frozen=True)
class Setting:
    """What a test says on standard input."""

    url: str
    project_id: str
    secret_key: str
    idle: Mapping[str, str]  #: another server, without workers: its url, project_id, secret_key

    @property
    def keys(self) -> dict[str, str]:
        """As every client of the newer generations takes them."""
        return {"project_id": self.project_id, "secret_key": self.secret_key, "url": self.url}

    @property
    def first_keys(self) -> dict[str, str]:
        """As those of the first take them: the path is part of the address."""
        return self.keys | {"url": f"{self.url}/qaas/v1alpha1"}


@cache
def setting() -> Setting:
    return Setting(**json.load(sys.stdin))


def play(scenes: Sequence[Callable[[], Any]]) -> None:
    """Print what each scene saw, or how it failed, by its name."""
    simplefilter("ignore")
    setting()
    told = played({scene.__name__: scene for scene in scenes})
    print(json.dumps({"scenes": told}, default=_plain))


def _plain(value: Any) -> Any:
    """Numbers of NumPy's are numbers, and its arrays lists."""
    return value.tolist()
