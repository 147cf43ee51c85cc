"""Rows to domain objects and back: one store per noun, one transaction per use case."""

from ketway.db.sqlite import SqliteDatabase, open_database

__all__ = ["SqliteDatabase", "open_database"]
