"""The filter of system calls: what no submission needs, and what could carry something past the other walls.

A classic BPF program for bubblewrap's --seccomp, written here because it has to be the same wherever
bubblewrap is, without libseccomp. What is refused looks like a kernel that does not have it (ENOSYS),
so that libraries take their other way.
"""

import errno
import os
import struct

# Numbers of x86_64 and of aarch64; None where that machine has no such call.
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Kernel objects that outlive a run, or that no look at memory sees
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "semget": (64, 190),
    "semop": (65, 193),
    "semctl": (66, 191),
    "semtimedop": (220, 192),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "memfd_secret": (447, 447),
    # What others do with the system's files, now or before: events on them, and which are in the page cache
    "inotify_init": (253, None),
    "inotify_init1": (294, 26),
    "fanotify_init": (300, 262),
    "mincore": (27, 232),
    "cachestat": (451, 451),
    # Namespaces and mounts
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "statmount": (457, 457),
    "listmount": (458, 458),
    # Other processes' insides
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440),
    # Large parts of the kernel, in which most of its holes were found
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # A file by a number instead of a path
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    # The machine itself
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "vhangup": (153, 58),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    # Its flags lie in memory, where a filter cannot look: the C library takes `clone` instead
    "clone3": (435, 435),
}
NEWEST = 462  # mseal, of Linux 6.10: calls that are newer than this list are refused
AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE, SOCKET, FCNTL, PREADV2, FADVISE = (56, 220), (41, 198), (72, 25), (327, 286), (221, 223)
NAMESPACES = 0x7E020000  # the flags CLONE_NEW*
FAMILIES = (1, 2, 10, 16)  # Unix, IPv4, IPv6, netlink; a virtual machine's vsock knows no network namespace
WATCHING = (1024, 1026)  # F_SETLEASE, F_NOTIFY: events on files that others have open
NOWAIT = 8  # RWF_NOWAIT: tells what is in the page cache
FORGET = 4  # POSIX_FADV_DONTNEED: takes pages of the system's files out of it, for a later run to find missing

LOAD, EQUAL, ABOVE, ANY_BIT, RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000  # REFUSE + an error's number
NUMBER, MACHINE, ARGUMENTS = 0, 4, 16  # places in what the kernel shows to the filter


def instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("=HBBI", code, yes, no, value)


def refuse_if(code: int, value: int, error: int = errno.ENOSYS) -> bytes:
    """For the value that is loaded."""
    return instruction(code, value, 0, 1) + instruction(RETURN, REFUSE + error)


def on_argument(call: int, place: int, judge: bytes) -> bytes:
    """`judge` sees the low half of that argument of that call; what it lets through is allowed."""
    body = instruction(LOAD, ARGUMENTS + 8 * place) + judge + instruction(RETURN, ALLOW)
    return instruction(EQUAL, call, 0, len(body) // 8) + body


def only_families() -> bytes:
    allowed = b"".join(instruction(EQUAL, family, 0, 1) + instruction(RETURN, ALLOW) for family in FAMILIES)
    return allowed + instruction(RETURN, REFUSE + errno.EAFNOSUPPORT)


def program(machine: str) -> bytes:
    """The filter for one kind of machine. Another one's calls (32 bits on 64) end the process."""
    place = list(AUDIT_ARCH).index(machine)
    numbers = [number for numbers in REFUSED.values() if (number := numbers[place]) is not None]
    return b"".join(
        [
            instruction(LOAD, MACHINE),
            instruction(EQUAL, AUDIT_ARCH[machine], 1, 0),
            instruction(RETURN, KILL),
            instruction(LOAD, NUMBER),
            refuse_if(ABOVE, NEWEST),
            *(refuse_if(EQUAL, number) for number in numbers),
            on_argument(CLONE[place], 0, refuse_if(ANY_BIT, NAMESPACES, errno.EPERM)),
            on_argument(SOCKET[place], 0, only_families()),
            on_argument(FCNTL[place], 1, b"".join(refuse_if(EQUAL, command, errno.EINVAL) for command in WATCHING)),
            on_argument(PREADV2[place], 5, refuse_if(ANY_BIT, NOWAIT, errno.EOPNOTSUPP)),
            on_argument(FADVISE[place], 3, refuse_if(EQUAL, FORGET, errno.EINVAL)),
            instruction(RETURN, ALLOW),
        ]
    )


def own_program() -> bytes:
    """This machine's; empty where its calls' numbers are not known here."""
    machine = os.uname().machine
    return program(machine) if machine in AUDIT_ARCH else b""
