"""Seccomp: system calls that no emulator needs are refused."""

from __future__ import annotations

import errno
import os

_CLONE_THREAD = 0x00010000
_MAP_SHARED_ANONYMOUS = 0x21
_F_SETOWN, _F_SETSIG, _F_SETOWN_EX = 8, 10, 15
_FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX = 0x8901, 0x8902, 0x5412, 0x541C
_PR_SET_PDEATHSIG = 1

#: Nothing beyond this process: no network, no other program, no message to anybody else.
_OTHERS = (
    "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4",
    "execve", "execveat", "fork", "vfork",
    "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "process_madvise", "process_mrelease",
    "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "setpriority", "sched_setscheduler", "sched_setparam", "sched_setattr", "ioprio_set",
    "migrate_pages", "move_pages",
    "shmget", "shmat", "shmctl", "semget", "semop", "semctl", "semtimedop",
    "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink",
)  # fmt: skip

#: What Landlock leaves open on files that cannot be read: their modes, owners, times, and news of them.
_FILES = (
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchown", "fchownat",
    "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
    "utime", "utimes", "futimesat", "utimensat",
    "inotify_init", "inotify_init1", "inotify_add_watch", "fanotify_init", "fanotify_mark",
    "open_by_handle_at", "name_to_handle_at", "mknod", "mknodat",
)  # fmt: skip

#: Nothing of the kernel's own.
_KERNEL = (
    "mount", "umount2", "pivot_root", "chroot", "unshare", "setns",
    "move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree", "mount_setattr",
    "keyctl", "add_key", "request_key", "bpf", "perf_event_open", "userfaultfd",
    "io_uring_setup", "io_uring_enter", "io_uring_register",
    "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
    "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "syslog", "sethostname", "setdomainname",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex",
    "iopl", "ioperm", "modify_ldt", "personality", "vhangup",
    "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
    "capset",
)  # fmt: skip

#: Memory that no sampling of this process would show.
_UNSEEN_MEMORY = ("memfd_create", "memfd_secret")

#: Younger than the library may be; such numbers are the same on every architecture.
_YOUNG = {
    "process_mrelease": 448, "fchmodat2": 452, "setxattrat": 463, "removexattrat": 466,
    "open_tree_attr": 467, "file_setattr": 469,
}  # fmt: skip


def restrict() -> None:
    """Refuse those calls to this process for good; `no_new_privs` must be set.

    Raises:
        ImportError, OSError, RuntimeError: libseccomp is missing or the kernel refused.
    """
    import pyseccomp as seccomp

    refuse = seccomp.ERRNO(errno.EPERM)
    rules = seccomp.SyscallFilter(seccomp.ALLOW)
    for call in (*_OTHERS, *_FILES, *_KERNEL, *_UNSEEN_MEMORY, *_YOUNG.values()):
        try:
            rules.add_rule(refuse, call)
        except (OSError, RuntimeError, ValueError):
            continue  # unknown to this architecture or library

    def refuse_where(call: str, argument: int, comparison: int, *values: int) -> None:
        rules.add_rule(refuse, call, seccomp.Arg(argument, comparison, *values))

    def refuse_command(call: str, argument: int, *commands: int) -> None:
        for command in commands:  # an int: the kernel does not look at the upper half
            refuse_where(call, argument, seccomp.MASKED_EQ, 0xFFFFFFFF, command)

    # Threads are made by clone as well: only those without the flag are new processes.
    refuse_where("clone", 0, seccomp.MASKED_EQ, _CLONE_THREAD, 0)
    # Its flags lie in memory where no filter looks; told that it is missing, libc takes clone.
    rules.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
    refuse_where("tgkill", 0, seccomp.NE, os.getpid())
    refuse_where("prlimit64", 0, seccomp.NE, 0)
    refuse_where("sched_setaffinity", 0, seccomp.NE, 0)
    # The lifeline and the death signal stay as they are, and no signal goes by way of a descriptor.
    refuse_command("prctl", 0, _PR_SET_PDEATHSIG)
    refuse_command("fcntl", 1, _F_SETOWN, _F_SETSIG, _F_SETOWN_EX)
    refuse_command("ioctl", 1, _FIOSETOWN, _SIOCSPGRP, _TIOCSTI, _TIOCLINUX)
    refuse_where("mmap", 3, seccomp.MASKED_EQ, _MAP_SHARED_ANONYMOUS, _MAP_SHARED_ANONYMOUS)
    rules.load()
