"""Penalties come from what a run was seen to do, in whatever clothes; what it never does costs nothing."""

from pathlib import Path

import pytest

from grading import deeds
from grading.names import RunName
from grading.python_watch import TELL
from grading.recording import MOST, Record, Told
from grading.runs import Call, Runner

PREDICT = 'python3 "${0%/*}/predict.py" "$@"\n'
REMOVES = [
    "rm -f x",
    "/bin/rm -f x",
    "\\rm -f x",
    "$(echo rm) -f x",
    "r=rm; $r -f x",
    "eval 'rm -f x'",
    "command rm -f x",
    "exec -a ls rm -f x &\nwait",
    "env -S 'rm -f x'",
    "timeout 5 rm -f x",
    "nice setsid rm -f x",
    "echo x | xargs rm -f",
    "find . -maxdepth 0 -exec rm -f x \\;",
    "shopt -s expand_aliases\nalias tidy='rm -f'\ntidy x",
    'f() { "$@"; }; f rm -f x',
    "bash -c 'rm -f x'",
    "sh <<< 'rm -f x'",
    "echo cm0gLWYgeA== | base64 -d | bash",
    "(setsid rm -f x &)\nsleep 0.3",
    "perl -e 'system(\"rm -f x\")'",
    "perl -e 'exec qw(rm -f x)' &\nwait",
    "ln -s /bin/rm /tmp/tidy; /tmp/tidy -f x",
    "python3 -c 'import os; os.system(\"rm -f x\")'",
    'python3 -c \'import subprocess as s; s.run(["rm", "-f", "x"])\'',
    'python3 -c \'import os; os.posix_spawn("/bin/rm", ["rm", "-f", "x"], {})\'; sleep 0.1',
    "echo 'rm -f x' > /tmp/tidy; . /tmp/tidy",
    "printf '#!/bin/sh\\nrm -f x' > /tmp/t; chmod +x /tmp/t; /tmp/t",
]


@pytest.fixture
def record(scheme, tmp_path, sandbox):
    """What one run of a script did."""

    def run(script: str, files: dict[str, str] | None = None) -> Record:
        folder = tmp_path / "pristine"
        for name, content in {"hw3_p3.sh": script, **(files or {})}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(content)
        runner = Runner(folder, tmp_path, tmp_path / "raw", scheme.limits, protected=True, again=False)
        return runner.run(RunName("p3"), "hw3_p3.sh", Call([], "none")).record

    return run


def broken(record: Record, scheme) -> list[str]:
    """What the record shows against the rules for bash."""
    return [deed.what for deed in deeds.bash({"run": record}, [], scheme.rules).evidence]


def foreign(record: Record, scheme) -> list[Told]:
    return [each for _, each in deeds.foreign_imports({"run": record}, scheme.rules.packages)]


@pytest.fixture
def graded_script(submission, graded):
    """The honest submission with another script, and further files."""

    def run(script: str, files: dict[str, str] | None = None):
        folder: Path = submission("honest")
        (folder / "hw3_p3.sh").write_text(script)
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        return graded(folder)

    return run


def finding(results, step: str):
    return next(each for name, each in results.findings.items() if name.step == step)


def text(messages) -> str:
    return "; ".join(map(str, messages))


@pytest.mark.parametrize("command", REMOVES)
def test_rm_in_any_clothes(record, scheme, command):
    assert broken(record(command), scheme) == ["rm"]


@pytest.mark.parametrize(
    "command",
    [
        "false && rm x",
        "tidy() { rm -rf x; }",
        "echo rm",
        "# rm",
        "printf 'rm x' > /tmp/note",
        "alias rm='rm -i'",
        "command -v rm",
        "if [ -e none ]; then rm none; fi",
        "rm() { :; }; rm x",
        "trap 'true rm' EXIT",
        "ls /bin/rm",
        "ldd /bin/ls",
        "python3 -c 'import os; os.chdir(\"/tmp\")'",
    ],
)
def test_rm_that_never_runs(record, scheme, command):
    """A script of the system's own may do as it likes, and a folder may be changed by other means than cd."""
    assert broken(record(command), scheme) == []


def test_evidence_names_run_arguments_and_place(graded_script):
    results = graded_script(f"true\nrm -f 'a b' c\n{PREDICT}")
    [message] = finding(results, "bash").messages
    assert str(message).startswith("hw3_p3.sh:2: rm is forbidden: started as `rm -f 'a b' c` by `bash ./hw3_p3.sh")
    assert message.run == "p3 svhn first"
    assert finding(results, "bash").evidence[0].arguments == ["rm", "-f", "a b", "c"]


def test_evidence_names_the_script_that_did_it(graded_script):
    results = graded_script(f"bash ./get.sh\nfalse && rm x\n{PREDICT}", {"get.sh": "true\nrm -f y\n"})
    [message] = finding(results, "bash").messages
    assert str(message).startswith("get.sh:2: rm is forbidden: started as `rm -f y` by `bash ./get.sh`")


@pytest.mark.parametrize("command", ["cd /tmp; cd -", "pushd /tmp; popd", "(cd /tmp)", "sh -c 'cd /tmp'"])
def test_cd(record, scheme, command):
    assert broken(record(command), scheme) == ["cd"]


@pytest.mark.parametrize(
    "command",
    [
        "export CUDA_VISIBLE_DEVICES=0",
        "v=CUDA_VISIBLE; declare -x ${v}_DEVICES=0",
        'python3 -c \'import os; os.environ["CUDA_VISIBLE_DEVICES"] = "0"\'',
    ],
)
def test_variables(record, scheme, command):
    assert "CUDA_VISIBLE_DEVICES" in broken(record(f"{command}\npython3 -c ''"), scheme)


IMPORTS = [
    "import psutil",
    "__import__('psutil')",
    "import importlib; importlib.import_module('psutil')",
    "exec('import psutil')",
    "def load():\n    import psutil\nload()",
    "import runpy; runpy.run_module('psutil')",
]


@pytest.mark.parametrize("code", IMPORTS)
@pytest.mark.parametrize("options", ["", "-I -S -E"])
def test_imports(record, scheme, code, options):
    """However Python is told to read no settings: the packages' folder is found by hand then."""
    begin = f"import sys; sys.path += [{str(Path(pytest.__file__).parents[1])!r}]\n"
    made = record(f"export PYTHONPATH=src\npython3 {options} other.py", {"other.py": begin + code})
    [told] = foreign(made, scheme)
    assert told.what == "psutil" and told.file == ("<string>" if "exec" in code else "other.py")


@pytest.mark.parametrize(
    "code",
    [
        "if False:\n    import psutil",
        "def train():\n    import psutil",
        "try:\n    import psutil\nexcept ImportError:\n    pass",
        "import importlib.util\nimportlib.util.find_spec('psutil')",
        "import sys\nsys.path.insert(0, 'lib')\nimport psutil\npsutil.own",
        "import PIL.Image",
        "import numpy.testing",
        "import helper",
    ],
)
def test_imports_that_are_allowed_or_never_made(graded_script, code):
    files = {"other.py": code, "helper.py": "if __name__ == '__main__':\n    import psutil"}
    if "lib" in code:
        files |= {"lib/psutil.py": "own = 1"}
    results = graded_script(f"python3 other.py\n{PREDICT}", files)
    found = finding(results, "imports")
    assert found.passed and results.score == 10, text(found.messages)
    noted = code.startswith(("if", "def")) or "helper" in code
    assert ("import of psutil" in text(found.notes)) == noted, text(found.notes)


@pytest.mark.parametrize(
    "code, line",
    [
        ("from PIL import Image\nImage.new('L', (2, 2)).show()", 2),
        ("import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.show()", 4),
    ],
)
def test_figures_shown(graded_script, code, line):
    results = graded_script(f"python3 other.py\n{PREDICT}", {"other.py": code})
    messages = text(finding(results, "screen").messages)
    assert f"other.py:{line}: show() is forbidden" in messages and results.score == 7, messages


def test_figures_that_are_drawn_into_a_file(graded_script):
    code = (
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\nplt.imshow([[1]])\n"
        "plt.savefig('/tmp/a.png')\nclass Report:\n    def show(self): pass\nReport().show()\n"
    )
    results = graded_script(f"python3 other.py\n{PREDICT}", {"other.py": code})
    assert finding(results, "screen").passed, text(finding(results, "screen").messages)


@pytest.mark.parametrize(
    "words", ["['']", "['import']", "['import', 'x' * 10**6, '\\udcff', '9' * 40]", "['import', 'p', 'f', '-']"]
)
def test_what_python_tells_may_be_nonsense(record, scheme, words):
    """It can accuse itself of more than it did; it cannot stop or break the record."""
    code = f"import os\ntry:\n    os.execv({TELL!r}, {words})\nexcept OSError:\n    os.remove('none')"
    assert broken(record("python3 other.py\nrm -f x", {"other.py": code}), scheme) == ["rm"]


def test_more_than_a_record_holds(record, scheme):
    links = f"import os; [os.symlink('/bin/true', f'/tmp/x{{i}}') for i in range({MOST + 9})]"
    made = record(f'python3 -c "{links}"\nfor link in /tmp/x*; do $link; done')
    assert len(made.programs) == MOST and not made.whole
