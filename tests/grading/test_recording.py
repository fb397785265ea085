"""What a record holds, from one run. As the user who runs the tests: CI does it as root and as a plain one."""

import psutil

from grading.names import RunName
from grading.runs import Call, Runner

SCRIPT = """
cd /tmp; cd /submission
env -i /bin/ls -d .
bash -c 'ln -s /bin/true /tmp/tidy; /tmp/tidy x'
export SET_BY_SHELL=1
python3 -I -S -E other.py
find . -maxdepth 0 -exec touch -c none \\;
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
    (folder / "hw3_p3.sh").write_text(SCRIPT)
    (folder / "other.py").write_text(CODE.replace("PACKAGES", repr([packages])))
    runner = Runner(folder, tmp_path, tmp_path / "raw", scheme.limits, protected=True, again=False)
    run = runner.run(RunName("p3"), "hw3_p3.sh", Call([], "none"))
    assert not run.exit_code and run.record.whole, (tmp_path / "raw" / "p3 first" / "stderr.txt").read_text()

    started = {program.name: program for program in run.record.programs}
    assert {"cd", "env", "ls", "bash", "tidy", "python3", "find", "touch", "sleep"} <= set(started)
    assert started["tidy"].real == "true" and started["tidy"].arguments == ["/tmp/tidy", "x"]
    assert started["touch"].by.startswith("find . -maxdepth 0") and started["cd"].count == 2
    told = {(each.kind, each.what, each.file, each.line) for each in run.record.told}
    assert {("import", "psutil", "other.py", 4), ("show", "show", "other.py", 6)} <= told, told
    assert {"SET_BY_SHELL", "SET_BY_PYTHON"} <= {what for kind, what, *_ in told if kind == "variable"}, told
