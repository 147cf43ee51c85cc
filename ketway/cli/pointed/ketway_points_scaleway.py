"""Scaleway's clients: the class at the bottom of each, where address, key and project meet."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Callable
from typing import Any

PATH = "/qaas/v1alpha1"


def _ours(path: str = "") -> dict[str, str]:
    """Under every name that these classes have for it."""
    url, key, project = (os.environ[name] for name in ("KETWAY_URL", "SCW_SECRET_KEY", "KETWAY_PROJECT_ID"))
    return {
        "url": url + path,
        "api_url": url,
        "access_key": os.environ["SCW_ACCESS_KEY"],
        "secret_key": key,
        "token": key,
        "project_id": project,
        "default_project_id": project,
    }


def _point(name: str, path: str = "") -> Callable[[Any], None]:
    """
    Args:
        name: of the class in the module.
        path: what its address ends in.
    """

    def point(module: Any) -> None:
        client = getattr(module, name)
        original = client.__init__
        signature = inspect.signature(original)
        ours = {word: value for word, value in _ours(path).items() if word in signature.parameters}

        def pointed(self: Any, *args: Any, **kwargs: Any) -> None:
            print(f"ketway: {module.__name__} talks to {os.environ['KETWAY_URL']}", file=sys.stderr)
            said = signature.bind_partial(self, *args, **kwargs)
            said.arguments.update(ours)
            original(*said.args, **said.kwargs)

        client.__init__ = pointed

    return point


CLIENTS = {
    # Below the clients for Qiskit, Cirq, PennyLane and Pulser, by their generation.
    "scaleway_qaas_client.v1alpha1.client": _point("QaaSClient"),
    "qiskit_scaleway.utils.client": _point("QaaSClient", PATH),
    "cirq_scaleway.scaleway_client": _point("QaaSClient", PATH),
    "perceval.providers.scaleway.scaleway_rpc_handler": _point("RPCHandler"),
    "scaleway_core.client": _point("Client"),
}
