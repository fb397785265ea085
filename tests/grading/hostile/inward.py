"""Attempts to keep the grader busy, to end it, or to put words into its reports."""

import os

from tests.grading.hostile import SCRIPT, Case

BROKEN_RULE = 2.1  # 70 % of them
PRINTS = 'python3 -S attack.py "$@"\n'
CSV = "import sys\nout = open(sys.argv[3], 'w'{more})\n"


def spelt(count: int) -> str:
    """One file's name in many ways, each with a hash that is wrong."""
    ways = (
        "./" * (number % 22) + "weights" + "/" * (1 + number // 22 % 22) + "./" * (number // 484) + "model.pth"
        for number in range(count)
    )
    return "".join(f"{number:064x}  {way}\n" for number, way in enumerate(ways))


CASES = {
    "one file in 9,655 ways": Case(
        files={"checkpoints.txt": spelt(9655), "weights/model.pth": "x" * 1_500_000},
        points=BROKEN_RULE,
        says="messages more, of",
    ),
    "thousands of changed files": Case(
        "import os\nfor number in range(2000): os.mkdir(f'made {number}')\n",
        points=BROKEN_RULE,
        says="3999 more of this kind",
    ),
    "thousands of files": Case("for number in range(2000): open(f'made {number}', 'w').close()\n"),
    "names that are markup": Case("import os\nos.mkdir('<img src=x onerror=alert(1)>')\n", points=BROKEN_RULE),
    "names that move the cursor": Case(
        "import os\nos.mkdir('\\x1b[2J\\x1b[1;1H\\r10 of 10 points')\n", points=BROKEN_RULE, says="\\\\x1b[2J"
    ),
    "names that are commands": Case(
        "import os\nos.mkdir('$(touch gone)'); os.mkdir('; touch gone'); os.mkdir('-rf')\n", points=BROKEN_RULE
    ),
    "output of 200,000 columns": Case(
        CSV.format(more="") + "out.write('image_name,label\\n' + ',' * 200_000 + '\\n')", PRINTS
    ),
    "output that never ends a quote": Case(
        CSV.format(more="") + "out.write('image_name,label\\n\"' + 'x' * 3_000_000)",
        PRINTS,
        points=0,
        says="not a CSV file",
    ),
    "output with a header without end": Case(
        CSV.format(more="") + "out.write('image_name' * 100_000)", PRINTS, points=0, says="not a CSV file"
    ),
    "output of carriage returns": Case(
        CSV.format(more=", newline=''") + "out.write('\\r' * 900_000)", PRINTS, points=0
    ),
    "output of half characters": Case(
        "import sys\nopen(sys.argv[3], 'wb').write(b'image_name,label\\n\\xed\\xa0\\x80,1\\n')",
        PRINTS,
        points=0,
        says="not a CSV file",
    ),
    "output with a formula": Case(CSV.format(more="") + "out.write('=HYPERLINK(1),label\\n')", PRINTS, points=0),
    "output in a sparse file": Case(
        CSV.format(more="") + "out.truncate(4_000_000)", PRINTS, points=0, says="zero bytes"
    ),
    "output that is a device": Case(
        "import os, sys\nos.symlink('/dev/zero', sys.argv[3])", PRINTS, points=0, says="no file that can be opened"
    ),
    "output that links into the submission": Case(
        "import os, sys\nos.link('attack.py', sys.argv[3])", PRINTS, points=0
    ),
    "last words of a megabyte": Case("import sys\nsys.exit('x' * 900_000)", PRINTS, points=0, says="exit code 1"),
    "last words with markup": Case("import sys\nsys.exit('</table><script>alert(1)</script>')", PRINTS, points=0),
    "shell of 20,000 brackets": Case(script="(" * 20_000, points=0),
    "shell of 100,000 words": Case(script=SCRIPT + ": " + "x " * 100_000, says=""),
    "shell of zero bytes": Case(script=SCRIPT + "\0" * 1000),
    "Python that is no text": Case(script=SCRIPT, files={"predict.py": "\udcff\udcfe", "attack.py": "import predict"}),
    "script in UTF-16": Case(script="\ufeffp\0y\0t\0h\0o\0n\0", points=0),
    "link in a circle": Case("import os\nos.symlink('a', 'b'); os.symlink('b', 'a')\n"),
    "unreadable folder": Case(
        "import os\nos.mkdir('closed'); os.mkdir('closed/in'); os.chmod('closed', 0)\n",
        points=0 if os.geteuid() else BROKEN_RULE,
    ),
    "pipe in its own folder": Case("import os\nos.mkfifo('pipe')\n"),
    "socket in its own folder": Case("import socket\nsocket.socket(socket.AF_UNIX).bind('socket')\n"),
    "kills all that it sees": Case(
        "import os, signal\nsignal.signal(15, signal.SIG_IGN)\nos.kill(-1, 15)\n", points=0, says="exit code 143"
    ),
    "stops all that it sees": Case("import os, signal\nos.kill(1, signal.SIGSTOP)\n"),
    "ends process 1": Case("import os, signal\nos.kill(1, signal.SIGKILL)\n"),
    "forges the end": Case(
        "import os\nfor number in range(3, 200):\n    try: os.write(number, b'{\"exit-code\": 0}\\n')\n"
        "    except OSError: pass\n"
    ),
    "exit code 255": Case(script="exit 255\n", points=0, says="exit code 255"),
    "ended by its own signal": Case(script="kill -SEGV $$\n", points=0, says="exit code 139"),
    "results of its own": Case(files={"results.json": '{"score": 10}', "row.json": '{"points": 10}'}),
    "recorder silenced": Case("import os\nos.environ.clear()\nos.execve('/usr/bin/env', ['env', '-i', 'true'], {})\n"),
}
