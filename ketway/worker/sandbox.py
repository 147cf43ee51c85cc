"""What a child puts around itself before it reads a stranger's first byte."""

from __future__ import annotations

import ctypes
import fcntl
import os
import resource
import signal
import site
import stat
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ketway.worker import landlock, seccomp

NOBODY = 65_534
MAX_FILE_BYTES = 256 * 2**20
_MAX_THREADS_OF_NOBODY = 1024
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = (
    1,
    4,
    24,
    38,
    47,
)
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_CAPABILITY_VERSION = 0x20080522
#: Files of the system that the emulators read: libraries, time zones, what the processor can do.
_SYSTEM = (
    "/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types",
    "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/proc/self", "/proc/sys/kernel", "/proc/sys/vm",
    "/sys/devices/system", "/sys/fs/cgroup", "/dev/urandom", "/dev/random", "/dev/zero",
)  # fmt: skip
_REQUIRED = frozenset({"files", "system calls", "no new privileges", "capabilities", "limits"})
#: Names of the environment that say nothing about anybody; engines are imported with these.
_PLAIN = ("PATH", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH", "VIRTUAL_ENV")

#: A child has one thread; as many children as cores beat one child with as many threads.
ONE_THREAD = {
    f"{library}_NUM_THREADS": "1"
    for library in ("OMP", "MKL", "OPENBLAS", "NUMEXPR", "RAYON", "VECLIB", "BLIS")
} | {"QISKIT_PARALLEL": "FALSE", "KMP_INIT_AT_FORK": "FALSE"}

_libc = ctypes.CDLL(None, use_errno=True)


class SandboxMissing(Exception):
    """Layers that were asked for are not to be had here."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """
    Args:
        why: what it rests on, or why it is missing.
    """

    name: str
    is_active: bool
    why: str

    def __str__(self) -> str:
        return f"{self.name} {'yes' if self.is_active else 'NO'} ({self.why})"


def must_be_whole(layers: Sequence[Layer]) -> None:
    """
    Raises:
        SandboxMissing: names the layers and the reasons.
    """
    missing = [layer for layer in layers if layer.name in _REQUIRED and not layer.is_active]
    if missing:
        raise SandboxMissing("The sandbox is not whole: " + "; ".join(map(str, missing)) + ".")


def environment() -> dict[str, str]:
    """The fork server's: a child can read what its ancestor was started with, so it holds no secret."""
    kept = {name: os.environ[name] for name in (*_PLAIN, "HOME") if name in os.environ}
    return kept | ONE_THREAD | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def die_with_parent() -> None:
    """The kernel kills us when the thread that started us ends."""
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def enter(folder: Path, lifeline: int, parent: int) -> list[Layer]:
    """Shut this process in for good; what cannot be had is said, not hidden.

    Args:
        folder: the only place it may write.
        lifeline: read end of a pipe; when nobody holds the other end, this process is gone.
        parent: the process that forked this one; when it ends, so does this one.
    """
    os.setsid()
    os.chdir(folder)
    _clear_environment(folder)
    _close_standard_streams()
    layers = [
        _try("limits", _limit, "rlimits"),
        _another_user(folder),
        _try("capabilities", _drop_capabilities, "none kept"),
    ]
    # Not before: a change of user forgets the death signal.
    _die_with(lifeline, parent)
    return [
        *layers,
        _try("no new privileges", lambda: _prctl(_PR_SET_NO_NEW_PRIVS, 1), "prctl"),
        _files(folder),
        _try("system calls", seccomp.restrict, "seccomp"),
    ]


def _die_with(lifeline: int, parent: int) -> None:
    """The kernel kills us when the pipe breaks, whatever we compute at that moment.

    A death signal alone follows the fork server, not the worker; and a thread that waits
    for the pipe would need the interpreter, which an engine may hold for minutes.
    """
    die_with_parent()
    fcntl.fcntl(lifeline, fcntl.F_SETSIG, signal.SIGKILL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
    try:
        is_broken = os.read(lifeline, 1) == b""
    except BlockingIOError:
        is_broken = False
    if is_broken or os.getppid() != parent:
        os._exit(1)


def _limit() -> None:
    # Whoever must die when memory runs out, it is we, not the worker.
    Path("/proc/self/oom_score_adj").write_text("1000")
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_NOFILE, 256),
        (resource.RLIMIT_MEMLOCK, 0),
    ):
        _lower(what, most)


def _lower(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    least = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (least, least))


def _another_user(folder: Path) -> Layer:
    name = "another user"
    if os.getuid() != 0:
        return Layer(name=name, is_active=False, why="not started as root")
    closed = next((path for path in _code() if not _is_open_to_all(path)), None)
    if closed is not None:
        return Layer(name=name, is_active=False, why=f"{closed} is closed to other users")

    def drop() -> None:
        _lower(resource.RLIMIT_NPROC, _MAX_THREADS_OF_NOBODY)
        os.chown(folder, NOBODY, NOBODY)
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        _prctl(_PR_SET_DUMPABLE, 1)  # or it could not look at its own /proc/self

    return _try(name, drop, f"uid {NOBODY}")


def _drop_capabilities() -> None:
    """Root without capabilities is an owner of files and nothing more."""
    capability = 0
    while os.geteuid() == 0 and _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, none) != 0:
        _fail()


def _files(folder: Path) -> Layer:
    abi = landlock.version()
    if not abi:
        return Layer(name="files", is_active=False, why="the kernel has no Landlock")
    readable = [*map(Path, _SYSTEM), *_code()]
    writable = [folder, Path("/dev/null")]
    return _try(
        "files", lambda: landlock.restrict(readable=readable, writable=writable), f"Landlock version {abi}"
    )


def _code() -> list[Path]:
    """Where this interpreter's code is: its own folders, and those of packages imported by now.

    Not all of `sys.path`: an entry may be the folder somebody stood in, with the data in it.
    """
    own = {Path(sys.prefix), Path(sys.base_prefix), Path(sysconfig.get_path("stdlib"))}
    own |= {Path(folder) for folder in site.getsitepackages()}
    own |= {Path(entry) for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")}
    elsewhere = {path for path in _imported() if not any(path.is_relative_to(folder) for folder in own)}
    return sorted(path for path in own | elsewhere if path.exists())


def _imported() -> Iterator[Path]:
    for name, module in list(sys.modules.items()):
        if "." not in name:
            yield from (Path(folder) for folder in getattr(module, "__path__", ()))
            file = getattr(module, "__file__", None)
            if isinstance(file, str):
                yield Path(file)


def _is_open_to_all(path: Path) -> bool:
    readable = stat.S_IROTH | (stat.S_IXOTH if path.is_dir() else 0)
    if path.stat().st_mode & readable != readable:
        return False
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in path.parents)


def _clear_environment(folder: Path) -> None:
    kept = {name: os.environ[name] for name in _PLAIN if name in os.environ}
    os.environ.clear()
    os.environ.update(kept | ONE_THREAD | {"HOME": str(folder), "TMPDIR": str(folder)})
    tempfile.tempdir = str(folder)  # it remembers what it found in the fork server


def _close_standard_streams() -> None:
    nothing = os.open("/dev/null", os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.close(nothing)


def _try(name: str, do: Callable[[], None], rests_on: str) -> Layer:
    try:
        do()
    except (OSError, ImportError, RuntimeError, ValueError) as error:
        return Layer(name=name, is_active=False, why=str(error)[:200])
    return Layer(name=name, is_active=True, why=rests_on)


def _prctl(option: int, argument: int) -> None:
    if _libc.prctl(option, argument, 0, 0, 0) != 0:
        _fail()


def _fail() -> None:
    error = ctypes.get_errno()
    raise OSError(error, os.strerror(error))
