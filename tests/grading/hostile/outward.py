"""Attempts to reach something of the machine, of the grader or of another submission."""

from tests.grading.hostile.between_runs import LIBC

READABLE = """
import glob
for path in glob.glob({pattern!r}):
    try: text = open(path, "rb").read(100_000)
    except OSError: continue
    if {word!r} in text: through(path + " holds " + repr({word!r}))
"""
EXISTS = """
import os
if os.path.isdir({path!r}) and os.listdir({path!r}): through({path!r} + " is there")
"""
CONNECTS = """
import socket
for host in {hosts}:
    try:
        socket.create_connection((host, {port}), 0.3); through(f"{{host}} answers")
    except OSError: pass
"""
FAMILY = """
import socket
try:
    socket.socket({family}, socket.{kind}, {protocol}); through("a socket of family {family}")
except OSError: pass
"""
SECRET = b"value of the grader's own"
HOST = ["127.0.0.1", "localhost", "::1", "169.254.169.254", "10.0.2.2", "192.168.0.1", "172.17.0.1"]

CASES = {
    "environment of process 1": READABLE.format(pattern="/proc/1/environ", word=SECRET),
    "environment of every process": READABLE.format(pattern="/proc/[0-9]*/environ", word=SECRET),
    "any variable of process 1": READABLE.format(pattern="/proc/1/environ", word=b"="),
    "paths in process 1's words": READABLE.format(pattern="/proc/1/cmdline", word=b"/tmp/"),
    "memory of process 1": LIBC
    + """
import re
for line in open("/proc/1/maps") if os.access("/proc/1/maps", os.R_OK) else []:
    begin, end = (int(each, 16) for each in line.split()[0].split("-"))
    try:
        with open("/proc/1/mem", "rb") as memory:
            memory.seek(begin)
            if re.search(SECRET, memory.read(min(end - begin, 1 << 22))): through("the grader's environment")
    except (OSError, ValueError, OverflowError): pass
""".replace("SECRET", repr(SECRET)),
    "root of process 1": EXISTS.format(path="/proc/1/root/var/log"),
    "open files of process 1": """
import os
for number in os.listdir("/proc/1/fd") if os.access("/proc/1/fd", os.R_OK) else []:
    try: open(f"/proc/1/fd/{number}", "rb").read(1000)
    except OSError: continue
    if os.path.isdir(f"/proc/1/fd/{number}"): through("a folder of the grader")
""",
    "password file": READABLE.format(pattern="/etc/passwd", word=b"root:"),
    "shadow": READABLE.format(pattern="/etc/shadow*", word=b":"),
    "keys of ssh": READABLE.format(pattern="/etc/ssh/*", word=b""),
    "private keys": READABLE.format(pattern="/etc/ssl/private/*", word=b""),
    "home folders": EXISTS.format(path="/home"),
    "sockets of services": EXISTS.format(path="/run"),
    "logs": EXISTS.format(path="/var/log"),
    "devices of the kernel": EXISTS.format(path="/sys"),
    "disks": """
import os
for name in os.listdir("/dev"):
    if name.startswith(("sd", "vd", "nvme", "mem", "kmsg", "kvm", "fuse")): through("/dev/" + name)
""",
    "a disk of its own making": """
import os, stat
try: os.mknod("/tmp/disk", stat.S_IFBLK | 0o666, os.makedev(254, 0)); through("a device can be made")
except OSError: pass
""",
    "labels": """
import os
for place, _, names in os.walk("/", onerror=None):
    if place.startswith(("/proc", "/usr")): continue
    for name in names:
        if name == "test.csv" or name == "results.json": through(os.path.join(place, name))
""",
    "labels beside the images": """
import os, sys
for name in ("../test.csv", "../../test.csv", "/images/../test.csv", "/images.csv"):
    if os.path.exists(os.path.join(sys.argv[1], name)): through(name)
""",
    "images can be changed": """
import os, sys
path = os.path.join(sys.argv[1], sorted(os.listdir(sys.argv[1]))[0])
for change in (lambda path: open(path, "ab"), lambda path: os.chmod(path, 0o777), os.utime, os.unlink):
    try: change(path); through("an image was changed")
    except OSError: pass
""",
    "other submissions": """
import glob
for path in glob.glob("/tmp/*/*") + glob.glob("/submission/../*/hw3_p3.sh"):
    if path != "/submission/../submission/hw3_p3.sh": through(path)
""",
    "services of this machine": CONNECTS.format(hosts=HOST, port=22),
    "metadata of a cloud": CONNECTS.format(hosts=HOST, port=80),
    "the proxy of a run with network": CONNECTS.format(hosts=["127.0.0.1"], port=3128),
    "a name looked up": """
import socket
try: socket.getaddrinfo("example.org", 80); through("a name server answers")
except OSError: pass
""",
    "the virtual machine's host": FAMILY.format(family=40, kind="SOCK_STREAM", protocol=0),
    "raw packets": FAMILY.format(family=17, kind="SOCK_RAW", protocol=3),
    "raw socket": FAMILY.format(family=2, kind="SOCK_RAW", protocol=1),
    "kernel's cryptography": FAMILY.format(family=38, kind="SOCK_SEQPACKET", protocol=0),
    "bluetooth": FAMILY.format(family=31, kind="SOCK_RAW", protocol=1),
    "becoming root": """
import os, subprocess
for change in (lambda: os.setuid(0), lambda: os.setresuid(0, 0, 0), lambda: os.setgroups([0])):
    try: change(); through("root's number")
    except OSError: pass
for words in (["su", "-c", "id"], ["sudo", "-n", "id"], ["mount"], ["passwd", "-S"]):
    try: said = subprocess.run(words, capture_output=True, timeout=2, stdin=subprocess.DEVNULL).stdout
    except (OSError, subprocess.TimeoutExpired): continue
    if b"uid=0" in said: through(words[0])
""",
    "capabilities": """
lines = dict(line.split(":", 1) for line in open("/proc/self/status"))
for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
    if int(lines[name], 16) and name != "CapBnd": through(name + lines[name])
if lines["NoNewPrivs"].strip() != "1" or lines["Seccomp"].strip() != "2": through("rights can be won")
""",
    "going before others": """
import os
try: os.nice(-10); through("a better priority")
except OSError: pass
try: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(50)); through("real time")
except OSError: pass
try: open("/proc/self/oom_score_adj", "wb", 0).write(b"-1000"); through("never ended for want of memory")
except OSError: pass
""",
    "limits lifted": """
import resource
for kind in (resource.RLIMIT_DATA, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC):
    try: resource.setrlimit(kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)); through("a limit can be lifted")
    except (OSError, ValueError): pass
""",
    "settings of the kernel": """
import glob
kernel = "/proc/sys/kernel/"
for path in (kernel + "hostname", kernel + "core_pattern", "/proc/sys/vm/drop_caches", "/proc/sysrq-trigger"):
    try: open(path, "wb", 0).write(b"1"); through(path)
    except OSError: pass
""",
    "control groups": """
import glob
for path in glob.glob("/sys/fs/cgroup/**/cgroup.procs", recursive=True): through(path)
""",
}
