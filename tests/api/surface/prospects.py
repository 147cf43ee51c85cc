"""What is foretold of a job, which nobody shows but the routes that read it by its id."""

from __future__ import annotations

from typing import Any

_FORETOLD = {"estimate", "queue_position", "estimated_start"}


def without_prospect(job: dict[str, Any], *, has_ended: bool) -> dict[str, Any]:
    """As other routes show the job; nothing is foretold of one that has ended."""
    if has_ended:
        assert [job.get(name) for name in _FORETOLD] == [None] * len(_FORETOLD)
    return {name: value for name, value in job.items() if name not in _FORETOLD}
