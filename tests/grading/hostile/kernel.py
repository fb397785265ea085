"""Attempts to call what the filter of system calls refuses."""

from grading.seccomp import REFUSED
from tests.grading.hostile.between_runs import LIBC

NUMBERS = {name: numbers for name, numbers in REFUSED.items() if name not in ("clone3", "vhangup", "reboot")}
ENOSYS, EPERM = 38, 1

CASES = {
    "every refused call": LIBC
    + f"""
for name, (x86, arm) in {NUMBERS!r}.items():
    if (x86 if X86 else arm) is None: continue
    ctypes.set_errno(0)
    answer, errno = call(x86, arm, -1, 0, 0, 0, 0, 0), ctypes.get_errno()
    if (answer, errno) != (-1, {ENOSYS}): through(f"{{name}}: {{errno}}")
""",
    "calls newer than the filter": LIBC
    + f"""
for number in (463, 470, 600, 2**30 + 39, 2**30 + 520):
    ctypes.set_errno(0)
    if libc.syscall(number, 0, 0, 0) != -1 or ctypes.get_errno() != {ENOSYS}: through(str(number))
""",
    "a namespace for a child": LIBC
    + f"""
for flag in (0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000):
    ctypes.set_errno(0)
    made = call(56, 220, flag | 17, 0, 0, 0, 0)
    if made == 0: os._exit(0)
    if made > 0 or ctypes.get_errno() != {EPERM}: through(f"clone with {{flag:#x}}")
""",
    "a namespace by a program": """
import subprocess
for words in ("unshare -Ur true", "unshare -m true", "unshare -n true", "bwrap --ro-bind / / true"):
    if not subprocess.run(words.split(), capture_output=True).returncode: through(words)
""",
    "memory in a nested tmpfs": """
import subprocess
words = ["unshare", "-Urm", "sh", "-c", "mount -t tmpfs none /mnt && head -c 50000000 /dev/zero > /mnt/x"]
if not subprocess.run(words, capture_output=True).returncode: through("memory that nothing counts")
""",
    "a mount taken away": """
import subprocess
for path in ("/proc/stat", "/images", "/tmp"):
    if not subprocess.run(["umount", "-l", path], capture_output=True).returncode: through(path)
""",
    "a debugger on process 1": LIBC + "if call(101, 117, 16, 1, 0, 0) == 0: through('attached')",
    "a debugger on a child": LIBC
    + """
if not os.fork(): os._exit(0 if call(101, 117, 0, 0, 0, 0) else 1)
if os.waitstatus_to_exitcode(os.wait()[1]): through("a child lets itself be traced")
""",
    "32-bit calls": LIBC
    + """
import mmap
if X86:
    if not os.fork():
        code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        code.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, 20 (getpid); int 0x80; ret
        run = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
        os._exit(7 if run() == os.getpid() else 0)
    if os.wait()[1] >> 8 == 7: through("getpid of 32 bits")
""",
    "events on the system's files": LIBC
    + """
import fcntl
ctypes.set_errno(0)
if call(294, 26, 0) >= 0: through("inotify")
folder = os.open("/usr/bin", os.O_RDONLY)
try: fcntl.fcntl(folder, 1026, 1); through("dnotify")
except OSError: pass
""",
    "what is in the page cache": LIBC
    + """
import mmap
number = os.open("/usr/bin/env", os.O_RDONLY)
try: os.preadv(number, [bytearray(10)], 0, 8); through("RWF_NOWAIT")
except OSError: pass
""",
    "pages taken out of the page cache": """
import os
number = os.open("/usr/bin/env", os.O_RDONLY)
os.posix_fadvise(number, 0, 0, os.POSIX_FADV_SEQUENTIAL)
try: os.posix_fadvise(number, 0, 0, os.POSIX_FADV_DONTNEED); through("fadvise")
except OSError: pass
""",
    "a listener of calls": LIBC
    + """
class Program(ctypes.Structure): _fields_ = [("length", ctypes.c_ushort), ("code", ctypes.c_void_p)]
allow = ctypes.create_string_buffer(b"\\x06\\0\\0\\0\\0\\0\\xff\\x7f", 8)
program = Program(1, ctypes.addressof(allow))
call(317, 277, 1, 0, ctypes.byref(program))       # one more filter only takes away
if call(250, 219, 0, -3, 1) >= 0: through("the filter was replaced")
""",
}
