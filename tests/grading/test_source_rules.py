"""What the source of a submission says: no word of it ends the reading of the rest."""

import warnings

import pytest

from grading.kinds.base import Grading
from grading.python_source import is_own, reached
from grading.rule_checks import RULES, passages_of
from grading.source_rules import bash_rules, named_files, python_files

LONG = "a" * 300  # letters: more than a file's name can have
PREDICT = "python3 predict.py\n"


@pytest.fixture
def source(tmp_path):
    """A submission's folder with the given files."""
    root = tmp_path / "source"

    def make(**files: str):
        root.mkdir()
        for name, text in files.items():
            (root / name.replace("_py", ".py").replace("_sh", ".sh")).write_text(text)
        return root

    return make


@pytest.mark.parametrize(
    "line",
    ["for f in **.sh; do bash $f; done", f"bash {LONG}.sh", f"python3 -m {LONG}", "python3 -m /", 'python3 -m ""'],
)
def test_any_word_of_a_script(source, scheme, line):
    root = source(hw3_p3_sh=f"{line}\nrm x\n{PREDICT}", predict_py="plt.show()\n")
    assert "rm is forbidden" in str([each.message for each in bash_rules(root, "hw3_p3.sh", scheme.rules)])
    assert root / "predict.py" in python_files(root, "hw3_p3.sh")


def test_two_stars_mean_what_one_does(source):
    root = source(hw3_p3_sh="", setup_sh="")
    assert sorted(named_files(root, "**.sh")) == [root / "hw3_p3.sh", root / "setup.sh"]


@pytest.mark.parametrize(
    "line",
    [
        f"import {LONG}",
        f"from . import {LONG}",
        f"from {'.' * 99} import a",
        '__import__("/")',
        '__import__("")',
        f'__import__("{LONG}/{LONG}")',
    ],
)
def test_any_import_of_a_python_file(source, line):
    root = source(predict_py=f"{line}\nimport net\n", net_py="")
    assert reached(root, [root / "predict.py"]) == [root / "predict.py", root / "net.py"]


def test_files_outside_of_the_submission_are_not_read(source):
    root = source(predict_py="from .. import other\n__import__('/outside')\n")
    (root.parent / "other.py").write_text("")
    assert reached(root, [root / "predict.py"]) == [root / "predict.py"]


def test_name_of_a_module_that_no_file_can_have(source):
    root = source(net_py="")
    assert is_own(root, "net") and not is_own(root, LONG)


def test_source_that_cannot_be_read_is_a_note(scheme, tmp_path):
    """What the runs did is judged all the same."""
    passages = passages_of(Grading(scheme, tmp_path, tmp_path, None), scheme.problems[0])
    assert [len(passages[rule]) for rule in RULES] == [1] * len(RULES)
    assert "cannot be read: FileNotFoundError" in passages["bash"][0].message.text


def test_nothing_is_printed_of_a_students_strings(source):
    root = source(predict_py='print("\\d")\n')
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        reached(root, [root / "predict.py"])
    assert not said
