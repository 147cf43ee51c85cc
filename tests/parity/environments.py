"""The environments of published clients, which `tools/parity.sh` makes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".parity"
PATIENCE_S = 300.0
#: The one in the environment that runs the tests.
NEWEST = metadata.version("pasqal-cloud")


def python_of(name: str) -> Path:
    """The interpreter with that version of pasqal-cloud, or with those clients.

    Raises:
        AssertionError: it is not there, half made, or made from another list; says how to make it.
    """
    if name == NEWEST:
        return Path(sys.executable)
    folder = FOLDER / name
    made = folder / "made"
    wanted = hashlib.sha256((ROOT / "requirements/parity" / f"{name}.txt").read_bytes()).hexdigest()
    is_made = made.exists() and made.read_text().strip() == wanted and (folder / "bin/python").exists()
    assert is_made, f"the client {name} has no environment; make it: tools/parity.sh {name}"
    return folder / "bin/python"


def run(
    name: str,
    program: str,
    said: Mapping[str, Any],
    *,
    words: Sequence[str] = (),
    under: Sequence[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Any:
    """What a program of `tests/parity/clients` prints, in that environment.

    Args:
        said: goes to its standard input.
        words: go onto its command line.
        under: a command that runs it, `ketway exec --` for one.
        variables: put into its environment.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    # Estimators of qiskit-scaleway 0.1.17 fail in one process of eight, by the order of a set: Qiskit then
    # looks for as many qubits as the client's own memory holds in a graph of as many as the platform has.
    kept["PYTHONHASHSEED"] = "0"
    ended = subprocess.run(
        [*under, str(python_of(name)), "-m", f"tests.parity.clients.{program}", *words],
        input=json.dumps(said),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=ROOT,
        env=kept | dict(variables or {}),
        check=False,
    )
    assert ended.returncode == 0, f"{program} under {name}:\n{ended.stderr}"
    return json.loads(ended.stdout)


def substitutes() -> list[str]:
    """What is tested on another Python than it asks for, a sentence each."""
    return sorted(note.read_text().strip() for note in FOLDER.glob("*/instead"))
