"""Which pairs of a class are listed as similar: those that stand out, without what the course handed out."""

import random
from pathlib import Path

import pytest

from grading.grade import FILE
from grading.similarity import similar_pairs

WORDS = ["a", "b", "c", "d", "e", "f"]


def assignment(rng: random.Random) -> str:
    return f"    {rng.choice(WORDS)} = {rng.choice(WORDS)}{rng.choice('+-*/%')}{rng.randrange(100)}"


def condition(rng: random.Random) -> str:
    called = rng.choice(["print", "len", "abs"])
    return f"    if {rng.choice(WORDS)} > {rng.randrange(9)}: {called}({rng.choice(WORDS)})"


def function(rng: random.Random) -> str:
    lines = [assignment(rng) if rng.random() < 0.6 else condition(rng) for _ in range(12)]
    return "\n".join([f"def {rng.choice(WORDS)}{rng.randrange(999)}({', '.join(WORDS)}):", *lines, ""])


def code(seed: int, functions: int = 5) -> str:
    rng = random.Random(seed)
    return "\n".join(function(rng) for _ in range(functions))


@pytest.fixture
def written(tmp_path):
    def write(texts: dict[str, str]) -> dict[str, Path]:
        for name, text in texts.items():
            (tmp_path / name).write_text(f"{FILE}train.py\n{text}")
        return {name: tmp_path / name for name in texts}

    return write


def test_copied_code_stands_out_of_a_class_that_shares_some(written):
    """All of them have the same training loop from a tutorial; two share their own part too."""
    texts = {f"student {number}": code(1000) + code(number) for number in range(8)}
    texts["copy"] = texts["student 3"].replace("print", "repr")
    found = similar_pairs(written(texts))
    assert [(pair.first, pair.second) for pair in found.pairs] == [("copy", "student 3")]
    assert "# file: train.py" in found.pairs[0].first_passages and "def " in found.pairs[0].second_passages


def test_unrelated_ones_do_not(written):
    assert similar_pairs(written({f"student {number}": code(number) for number in range(8)})).pairs == []


def test_what_the_course_handed_out_does_not_count(written, tmp_path):
    """In a small class too, where nothing can be said of what is usual."""
    sources = written({name: code(5) + code(number, 2) for number, name in enumerate(("first", "second"))})
    (tmp_path / "starter").mkdir()
    assert len(similar_pairs(sources).pairs) == 1
    (tmp_path / "starter" / "train.py").write_text(code(5))
    assert similar_pairs(sources, str(tmp_path / "starter")).pairs == []


def test_submissions_without_code(written):
    assert similar_pairs(written({"first": "", "second": ""})).pairs == []
