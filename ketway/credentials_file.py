"""`credentials.json`: what the first start made, for the clients on this machine."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

NAME = "credentials.json"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """
    Args:
        url: of the server, without path.
        access_key, secret_key: an API key; the secret is a UUID.
        worker_token: lets a worker in, nobody else.
    """

    url: str
    username: str
    password: str
    project_id: str
    access_key: str
    secret_key: str
    worker_token: str

    @classmethod
    def read(cls, folder: Path) -> Credentials | None:
        """None where there is no such file.

        Raises:
            ValueError: there is one, but not of ours.
        """
        try:
            kept = json.loads((folder / NAME).read_text())
        except FileNotFoundError:
            return None
        try:
            return cls(**{field.name: str(kept[field.name]) for field in fields(cls)})
        except (KeyError, TypeError) as error:
            raise ValueError(f"{folder / NAME} lacks {error}") from None

    def write(self, folder: Path) -> None:
        """Readable by its owner alone, and never half written."""
        aside = folder / f".{NAME}"
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(self), file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        aside.replace(folder / NAME)

    def moved_to(self, url: str) -> Credentials:
        return replace(self, url=url)
