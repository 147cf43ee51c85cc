"""Every route of the dialect: who may call it, with what, what it answers, and when it refuses."""

from tests.api.scaleway.contract import bookings, jobs, models, platforms, sessions
from tests.api.scaleway.contract.rows import May, Route

__all__ = ["ROUTES", "May", "Route"]

ROUTES: list[Route] = [
    route for noun in (platforms, sessions, jobs, models, bookings) for route in noun.ROUTES
]
