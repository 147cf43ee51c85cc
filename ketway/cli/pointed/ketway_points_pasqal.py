"""Pasqal's client, which has no setting for its address."""

from __future__ import annotations

import os
import sys
from typing import Any

_KEPT = ("webhook",)


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


CLIENTS = {"pasqal_cloud": _point}
