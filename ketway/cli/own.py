"""ketway's own interface of one server, as a program or as an operator."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from ketway.credentials_file import NAME, Credentials

_PAGE = 1000


class OwnFailed(Exception):
    """What the server refused, or that it is not there; the sentence is for the person who asked.

    Args:
        kind: what the server calls the refusal; empty where it did not say.
    """

    def __init__(self, sentence: str, kind: str = "") -> None:
        super().__init__(sentence)
        self.kind = kind


class OwnClient:
    """
    Args:
        bearer: a secret key or a token; None before a login.
    """

    def __init__(self, url: str, bearer: str | None) -> None:
        self._url = url
        self._http = httpx.Client(
            base_url=f"{url}/ketway/v1",
            headers={} if bearer is None else {"Authorization": f"Bearer {bearer}"},
            timeout=30,
            trust_env=False,
        )

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """
        Raises:
            OwnFailed
        """
        try:
            answer = self._http.request(method, path, **more)
        except httpx.HTTPError as error:
            raise OwnFailed(f"No server answers at {self._url} ({error}); start it: ketway serve") from None
        except UnicodeError:
            raise OwnFailed("What was given is not UTF-8 text.") from None
        if answer.is_success:
            return answer
        try:
            said = answer.json()
            failure = OwnFailed(str(said["message"]), str(said["error"]))
        except (ValueError, KeyError, TypeError):
            failure = OwnFailed(answer.text[:200])
        raise failure

    def told(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """The object of an answer."""
        answer: dict[str, Any] = self.ask(method, path, **more).json()
        return answer

    def all(self, path: str, noun: str, **query: str | None) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        asked = {name: value for name, value in query.items() if value is not None}
        offset, total = 0, 1
        while offset < total:
            page = self.told("GET", path, params=asked | {"limit": _PAGE, "offset": offset})
            yield from page[noun]
            offset, total = offset + _PAGE, page["total"]


def as_program(known: Credentials) -> OwnClient:
    """Sees the jobs of the project."""
    return OwnClient(known.url, known.secret_key)


def as_operator(known: Credentials) -> OwnClient:
    """Logged in as the owner, for what only superusers may do.

    Raises:
        OwnFailed
    """
    said = {"email": known.username, "password": known.password}
    try:
        token = OwnClient(known.url, None).told("POST", "/login", json=said)["token"]
    except OwnFailed as why:
        if why.kind != "BadCredentials":
            raise
        raise OwnFailed(
            f"{known.username} cannot log in with the password in {NAME}, which is an old one; "
            "remove the file and start the server again for new credentials."
        ) from None
    return OwnClient(known.url, token)
