"""The environments of published clients, which `tools/parity.sh` makes."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_S = 300.0
#: The one in the environment that runs the tests.
NEWEST = metadata.version("pasqal-cloud")


def python_of(version: str) -> Path:
    """The interpreter with that version of pasqal-cloud.

    Raises:
        AssertionError: it is not there, half made, or made from another list; says how to make it.
    """
    if version == NEWEST:
        return Path(sys.executable)
    folder = ROOT / ".parity" / version
    made = folder / "made"
    wanted = hashlib.sha256((ROOT / "requirements/parity" / f"{version}.txt").read_bytes()).hexdigest()
    is_made = made.exists() and made.read_text().strip() == wanted and (folder / "bin/python").exists()
    assert is_made, f"pasqal-cloud {version} has no environment; make it: tools/parity.sh {version}"
    return folder / "bin/python"


def run(version: str, program: str, said: dict[str, Any], **environment: str) -> Any:
    """What a program of `tests/parity/clients` prints, under that version.

    Args:
        said: goes to its standard input.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    ended = subprocess.run(
        [python_of(version), "-m", f"tests.parity.clients.{program}"],
        input=json.dumps(said),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        cwd=ROOT,
        env=kept | environment,
        check=False,
    )
    assert ended.returncode == 0, f"{program} under pasqal-cloud {version}:\n{ended.stderr}"
    return json.loads(ended.stdout)
