"""This project's own submission, handed in as `make demo` does it, breaks no rule and repeats itself."""

import msgspec

from grading import demo
from grading.grade import Order, grade
from grading.kinds.predictions import PredictionProblem
from grading.outcomes import Outcome
from grading.sandbox import SandboxError
from grading.scheme import DEFAULT, read_scheme


def one_domain(problem):
    if not isinstance(problem, PredictionProblem):
        return problem
    baseline = {"usps": 0.0} if problem.baseline else {}
    return msgspec.structs.replace(problem, domains=["usps"], reached=problem.reached[-1:], baseline=baseline)


def test_own_submission(data, tmp_path, sandbox):
    """Of the problems that are here. The tests' images tell nothing of the accuracy: they are noise."""
    scheme, folder = read_scheme(DEFAULT), demo.hand_in(tmp_path / "own")
    here = [one_domain(problem) for problem in scheme.problems if (folder / problem.script).exists()]
    results = grade(Order(folder, data, tmp_path / "report", msgspec.structs.replace(scheme, problems=here)))
    wrong = {
        name: finding.messages
        for name, finding in results.by_text.items()
        if finding.outcome is not Outcome.PASSED and not name.endswith("baseline")
    }
    assert len(here) >= 2 and not wrong


def demo_calls(monkeypatch, tmp_path) -> list[list[str]]:
    """What the demo has the grader do."""
    calls = []
    monkeypatch.setattr(demo, "DEMO", tmp_path)
    monkeypatch.setattr(demo, "main", calls.append)
    demo.grade_demo()
    return calls


def test_demo_is_graded_in_a_sandbox(monkeypatch, tmp_path, sandbox):
    [words] = demo_calls(monkeypatch, tmp_path)
    assert words[0] == str(tmp_path / "submission") and "--no-sandbox" not in words
    assert (tmp_path / "submission" / "hw3_p3.sh").exists()


def test_demo_goes_on_without_a_sandbox_and_says_so(monkeypatch, tmp_path, capsys):
    def none_here():
        raise SandboxError("no sandbox: bwrap missing")

    monkeypatch.setattr(demo, "require_sandbox", none_here)
    [words] = demo_calls(monkeypatch, tmp_path)
    assert words[-1] == "--no-sandbox" and capsys.readouterr().err == "no sandbox: bwrap missing; graded without one\n"
