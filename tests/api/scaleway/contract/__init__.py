"""Every route of the dialect: who may call it, with what, what it answers, and when it refuses."""

from tests.api.scaleway.contract import (
    applications,
    bookings,
    jobs,
    models,
    platforms,
    processes,
    sessions,
)
from tests.api.scaleway.contract.rows import May, Route

__all__ = ["ROUTES", "May", "Route"]

_NOUNS = (platforms, sessions, jobs, models, bookings, applications, processes)
ROUTES: list[Route] = [route for noun in _NOUNS for route in noun.ROUTES]
