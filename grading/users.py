"""As whom a submission runs where the grader is root: for every copy a user that never was, without rights."""

import os
import secrets
from functools import cache
from pathlib import Path

# What the kernel keeps by a user's number must not meet another run's. No system gives these numbers to anybody.
FIRST_USER, USERS = 0x7000_0000, 0x0FFF_0000
OWN_RIGHTS = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"]  # what setpriv needs before it drops all


@cache
def is_real_root() -> bool:
    """Root of the whole machine; a container's root is often a plain user outside."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def new_user() -> int | None:
    """None where the grader is a plain user: its sandboxes are user namespaces."""
    return FIRST_USER + secrets.randbelow(USERS) if is_real_root() else None


def dropped_rights(user: int | None) -> list[str]:
    return (
        []
        if user is None
        else [
            "setpriv",
            f"--reuid={user}",
            f"--regid={user}",
            "--clear-groups",
            "--bounding-set=-all",
            "--inh-caps=-all",
            "--no-new-privs",
            "--",
        ]
    )


def give(user: int, folder: Path) -> None:
    os.chown(folder, user, user)
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            os.chown(os.path.join(place, name), user, user, follow_symlinks=False)


def user_list(user: int | None) -> tuple[str, str]:
    """What /etc/passwd and /etc/group say inside: nothing of this machine's users."""
    number, group = (os.geteuid(), os.getegid()) if user is None else (user, user)
    return f"submission:x:{number}:{group}::/tmp:/bin/bash\n", f"submission:x:{group}:\n"
