"""Links that reach us from where the caller stands."""

from __future__ import annotations

from starlette.requests import Request


def absolute(request: Request, link: str) -> str:
    """A link with scheme and host: `public_url` where the operator set one, else the request's own."""
    if not link.startswith("/"):
        return link
    public_url: str | None = request.app.state.public_url
    if public_url is not None:
        return public_url.rstrip("/") + link
    return f"{request.url.scheme}://{request.url.netloc}{link}"
