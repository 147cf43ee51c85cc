"""Start-up hook of `ketway exec`: clients without a setting for their address get one.

Python runs this before the program. Nothing happens until the program imports `pasqal_cloud`;
then its client class, whatever its version calls it, is given our address, login and project
instead of what the program passes.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

_KEPT = ("webhook",)


class _Pointing(importlib.abc.MetaPathFinder):
    """Finds `pasqal_cloud` as usual, and looks at it once it is loaded."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        if fullname != "pasqal_cloud":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def load_and_point(module: Any) -> None:
                load(module)
                _point(module)

            spec.loader.exec_module = load_and_point  # type: ignore[method-assign]
        return spec


def _point(module: Any) -> None:
    try:
        from pasqal_cloud.pasqal_cloud_client import PasqalCloudClient as client  # noqa: N813 - or SDK
    except ImportError:
        client = module.SDK
    original = client.__init__

    def pointed(self: Any, *args: Any, **kwargs: Any) -> None:
        print(f"ketway: pasqal_cloud talks to {os.environ['KETWAY_URL']}", file=sys.stderr)
        if "client_class" in kwargs:  # OVH's: its token, ours by now, says which project
            original(self, **kwargs | {"endpoints": _endpoints()})
            return
        kept = {name: kwargs[name] for name in _KEPT if name in kwargs}
        original(
            self,
            token_provider=_login(),
            endpoints=_endpoints(),
            project_id=os.environ["KETWAY_PROJECT_ID"],
            **kept,
        )

    client.__init__ = pointed


def _endpoints() -> Any:
    try:
        from pasqal_cloud.endpoints import Endpoints
    except ImportError:
        from pasqal_cloud import Endpoints
    url = os.environ["KETWAY_URL"]
    try:
        return Endpoints(core=f"{url}/core-fast", account=f"{url}/account")
    except TypeError:  # before 0.20.4 there is no account
        return Endpoints(core=f"{url}/core-fast")


def _login() -> Any:
    import requests
    from pasqal_cloud.authentication import ExpiringTokenProvider

    class Login(ExpiringTokenProvider):  # type: ignore[misc]
        def _query_token(self) -> Any:
            said = {
                "grant_type": "password",
                "username": os.environ["KETWAY_USERNAME"],
                "password": os.environ["KETWAY_PASSWORD"],
            }
            answer = requests.post(f"{os.environ['KETWAY_URL']}/oauth/token", data=said, timeout=30)
            answer.raise_for_status()
            return answer.json()

    return Login()


def _chain() -> None:
    """Run the `sitecustomize` that we stand in front of, if there is one."""
    here = Path(__file__).resolve().parent
    others = [entry for entry in sys.path if Path(entry).resolve() != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", others)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if "KETWAY_URL" in os.environ:
    sys.meta_path.insert(0, _Pointing())
_chain()
