"""Every submission beside this file ends in the right outcome and points, through real bubblewrap and bash."""

from pathlib import Path
from typing import NamedTuple

import pytest

from grading.outcomes import Outcome

FULL, HALF, RUNS, BROKEN_RULE, NOTHING = 10, 1.5, 3, 7, 0
RUN, CSV, ROWS, SAME = "p3 svhn: run", "p3 svhn: CSV", "p3 svhn: rows", "p3 svhn: same answers"
QUICK = {"wall_seconds": 2}


class Expected(NamedTuple):
    check: str
    outcome: str
    points: float
    says: str = ""
    limits: dict = {}


EXPECTED = {
    "infinite_loop": Expected(RUN, "timed out", NOTHING, "2 seconds of wall time", QUICK),
    "sleeps_to_the_limit": Expected(RUN, "timed out", NOTHING, "2 seconds of wall time", QUICK),
    "ignores_signals": Expected(RUN, "timed out", NOTHING, "2 seconds of wall time", QUICK),
    "fork_bomb_bash": Expected(RUN, "crashed", NOTHING, "64 processes"),
    "fork_bomb_python": Expected(RUN, "crashed", NOTHING, ""),
    "memory_hog": Expected(RUN, "crashed", NOTHING, "MemoryError"),
    "memory_hog_in_pieces": Expected(RUN, "crashed", NOTHING, "400 MiB of memory"),
    "memory_shared": Expected(RUN, "crashed", NOTHING, "400 MiB of memory"),
    "file_of_100_gb": Expected(RUN, "crashed", NOTHING, "File too large"),
    "csv_of_10_gb": Expected(RUN, "crashed", NOTHING, "File too large"),
    "many_files": Expected(RUN, "crashed", NOTHING, "24 MiB of output"),
    "many_empty_files": Expected(RUN, "crashed", NOTHING, "24 MiB of output"),
    "files_removed_while_open": Expected(RUN, "crashed", NOTHING, "24 MiB of output"),
    "memory_without_a_name": Expected(RUN, "crashed", NOTHING, "24 MiB of output"),
    "folders_nested_deep": Expected(RUN, "crashed", NOTHING, "folders nested more than 64 deep"),
    "names_that_are_no_text": Expected("p3: own files", "failed", BROKEN_RULE, "\\udcff\\x1b[2J: a folder"),
    "terminal_escapes": Expected(RUN, "crashed", NOTHING, "\\x1b[2J\\x1b]0;graded: 10 of 10 points\\x07"),
    "endless_output": Expected(RUN, "crashed", NOTHING, ""),
    "daemon_left_behind": Expected(RUN, "passed", FULL),
    "daemon_rewrites_output": Expected(SAME, "passed", FULL),
    "kills_everything": Expected(RUN, "passed", FULL),  # all that it can reach is its own
    "segmentation_fault": Expected(RUN, "crashed", NOTHING, "exit code 139"),
    "reads_labels": Expected(RUN, "crashed", NOTHING),
    "searches_labels": Expected(RUN, "crashed", NOTHING, "IndexError"),
    "reads_environment": Expected(RUN, "passed", FULL),
    "output_is_a_link": Expected(CSV, "failed", NOTHING, "no file that can be opened"),
    "output_links_to_images": Expected(CSV, "failed", NOTHING, "no file that can be opened"),
    "output_is_a_hard_link": Expected(CSV, "failed", NOTHING, "hard link"),
    "output_is_a_folder": Expected(CSV, "failed", NOTHING, "no plain file"),
    "output_is_a_pipe": Expected(CSV, "failed", NOTHING, "no plain file"),
    "output_folder_replaced": Expected(RUN, "crashed", NOTHING, "OSError"),
    "no_output": Expected(CSV, "failed", NOTHING, "no output was written"),
    "crashes": Expected(RUN, "crashed", NOTHING, "weights are somewhere else"),
    "writes_elsewhere": Expected(RUN, "passed", FULL),
    "rewrites_its_script": Expected("p3: own files", "failed", BROKEN_RULE, "other.py: changed or removed"),
    "removes_its_files": Expected("p3: own files", "failed", BROKEN_RULE, "other.py: changed or removed"),
    "remembers_answers": Expected(SAME, "passed", FULL),
    "makes_folders": Expected("p3: own files", "failed", BROKEN_RULE, "cache: a folder"),
    "predicts_by_name": Expected(SAME, "failed", HALF, "by names or order"),
    "predicts_by_order": Expected(SAME, "failed", HALF, "other answers of 20 under other names"),
    "predicts_by_directory_order": Expected(SAME, "failed", HALF, "other answers of 20 under other names"),
    "predicts_at_random": Expected(SAME, "failed", FULL / 2, "by chance"),
    "fails_under_other_names": Expected("p3 svhn: second run", "crashed", HALF, "not these images"),
    "label_nan": Expected(ROWS, "failed", RUNS, "no plain digit: 20 (00000.png, "),
    "label_with_decimals": Expected(ROWS, "failed", RUNS, "no plain digit: 20"),
    "label_empty": Expected(ROWS, "failed", RUNS, "no plain digit: 20"),
    "rows_missing": Expected(ROWS, "failed", RUNS, "missing: 15 (00005.png, "),  # other ones in each run, as many right
    "rows_repeated": Expected(ROWS, "failed", RUNS, "repeated: 20"),
    "rows_repeated_with_other_labels": Expected(ROWS, "failed", RUNS, "repeated: 20"),
    "rows_extra": Expected(ROWS, "failed", FULL, "unknown: 1 (99999.png)"),
    "rows_unsorted": Expected(ROWS, "failed", FULL, "not sorted"),
    "byte_order_mark": Expected(ROWS, "failed", FULL, "byte order mark"),
    "crlf_table": Expected(ROWS, "failed", FULL, "CRLF"),
    "table_of_a_million_rows": Expected(CSV, "failed", NOTHING, "has 1,000,000 lines or more"),
    "larger_answer_than_kept": Expected(CSV, "failed", NOTHING, "larger than 4 MiB"),
    "utf_16": Expected(CSV, "failed", NOTHING, "UTF-16"),
    "crlf_script": Expected(CSV, "failed", NOTHING, "hw3_p3.sh:1: CRLF line ends"),
    "wrong_header": Expected(CSV, "failed", NOTHING, "'name;class'"),
    "no_header": Expected(CSV, "passed", FULL, "has no header"),  # as the course's own scorer takes it
    "header_only": Expected(ROWS, "failed", RUNS, "missing: 20"),
    "empty_table": Expected(CSV, "failed", NOTHING, "first line"),
    "binary_table": Expected(CSV, "failed", NOTHING),
    "rm_in_a_substitution": Expected("p3: bash", "failed", BROKEN_RULE, "hw3_p3.sh:1: rm is forbidden"),
    "rm_in_base64": Expected("p3: bash", "failed", BROKEN_RULE, "rm is forbidden: started as `rm -f x` by `bash`"),
    "rm_by_xargs_and_env": Expected("p3: bash", "failed", BROKEN_RULE, "hw3_p3.sh:1: rm is forbidden"),
    "rm_in_a_function_not_called": Expected("p3: bash", "passed", FULL, "setup.sh:2: rm is forbidden"),
    "variables_made_of_each_other": Expected("p3: bash", "failed", BROKEN_RULE, "rm is forbidden: started as `rm x`"),
    "commands_nested_deep": Expected("p3: bash", "passed", FULL, "takes too much (RecursionError)"),
    "curl_instead_of_wget": Expected("p3: bash", "failed", BROKEN_RULE, "hw3_p3.sh:1: curl is forbidden"),
    "sets_gpu": Expected("p3: bash", "failed", BROKEN_RULE, "hw3_p3.sh:1: CUDA_VISIBLE_DEVICES is forbidden"),
    "python_without_3": Expected("p3: python", "failed", BROKEN_RULE, "hw3_p3.sh:1: python instead of python3"),
    "bash_error": Expected(RUN, "crashed", NOTHING, "syntax error"),
    "python_nested_deep": Expected("p3: imports", "passed", NOTHING, "other.py: Python cannot read it"),
    "show_in_a_function_not_called": Expected("p3: screen", "passed", FULL, "other.py:10: imshow() is forbidden"),
    "foreign_package_not_imported": Expected("p3: imports", "passed", FULL, "predict.py:5: import of tensorflow"),
    "wrong_hash": Expected("weights", "failed", BROKEN_RULE, "weights/model.pth: sha256"),
    "forged_results": Expected(CSV, "failed", NOTHING, "no output was written"),
    "honest": Expected(SAME, "passed", FULL),
    "honest_spaces": Expected(SAME, "passed", FULL),
    "honest_long_run": Expected(SAME, "passed", FULL),
    "honest_no_final_newline": Expected(SAME, "passed", FULL),
    "honest_unusual_bash": Expected(SAME, "passed", FULL),
    "honest_background_job": Expected(SAME, "passed", FULL),
    "honest_ends_with_a_test": Expected(SAME, "passed", FULL),
    "honest_writes_to_tmp": Expected(SAME, "passed", FULL),
    "honest_relative_paths": Expected(SAME, "passed", FULL),
    "honest_optional_import": Expected(SAME, "passed", FULL),
    "honest_package": Expected(SAME, "passed", FULL),
    "honest_prints_much": Expected(SAME, "passed", FULL),
    "honest_checkpoints": Expected("weights", "passed", FULL),
}


def shown(results) -> str:
    return "\n".join(
        f"{name}: {finding.outcome.value} {'; '.join(map(str, finding.messages))}"
        for name, finding in results.by_text.items()
    )


def assert_graded(results, expected: Expected) -> None:
    finding = results.by_text[expected.check]
    assert finding.outcome.value == expected.outcome, shown(results)
    assert expected.says in "; ".join(map(str, finding.messages + finding.notes)), shown(results)
    assert results.score == expected.points, shown(results)
    assert not any(each.outcome is Outcome.GRADER_ERROR for each in results.findings.values()), shown(results)


@pytest.mark.parametrize("name", EXPECTED)
def test_submission(submission, graded, name):
    results = graded(submission(name), limits=EXPECTED[name].limits)
    assert_graded(results, EXPECTED[name])
    if name.startswith("honest"):
        assert {finding.outcome for finding in results.findings.values()} == {Outcome.PASSED}, shown(results)


def test_every_folder_is_expected():
    assert {path.name for path in (Path(__file__).parent / "submissions").iterdir()} == set(EXPECTED)
