"""What a record holds, from one run. As the user who runs the tests: CI does it as root and as a plain one."""

import psutil

from grading.names import RunName
from grading.runs import Call, Runner
from grading.users import is_real_root

SCRIPT = """
cd /tmp; cd /submission
env -i /bin/ls -d .
bash -c 'ln -s /bin/true /tmp/tidy; /tmp/tidy x'
export SET_BY_SHELL=1
python3 -I -S -E other.py
find . -maxdepth 0 -exec touch -c none \\;
/proc/self/root/bin/rm -f x
/proc/thread-self/root/usr/bin/../bin/rmdir x
ln -s /usr/bin /tmp/b; ln -s /tmp/b /output/y; /output/y/mkdir /tmp/m
(exec 3</bin/uname; exec /proc/self/fd/3)
python3 -c "$EXECVEAT" /usr/bin id
python3 -c "$EXECVEAT" /usr/bin/who ''
true
"""
EXECVEAT = """
import ctypes, os, sys
words = (ctypes.c_char_p * 2)(b"word", None)
call, place = 322 if os.uname().machine == "x86_64" else 281, os.open(sys.argv[1], os.O_RDONLY)
ctypes.CDLL(None).syscall(call, place, sys.argv[2].encode(), words, None, 0x1000)  # execveat, AT_EMPTY_PATH
"""
CODE = """import os, sys
os.environ["SET_BY_PYTHON"] = "1"
sys.path += PACKAGES
import psutil
from PIL import Image
Image.new("L", (2, 2)).show()
os.system("sleep 0")
"""


def test_record(scheme, tmp_path, sandbox):
    folder = tmp_path / "pristine"
    folder.mkdir()
    packages = psutil.__file__.rsplit("/", 2)[0]
    (folder / "hw3_p3.sh").write_text(f"EXECVEAT='{EXECVEAT}'{SCRIPT}")
    (folder / "other.py").write_text(CODE.replace("PACKAGES", repr([packages])))
    runner = Runner(folder, tmp_path, tmp_path / "raw", scheme.limits, protected=True, again=False)
    run = runner.run(RunName("p3"), "hw3_p3.sh", Call([], "none"))
    assert not run.exit_code and run.record.whole, (tmp_path / "raw" / "p3 first" / "stderr.txt").read_text()

    started = {program.name: program for program in run.record.programs}
    assert {"cd", "env", "ls", "bash", "tidy", "python3", "find", "touch", "sleep"} <= set(started)
    assert started["tidy"].real == "true" and started["tidy"].arguments == ["/tmp/tidy", "x"]
    assert started["touch"].by.startswith("find . -maxdepth 0") and started["cd"].count == 2
    assert {"rm", "rmdir", "mkdir", "id", "who"} <= set(started) and started["3"].real == "uname", set(started)
    told = {(each.kind, each.what, each.file, each.line) for each in run.record.told}
    assert {("import", "psutil", "other.py", 4), ("show", "show", "other.py", 6)} <= told, told
    assert {"SET_BY_SHELL", "SET_BY_PYTHON"} <= {what for kind, what, *_ in told if kind == "variable"}, told


UNREADABLE = """
import ctypes, os, time
assert not ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
if not os.fork(): os.execv("/bin/rm", ["rm", "-f", "x"])
time.sleep(2)
"""


def test_a_process_that_makes_itself_unreadable(scheme, tmp_path, sandbox):
    """Root reads it all the same. A plain user's run ends, and its record says that it is not whole."""
    folder = tmp_path / "pristine"
    folder.mkdir()
    (folder / "hw3_p3.sh").write_text(f"python3 -c '{UNREADABLE}'\n")
    runner = Runner(folder, tmp_path, tmp_path / "raw", scheme.limits, protected=True, again=False)
    run = runner.run(RunName("p3"), "hw3_p3.sh", Call([], "none"))
    is_seen = "rm" in {program.name for program in run.record.programs}
    assert is_seen if is_real_root() else run.limit.endswith("cannot be seen") and not run.record.whole, run
