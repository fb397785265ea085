"""Attempts to carry something from a run to a later one. Each looks for its own mark, then leaves it: the second
run of the same submission would find what the first one left."""

LIBC = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
def call(x86, arm, *words): return libc.syscall(x86 if X86 else arm, *words)
"""
ADD_KEY = (
    LIBC
    + """
KEYRING = {keyring}
found = call(250, 219, 10, KEYRING, b"user", b"mark", 0)        # KEYCTL_SEARCH
if found > 0: through("a key of an earlier run")
if call(248, 217, b"user", b"mark", b"answer", 6, KEYRING) > 0: through("a key can be added")
"""
)
MARKED_FILE = """
import os
path = os.path.expanduser({path!r})
if os.path.exists(path): through(path + " of an earlier run")
try:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, "w").write("mark")
except OSError:
    pass
"""
COUNTER = """
import os
try: text = open({path!r}).read()
except OSError: text = ""
numbers = [int(word) for word in text.split() if word.isdigit()]
if any(number > {most} for number in numbers): through({path!r} + " counts for the whole machine")
"""
CASES = {
    "key in the session's keyring": ADD_KEY.format(keyring=-3),
    "key in the user's keyring": ADD_KEY.format(keyring=-4),
    "key in the user's session keyring": ADD_KEY.format(keyring=-5),
    "key in the process's keyring": ADD_KEY.format(keyring=-2),
    "persistent keyring": LIBC + "if call(250, 219, 22, -1, -2) > 0: through('a persistent keyring')",
    "shared memory of System V": LIBC
    + """
if call(29, 194, 4711, 4096, 0o666) >= 0: through("shared memory of an earlier run")
if call(29, 194, 4711, 4096, 0o1666) >= 0: through("shared memory can be made")
""",
    "semaphore of System V": LIBC + "if call(64, 190, 4711, 1, 0o1666) >= 0: through('a semaphore can be made')",
    "message queue of System V": LIBC + "if call(68, 186, 4711, 0o1666) >= 0: through('a queue can be made')",
    "POSIX message queue": LIBC + "if call(240, 180, b'mark', 0o102, 0o666, None) >= 0: through('a queue can be made')",
    "time of access": """
import os
entry = os.stat("notes.txt")
if entry.st_atime_ns > entry.st_ctime_ns: through("an earlier run read this file")
open("notes.txt").read()
""",
    "time of access of a folder": """
import os
if os.stat("folder").st_atime == 12345: through("the time of an earlier run")
os.utime("folder", (12345, os.stat("folder").st_mtime))
""",
    "time of change of a folder": """
import os
entry = os.stat("folder")
if os.stat(".").st_ctime_ns < entry.st_mtime_ns - 10**8: through("an earlier run wrote into this folder")
open("folder/x", "w").close(); os.unlink("folder/x")
""",
    "size of a folder": """
import os
if os.stat("folder").st_size > 4096: through("an earlier run filled this folder")
for number in range(300): open(f"folder/{number:0200}", "w").close()
for number in range(300): os.unlink(f"folder/{number:0200}")
""",
    "extended attribute of a file": """
import os
try:
    if "user.mark" in os.listxattr("folder"): through("an attribute of an earlier run")
    os.setxattr("folder", "user.mark", b"answer")
except OSError: pass
""",
    "file beside the script": MARKED_FILE.format(path="mark.txt").replace(
        "os.makedirs(os.path.dirname(path), exist_ok=True)", "pass"
    ),
    "file in a new folder": MARKED_FILE.format(path="/tmp/a/mark"),
    "file in the temporary folder": MARKED_FILE.format(path="/tmp/mark"),
    "file in the other temporary folder": MARKED_FILE.format(path="/var/tmp/mark"),
    "file in shared memory": MARKED_FILE.format(path="/dev/shm/mark"),
    "file at home": MARKED_FILE.format(path="~/.cache/mark"),
    "file beside the images": MARKED_FILE.format(path="/images/mark"),
    "file beside the output": MARKED_FILE.format(path="/output/mark"),
    "file in the interpreter": MARKED_FILE.format(path="/usr/lib/python3/mark"),
    "process left behind": """
import os, socket, time
end = socket.socket(socket.AF_UNIX)
try:
    end.connect("\\0mark"); through("a process of an earlier run")
except OSError: pass
if not os.fork():
    os.setsid()
    end = socket.socket(socket.AF_UNIX); end.bind("\\0mark"); end.listen()
    time.sleep(600)
""",
    "lock left behind": """
import fcntl, os, sys, time
file = open(sys.executable, "rb")
try: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
except OSError: through("a lock of an earlier run")
if not os.fork(): time.sleep(600)
""",
    "number of the last process": """
import os
if os.getpid() > 60: through("process numbers go on from an earlier run")
for _ in range(60):
    if not os.fork(): os._exit(0)
    os.wait()
""",
    "name of the machine": """
import socket
if socket.gethostname() != "sandbox": through("another name")
try: socket.sethostname("mark")
except OSError: pass
""",
    "counts of the whole machine": "".join(
        COUNTER.format(path=f"/proc/{name}", most=most)
        for name, most in {
            "stat": 1,
            "loadavg": 1,
            "vmstat": 0,
            "sys/fs/file-nr": 0,
            "sys/fs/inode-nr": 0,
            "sys/fs/dentry-state": 0,
            "key-users": 0,
            "locks": 0,
            "diskstats": 0,
            "interrupts": 0,
            "softirqs": 0,
            "zoneinfo": 0,
        }.items()
    ),
    "free memory": """
lines = dict(line.split(":") for line in open("/proc/meminfo"))
if lines["MemFree"] != lines["MemTotal"] or int(lines["Cached"].split()[0]): through("how full the machine is")
""",
    "which run this is": """
import os
seen = [os.readlink(f"/proc/self/fd/{number}") for number in (1, 2)] + [open("/proc/self/mountinfo").read()]
if any(word in text for text in seen for word in ("first", "second", "copy_", "output_")): through("the run's name")
""",
}
