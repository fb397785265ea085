"""Answers that differ between two runs: what can be said of them where there was no third one."""

from grading.kinds.base import Grading
from grading.kinds.predicted import Predicted
from grading.outcomes import passed
from grading.runs import Runner


def test_without_a_third_run_nothing_tells_chance_from_names(scheme, data, tmp_path):
    """It is not made where comparing the first two takes too much."""
    runner = Runner(tmp_path, tmp_path, tmp_path, scheme.limits, protected=False, again=True)
    [problem] = scheme.problems
    predicted = Predicted(Grading(scheme, tmp_path, data, runner), problem, problem.calls()[0])
    assert predicted.chance(passed()) is None
