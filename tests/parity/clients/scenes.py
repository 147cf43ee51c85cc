"""Playing the scenes of a program: all at once, each told as what it saw or how it failed.

Most of a scene's time is the clients' own waiting between two looks at a job.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

AT_ONCE = 6


def played(scenes: Mapping[str, Callable[[], Any]]) -> dict[str, dict[str, Any]]:
    """What each scene saw, or its traceback, by its name."""
    with ThreadPoolExecutor(AT_ONCE) as stage:
        return dict(zip(scenes, stage.map(_seen, scenes.values()), strict=True))


def _seen(scene: Callable[[], Any]) -> dict[str, Any]:
    try:
        return {"saw": scene()}
    # The refusals of some clients derive from BaseException.
    except BaseException:
        return {"failed": traceback.format_exc(chain=False)}


def refused(call: Callable[..., Any], *words: Any, **named: Any) -> dict[str, str]:
    """What a user reads when a call is refused."""
    try:
        call(*words, **named)
    except BaseException as error:
        return {"error": type(error).__name__, "text": str(error)}
    raise AssertionError("it was not refused")
