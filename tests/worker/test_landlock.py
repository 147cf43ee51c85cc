"""What the kernel itself makes of our rules; each rule set in a process that then ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ketway.worker import landlock

needs_landlock = pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")
REPOSITORY = Path(__file__).parents[2]

#: Does each step after the rules are in force; says for each what came of it.
_PROBE = """
import ctypes, errno, json, os, socket, sys
from pathlib import Path
from ketway.worker import landlock
given = json.loads(sys.argv[1])
steps = {
    "read": lambda path: Path(path).read_text(),
    "list": lambda path: sorted(os.listdir(path)),
    "write": lambda path: Path(path).write_text("new"),
    "truncate": lambda path: os.truncate(path, 0),
    "remove": lambda path: Path(path).unlink(),
    "folder": lambda path: Path(path).mkdir(),
    "link": lambda path: os.link(path, path + ".link"),
    "symlink": lambda path: os.symlink("/etc", path),
    "socket file": lambda path: socket.socket(socket.AF_UNIX).bind(path),
    "fifo": lambda path: os.mkfifo(path),
    "listen": lambda port: socket.socket().bind(("127.0.0.1", int(port))),
    "dial": lambda port: socket.create_connection(("127.0.0.1", int(port)), 5) and "connected",
}
ctypes.CDLL(None).prctl(38, 1, 0, 0, 0)
landlock.restrict(readable=map(Path, given["readable"]), writable=map(Path, given["writable"]))
said = []
for step, argument in given["steps"]:
    try:
        said.append(steps[step](argument))
    except OSError as error:
        said.append(errno.errorcode[error.errno])
print(json.dumps(said))
"""


def outcomes(*steps: tuple[str, object], readable: tuple[Path, ...] = (), writable: tuple[Path, ...] = ()):
    given = {
        "readable": [str(path) for path in readable],
        "writable": [str(path) for path in writable],
        "steps": [(step, str(argument)) for step, argument in steps],
    }
    probe = subprocess.run(
        [sys.executable, "-c", _PROBE, json.dumps(given)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(probe.stdout)


@needs_landlock
def test_what_is_readable_is_read_and_not_written(tmp_path):
    file = tmp_path / "data"
    file.write_text("ours")

    said = outcomes(
        ("read", file),
        ("list", tmp_path),
        ("write", file),
        ("write", tmp_path / "more"),
        ("truncate", file),
        ("remove", file),
        ("link", file),
        readable=(tmp_path,),
    )

    assert said == ["ours", ["data"], *["EACCES"] * 5]
    assert file.read_text() == "ours"


@needs_landlock
def test_what_is_writable_holds_plain_files_and_nothing_else(tmp_path):
    file = tmp_path / "notes"

    said = outcomes(
        ("write", file),
        ("read", file),
        ("folder", tmp_path / "folder"),
        ("symlink", tmp_path / "link"),
        ("socket file", str(tmp_path / "socket")),
        ("fifo", tmp_path / "fifo"),
        ("truncate", file),
        ("remove", file),
        writable=(tmp_path,),
    )

    assert said == [3, "new", *["EACCES"] * 4, None, None]


@needs_landlock
def test_what_is_not_named_is_not_there(tmp_path):
    for name in ("ours", "theirs"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "data").write_text(name)

    said = outcomes(
        ("read", tmp_path / "ours/data"),
        ("read", tmp_path / "theirs/data"),
        ("read", tmp_path / "ours/../theirs/data"),
        ("list", tmp_path),
        readable=(tmp_path / "ours",),
    )

    assert said == ["ours", *["EACCES"] * 3]


@needs_landlock
def test_a_link_out_of_a_folder_leads_nowhere(tmp_path):
    (tmp_path / "data").write_text("ours")
    (tmp_path / "open").mkdir()
    (tmp_path / "open/link").symlink_to(tmp_path / "data")

    assert outcomes(("read", tmp_path / "open/link"), readable=(tmp_path / "open",)) == ["EACCES"]


@needs_landlock
def test_a_path_that_does_not_exist_is_left_out(tmp_path):
    (tmp_path / "data").write_text("ours")

    said = outcomes(("read", tmp_path / "data"), readable=(tmp_path / "none", tmp_path / "data"))

    assert said == ["ours"]


@pytest.mark.skipif(landlock.version() < 4, reason="Landlock knows of the network from version 4")
def test_no_port_is_bound_or_dialled():
    assert outcomes(("listen", 0), ("dial", 9)) == ["EACCES", "EACCES"]


def test_the_version_is_a_number_and_asking_changes_nothing(tmp_path):
    before = landlock.version()

    (tmp_path / "still").write_text("here")

    assert landlock.version() == before >= 0
