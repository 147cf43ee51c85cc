"""Making the environments of published clients."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.parity.environments import ROOT

ASKED = """\
from http import HTTPStatus
print(*(s.is_client_error for s in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.BAD_GATEWAY)))
print(*(s.is_server_error for s in (HTTPStatus.OK, HTTPStatus.NOT_FOUND, HTTPStatus.BAD_GATEWAY)))
"""


@dataclass(frozen=True)
class Made:
    folder: Path
    said: str
    warned: str


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of the repository, what the script needs: with one client, which wants no package."""
    folder = tmp_path_factory.mktemp("tree")
    (folder / "tools").mkdir()
    for name in ("parity.sh", "status_of_312.py"):
        shutil.copy(ROOT / "tools" / name, folder / "tools")
    (folder / ".venv").symlink_to(sys.prefix)
    (folder / "requirements/parity").mkdir(parents=True)
    ask(folder, "9.9")
    (folder / "requirements/parity/client.txt").write_text("")
    return folder


@pytest.fixture(scope="module")
def made(tree: Path) -> Made:
    return make(tree)


def ask(tree: Path, python: str) -> None:
    (tree / "requirements/parity/client.in").write_text(f"# For Python {python}: for a reason.\n")


def make(tree: Path) -> Made:
    ended = subprocess.run([tree / "tools/parity.sh", "client"], capture_output=True, text=True, check=True)
    return Made(tree / ".parity/client", ended.stdout, ended.stderr)


def test_a_python_that_is_nowhere_is_replaced_by_ours_and_everybody_is_told(made):
    sentence = (made.folder / "instead").read_text()

    assert "client is tested on Python 3" in sentence
    assert "not on Python 9.9" in sentence
    assert "PYTHON99=" in made.warned


def test_that_python_has_what_the_clients_need_of_312(made):
    told = subprocess.run(
        [made.folder / "bin/python", "-c", ASKED], capture_output=True, text=True, check=True
    )

    assert told.stdout.splitlines() == ["False True False", "False False True"]


def test_an_environment_is_made_once_and_anew_when_its_python_is_there(tree, made):
    again = make(tree)
    ask(tree, "{}.{}".format(*sys.version_info))
    found = make(tree)

    assert "installing" in made.said
    assert "installing" not in again.said
    assert "installing" in found.said
    assert not (made.folder / "instead").exists()


def test_a_client_without_a_list_is_refused(tree):
    said = subprocess.run([tree / "tools/parity.sh", "nobody"], capture_output=True, text=True, check=False)

    assert said.returncode == 1
    assert "requirements/parity/nobody.txt" in said.stderr
