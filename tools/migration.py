"""Write a migration from what the tables say: `python -m tools.migration 0002 "What it brings"`.

An earlier file of the same number is written anew, so that a migration which nobody has run yet
follows the tables; what stands below its line `# By hand.` is kept.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from ketway.db.migrate import MIGRATIONS

VERSIONS = MIGRATIONS / "versions"
BY_HAND = "    # By hand."


def write(number: str, message: str) -> Path:
    by_hand = [_by_hand(old) for old in VERSIONS.glob(f"{number}_*.py")]
    for old in VERSIONS.glob(f"{number}_*.py"):
        old.unlink()
    made = _generate(number, message)
    lines = [line for line in made.read_text().splitlines() if "# ###" not in line]
    made.write_text("\n".join([*lines, *by_hand]))
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(made)], check=True)  # noqa: S603
    return made


def _by_hand(path: Path) -> str:
    _, line, rest = path.read_text().partition(BY_HAND)
    return f"\n{line}{rest}" if line else ""


def _generate(number: str, message: str) -> Path:
    """Compare the tables with a database that has every other migration."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with (
        TemporaryDirectory() as folder,
        create_engine(f"sqlite:///{folder}/ketway.db").connect() as connection,
    ):
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()
        made = command.revision(config, f"{message}.", autogenerate=True, rev_id=number)
    assert made is not None
    assert not isinstance(made, list)
    return Path(made.path)


if __name__ == "__main__":
    print(write(sys.argv[1], sys.argv[2]))
