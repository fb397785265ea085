"""Why a run failed is said before what it ended with, and what this machine lacks is not the submission's fault."""

import pytest

from grading.outcomes import Outcome

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 44000000\n"
LOAD = "import pickle\ndef load():\n    return pickle.load(open('model.pth', 'rb'))\nload()\n"
PYTHON = "python3 other.py\n"
NO_DEVICE = "raise AttributeError(\"module 'torch._C' has no attribute '_cuda_setDevice'\")"  # of PyTorch for CPUs


@pytest.fixture
def run(submission, graded):
    """The finding of the run of a script, with further files."""

    def grade(script: str, files: dict[str, str] | None = None):
        folder = submission("honest")
        for name, text in {"hw3_p3.sh": script, **(files or {})}.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, newline="")
        return graded(folder).by_text["p3 svhn: run"]

    return grade


@pytest.mark.parametrize(
    "script, files, outcome, first, second",
    [
        (
            PYTHON,
            {"other.py": LOAD, "model.pth": POINTER},
            "crashed",
            "model.pth: a Git LFS pointer",
            "other.py:3: _pickle.Unpickling",
        ),
        (
            PYTHON,
            {"other.py": "import net.model", ".gitmodules": '[submodule "net"]\n\tpath = net\n\turl = x\n'},
            "crashed",
            "net: a git submodule that was not handed in",
            "other.py:1: ModuleNotFoundError",
        ),
        (
            '#!/bin/bash\r\nif [ "$1" ]; then\r\npython3 predict.py "$@"\r\nfi\r\n',
            {},
            "crashed",
            "hw3_p3.sh:1: CRLF line ends",
            "",
        ),
        (
            PYTHON,
            {"other.py": "import open3d"},
            "grader error",
            "the course allows open3d, and this machine lacks it",
            "other.py:1",
        ),
        (
            PYTHON,
            {"other.py": "import nothing_like_this"},
            "crashed",
            "no module nothing_like_this: not handed in, and no package that the course allows",
            "other.py:1",
        ),
        (
            PYTHON,
            {"other.py": "import numpy\nnumpy.float(1)"},
            "grader error",
            "this machine's numpy is ",
            "other.py:2: AttributeError",
        ),
        (
            PYTHON,
            {"other.py": "from numpy import asscalar"},
            "grader error",
            "this machine's numpy is ",
            "other.py:1: ImportError",
        ),
        (
            PYTHON,
            {"other.py": "import parser", "nets/parser.py": ""},
            "grader error",
            "this machine's Python is 3.",
            "other.py:1: ModuleNotFoundError",
        ),
        (
            PYTHON,
            {"other.py": "from PIL import Image\nImage.new(mode='L', size=(1, 1), colour=1)"},
            "grader error",
            "new() of a package of this machine takes this argument no more",
            "other.py:2: TypeError",
        ),
        (
            PYTHON,
            {"other.py": "def new(a):\n    pass\nnew(b=1)"},
            "crashed",
            "other.py:3: TypeError: new() got an unexpected keyword argument 'b'",
            "",
        ),
        (
            PYTHON,
            {"other.py": "raise RuntimeError('Legacy autograd function with non-static forward method')"},
            "crashed",
            "this machine's torch is ",
            "other.py:1: RuntimeError",
        ),
        (
            PYTHON,
            {"other.py": "import time\ntime.clock()"},
            "grader error",
            "this machine's Python is 3.",
            "other.py:2: AttributeError",
        ),
        (
            PYTHON,
            {"other.py": "raise AssertionError('Torch not compiled with CUDA enabled')"},
            "grader error",
            "needs CUDA",
            "other.py:1",
        ),
        (
            PYTHON,
            {"other.py": NO_DEVICE},
            "grader error",
            "needs CUDA",
            "other.py:1",
        ),
        (
            "yes line | head -c 3000000 >&2\npython3 other.py\n",
            {"other.py": "raise KeyError('at the end')"},
            "crashed",
            "other.py:1: KeyError: 'at the end'",
            "",
        ),
        (
            "wget -qO ./nets/model.pth http://no.invalid/model.pth\npython3 other.py\n",
            {"other.py": "open('nets/model.pth')"},
            "crashed",
            "nets: wget cannot write into this folder",
            "other.py:1: FileNotFoundError",
        ),
        (
            "wget -qO model.pth http://127.0.0.1:9/model.pth\npython3 other.py\n",
            {"other.py": "open('/model.pth')"},
            "grader error",
            "http://127.0.0.1:9/model.pth: the grader lets no run reach '127.0.0.1:9' (if runs may reach it, name it",
            "other.py:1: FileNotFoundError",
        ),
        (
            PYTHON,
            {"other.py": "from urllib.request import urlopen\nurlopen('http://example.org/model.pth')"},
            "crashed",
            "asks the network for something itself",
            "other.py:2: urllib.error.URLError",
        ),
        (
            'python3 other.py "$1"\n',
            {"other.py": "import sys\nopen(sys.argv[1] + '.csv')"},
            "crashed",
            "looks for /images.csv, beside the folder of images",
            "other.py:2: FileNotFoundError",
        ),
        (
            'python3 other.py "$1"\n',
            {"other.py": "import sys\nopen(sys.argv[1] + '/../test.csv')"},
            "crashed",
            "looks for /images/../test.csv, beside the folder of images",
            "other.py:2: FileNotFoundError",
        ),
        (
            PYTHON,
            {
                "other.py": "import sys\ntry:\n    1 / 0\n"
                "except ZeroDivisionError:\n    raise KeyError('weights')\nfinally:\n"
                "    import atexit; atexit.register(lambda: print('advice of\\n\\tmany lines', file=sys.stderr))"
            },
            "crashed",
            "other.py:5: KeyError: 'weights'",
            "",
        ),
        (PYTHON, {"other.py": "x = (\n"}, "crashed", "other.py:1: SyntaxError", ""),
        (
            "python3 other.py\necho done\n",
            {"other.py": "def f():\n    raise ValueError('a shape:')\nf()"},
            "crashed",
            "other.py:2: ValueError",
            "",
        ),
        (
            "python3 a.py\npython3 b.py\n",
            {"a.py": "open('a.pth')", "b.py": "try:\n    {}[1]\nexcept KeyError:\n    open('b.pth')"},
            "crashed",
            "a.py:1: FileNotFoundError",
            "b.py:4: FileNotFoundError",
        ),
        (
            PYTHON,
            {"other.py": "class A:\n    def __del__(self):\n        1 / 0\nA()\nopen('a.pth')"},
            "crashed",
            "other.py:5: FileNotFoundError",
            "",
        ),
        ("true\npython4 x.py\n", {}, "crashed", "hw3_p3.sh:2: python4: command not found", ""),
    ],
)
def test_causes(run, script, files, outcome, first, second):
    found = run(script, files)
    said = [*map(str, found.messages), ""]
    assert found.outcome.value == outcome, said
    assert said[0].startswith(first) and said[1].startswith(second), said


def test_a_script_one_folder_down(submission, graded):
    folder = submission("honest")
    (folder / "code").mkdir()
    (folder / "hw3_p3.sh").rename(folder / "code" / "hw3_p3.sh")
    found = graded(folder).by_text["p3: script"]
    assert found.outcome is Outcome.FAILED and "it lies at code/hw3_p3.sh" in str(found.messages[0])
