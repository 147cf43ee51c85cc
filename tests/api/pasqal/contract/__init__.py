"""Every route of the dialect: who may call it, with what, what it answers, and when it refuses.

Numbers are those of the reference that this server follows.
"""

from tests.api.pasqal.contract import (
    account,
    banners,
    batches,
    devices,
    jobs,
    logins,
    ovh,
    statistics,
    workloads,
)
from tests.api.pasqal.contract.rows import May, Route

__all__ = ["ROUTES", "May", "Route"]

ROUTES: list[Route] = [
    route
    for noun in (logins, account, batches, jobs, devices, statistics, workloads, banners, ovh)
    for route in noun.ROUTES
]
