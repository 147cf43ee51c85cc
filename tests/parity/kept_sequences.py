"""The sequences that old clients send, kept as text, so that their environments need no Pulser.

`python -m tests.parity.kept_sequences` writes them anew.
"""

from __future__ import annotations

import json
from math import pi, sqrt
from pathlib import Path
from typing import Any

import pulser

from tests.engines import sequences

FOLDER = Path(__file__).parent / "sequences"


def three_blockaded() -> pulser.Sequence[Any]:
    """One excitation among three, each place as likely: the three are driven sqrt(3) times faster."""
    side = sequences.NEAR
    corners = ((0.0, 0.0), (side, 0.0), (side / 2, side * sqrt(3) / 2))
    return sequences.a_sequence(*corners, area=pi / sqrt(3), duration=400)


KEPT = {
    "one_atom_flipped": sequences.one_atom_flipped,
    "two_far_apart": lambda: sequences.a_sequence((0.0, 0.0), (sequences.FAR, 0.0)),
    "three_blockaded": three_blockaded,
    "three_in_a_row": sequences.three_in_a_row,
    "parametrised": sequences.parametrised,
}


def text(name: str) -> str:
    """As a client sends it, readable by whoever opens the file, whatever Pulser wrote it."""
    document = json.loads(KEPT[name]().to_abstract_repr())
    for part in (document, document["device"]):
        part.pop("pulser_version", None)
    return json.dumps(document, indent=1) + "\n"


def read(name: str) -> str:
    return (FOLDER / f"{name}.json").read_text()


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in KEPT:
        (FOLDER / f"{name}.json").write_text(text(name))


if __name__ == "__main__":
    main()
