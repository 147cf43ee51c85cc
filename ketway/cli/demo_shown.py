"""What the demo shows: one job by one client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ketway.credentials_file import Credentials


@dataclass(frozen=True, kw_only=True)
class Shown:
    """
    Args:
        run: submits one job and waits; counts by bitstring. It is told the job's state.
    """

    title: str
    client: str
    run: Callable[[Credentials, Callable[[str], None]], dict[str, int]]
