"""Small disks, to be filled."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class Disk:
    """Made by `a_disk`.

    Args:
        is_small: a file system of its own; else a plain folder, which nobody should fill.
    """

    def __init__(self, folder: Path, *, is_small: bool) -> None:
        self.folder = folder
        self.is_small = is_small
        self._filler = folder / "filler"

    def fill(self) -> None:
        with suppress(OSError), self._filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"0" * 65536)

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def a_disk(folder: Path, size: str) -> Iterator[Disk]:
    """A small file system, if we may mount one."""
    folder.mkdir()
    mount = shutil.which("mount")
    made = (
        None
        if mount is None
        else subprocess.run(
            [mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
        )
    )
    is_mounted = made is not None and made.returncode == 0
    try:
        yield Disk(folder, is_small=is_mounted)
    finally:
        if is_mounted:
            subprocess.run(["umount", "-l", folder], check=True)
