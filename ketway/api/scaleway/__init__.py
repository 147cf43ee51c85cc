"""The `qaas` v1alpha1 dialect over the core: a session is our batch, a model our program."""

from ketway.api.scaleway.app import surface
from ketway.api.scaleway.translate import DOOR, platform
from ketway.api.scaleway.translate_processes import application

__all__ = ["DOOR", "application", "platform", "surface"]
