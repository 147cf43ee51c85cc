"""A clock that is set wrong: libfaketime reads from a file how far it is off."""

from __future__ import annotations

from pathlib import Path

LIBFAKETIME = "libfaketime.so.1"


class FalseClock:
    """Of whatever is started with its environment."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(0)

    def set(self, offset_s: int) -> None:
        aside = self._file.with_suffix(".new")
        aside.write_text(f"{offset_s:+d}\n")
        aside.replace(self._file)

    def environment(self) -> dict[str, str]:
        found = library()
        return (
            {}
            if found is None
            else {
                "LD_PRELOAD": str(found),
                "FAKETIME_TIMESTAMP_FILE": str(self._file),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                # Else waits on the steady clock, which Python's threads do all day, go round and round.
                "FAKETIME_FORCE_MONOTONIC_FIX": "0",
            }
        )


def library() -> Path | None:
    for folder in (*Path("/usr/lib").glob("*-linux-gnu/faketime"), Path("/usr/lib64/faketime")):
        if (folder / LIBFAKETIME).exists():
            return folder / LIBFAKETIME
    return None
