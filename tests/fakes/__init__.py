"""In-memory ports, complete and honest: what the real ones promise, without a disk."""

from tests.fakes.blobs import MemoryBlobs
from tests.fakes.database import MemoryDatabase
from tests.fakes.worlds import a_memory_world

__all__ = ["MemoryBlobs", "MemoryDatabase", "a_memory_world"]
