"""What a child can and cannot do."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ketway.worker import landlock, sandbox
from ketway.worker.children import Children
from ketway.worker.deaths import ChildDied
from tests.worker.kit import said, some_children

needs_landlock = pytest.mark.skipif(not landlock.version(), reason="the kernel has no Landlock")
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
async def children() -> AsyncIterator[Children]:
    async with some_children() as started:
        yield started


async def test_every_layer_that_can_be_required_is_active():
    async with some_children(require_sandbox=True) as children:
        active = {layer.name for layer in children.layers if layer.is_active}

    assert active >= {"files", "system calls", "no new privileges", "capabilities", "limits"}


def test_a_missing_layer_is_refused_where_it_is_required():
    missing = sandbox.Layer(name="files", is_active=False, why="the kernel has no Landlock")

    with pytest.raises(sandbox.SandboxMissing, match="no Landlock"):
        sandbox.must_be_whole([missing])


async def test_a_child_with_fewer_layers_than_the_first_gets_no_work():
    async with some_children() as children:
        children.layers = (*children.layers, sandbox.Layer(name="moat", is_active=True, why="dug"))

        with pytest.raises(ChildDied, match="moat"):
            await said(children, "harmless")


@needs_landlock
@pytest.mark.parametrize(
    "path",
    [
        "/etc/shadow",
        "/etc/passwd",
        "/proc/1/environ",
        "/proc/{worker}/environ",
        "/proc/{worker}/maps",
        "/proc/self/root/etc/shadow",
        "/proc/self/cwd/../../../../../../etc/shadow",
        f"{REPOSITORY}/pyproject.toml",
    ],
)
async def test_a_child_reads_no_file_of_ours(children, path):
    answer = await said(children, "read", path=path.format(worker=os.getpid()))

    assert answer in ("EACCES", "EPERM")


@needs_landlock
async def test_a_child_reads_no_data_folder(children, tmp_path):
    (tmp_path / "credentials.json").write_text("secret")

    read = await said(children, "read", path=str(tmp_path / "credentials.json"))
    listed = await said(children, "list", path=str(tmp_path))

    assert (read, listed) == ("EACCES", "EACCES")


@needs_landlock
@pytest.mark.parametrize(
    "path", ["/", "/root", "/home", "/tmp", "/dev", "/dev/shm", "/etc", "..", REPOSITORY]
)
async def test_a_child_lists_no_folder_but_its_own(children, path):
    assert await said(children, "list", path=str(path)) == "EACCES"


@needs_landlock
async def test_a_child_writes_in_its_own_folder_and_nowhere_else(children, tmp_path):
    assert await said(children, "write", path="notes") == "mine"
    assert await said(children, "write", path=str(tmp_path / "notes")) == "EACCES"
    assert await said(children, "write", path=str(REPOSITORY / "ketway/notes")) == "EACCES"
    assert await said(children, "write", path="/proc/self/oom_score_adj") == "EACCES"


@pytest.mark.parametrize(
    "misdeed",
    [
        "pair", "fork", "spawn", "exec", "device", "pipe", "folder", "unseen", "shared", "become root",
        "undo the lifeline",
    ],
)  # fmt: skip
async def test_a_child_is_refused(children, misdeed):
    assert await said(children, misdeed) in ("EPERM", "EACCES")


@pytest.mark.parametrize("family", ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK"])
async def test_a_child_opens_no_socket(children, family):
    assert await said(children, "socket", family=family) == "EPERM"


@pytest.mark.parametrize("misdeed", ["signal", "limit"])
async def test_a_child_does_nothing_to_its_worker(children, misdeed):
    assert await said(children, misdeed, pid=os.getpid()) == "EPERM"


@pytest.mark.parametrize("misdeed", ["mode", "date", "link"])
async def test_a_child_changes_nothing_about_files_that_it_cannot_read(children, misdeed, tmp_path):
    file = tmp_path / "data"
    file.write_text("ours")
    before = file.stat()

    answer = await said(children, misdeed, path=str(file))

    after = file.stat()
    assert answer in ("EPERM", "EACCES", "EXDEV")
    assert (after.st_mode, after.st_mtime, after.st_nlink) == (before.st_mode, before.st_mtime, 1)


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="numbers of that machine")
@pytest.mark.parametrize(
    "numbers",
    [
        pytest.param((157, 1, 0), id="prctl: no death signal"),
        pytest.param((157, 1 | 1 << 40, 0), id="prctl: the same with a mark in the upper half"),
        pytest.param((56, 17, 0, 0, 0, 0), id="clone: a process"),
        pytest.param((72, 0, 8, 1), id="fcntl: signals to init"),
        pytest.param((452, -100, 0, 0, 0), id="fchmodat2"),
        pytest.param((321, 0, 0, 0), id="bpf"),
        pytest.param((425, 1, 0), id="io_uring_setup"),
        pytest.param((101, 16, 1, 0, 0), id="ptrace"),
        pytest.param((424, 0, 9, 0, 0), id="pidfd_send_signal"),
    ],
)
async def test_a_child_is_refused_the_system_call(children, numbers):
    assert await said(children, "system call", numbers=numbers) == "EPERM"


async def test_a_child_may_still_do_what_emulators_do(children):
    assert await said(children, "thread") == "done"
    assert await said(children, "import", module="wsgiref.headers") == "wsgiref.headers"
    assert await said(children, "import", module="ketway.engines.noop") == "ketway.engines.noop"
    assert await said(children, "read", path="/proc/cpuinfo")
    assert await said(children, "read", path="/dev/urandom") is not None


async def test_a_child_knows_nothing_of_its_workers_environment(monkeypatch):
    monkeypatch.setenv("KETWAY_WORKER_TOKEN", "do-not-tell")

    async with some_children() as children:
        facts = await said(children, "facts")

    assert "do-not-tell" not in str(facts)
    assert facts["environment"]["HOME"] == facts["folder"] == facts["environment"]["TMPDIR"]
    assert facts["environment"]["OMP_NUM_THREADS"] == "1"


async def test_a_child_has_no_capability_an_empty_folder_and_dies_first_when_memory_runs_out(children):
    facts = await said(children, "facts")

    assert {int(held, 16) for held in facts["capabilities"]} == {0}
    assert facts["files"] == []
    assert facts["oom"] == "1000"


async def test_a_child_holds_its_socket_and_its_lifeline_and_nothing_else(children):
    facts = await said(children, "facts")

    kinds = sorted(target.partition(":")[0] for target in facts["open"])
    assert kinds == ["/dev/null", "/dev/null", "/dev/null", "pipe", "socket"]


async def test_what_a_child_prints_is_not_heard(capfd):
    async with some_children() as children:
        await said(children, "print")

    heard = capfd.readouterr()
    assert "stranger" not in heard.out + heard.err
    assert "and more" not in heard.out + heard.err
