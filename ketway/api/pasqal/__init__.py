"""The dialect of Pasqal Cloud: `core-fast`, `account` and the token endpoints."""

from ketway.api.pasqal.app import surface
from ketway.api.pasqal.translate import DOOR

__all__ = ["DOOR", "surface"]
