"""Which of the sandbox's walls cannot be had on this machine; the report says so in red."""

import os

from grading import cgroups, seccomp


def missing() -> list[str]:
    """Each in one line, with what to do. A sandbox that cannot be had at all is refused elsewhere."""
    walls = []
    if not cgroups.groups():
        walls.append(
            "no control group: memory that no process has mapped is not limited, and the rest only at ten "
            "looks a second (grade as root, or as: "
            "systemd-run --user --scope -p Delegate=yes python3 -m grading ...)"
        )
    if not seccomp.own_program():
        walls.append(
            f"no filter of system calls, for {os.uname().machine}: kernel objects outlive a run (grade on "
            f"{' or '.join(seccomp.AUDIT_ARCH)})"
        )
    return walls
