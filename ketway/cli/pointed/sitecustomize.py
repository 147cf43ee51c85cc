"""Start-up hook of `ketway exec`: clients are given our address, login and project.

Python runs this before the program. Nothing happens until the program imports a client; then the
class of it that holds the address, whatever its version calls it, takes ours instead of what the
program passes.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ketway_points_pasqal
import ketway_points_scaleway


class _Pointing(importlib.abc.MetaPathFinder):
    """Finds the clients' modules as usual, and looks at each once it is loaded."""

    def __init__(self, waited_for: dict[str, Callable[[Any], None]]) -> None:
        self.waited_for = waited_for

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        point = self.waited_for.pop(fullname, None)
        if point is None:
            return None
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_point(module: Any) -> None:
                load(module)
                point(module)

            spec.loader.exec_module = load_and_point  # type: ignore[method-assign]
        return spec


def _chain() -> None:
    """Run the `sitecustomize` that we stand in front of, if there is one."""
    here = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if Path(entry).resolve() != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if "KETWAY_URL" in os.environ:
    sys.meta_path.insert(0, _Pointing(ketway_points_pasqal.CLIENTS | ketway_points_scaleway.CLIENTS))
_chain()
