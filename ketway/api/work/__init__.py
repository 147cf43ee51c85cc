"""The workers' protocol, `/work/v1`: leases, heartbeats, outcomes."""

from ketway.api.work.routes import surface

__all__ = ["surface"]
