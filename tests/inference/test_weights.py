"""Weights that are missing or damaged, and servers that give them, or do not."""

import hashlib
import os
import shutil
import signal
import subprocess

import pytest
import torch

from tests.inference.conftest import ROOT
from tests.inference.submission import (
    HANGS,
    P3,
    assert_done,
    assert_refused,
    command,
    environment,
    lines,
    p3,
    without_root_rights,
)
from tests.inference.weight_server import HTML, flipped

FILE = P3.weights
DAMAGE = {
    "missing": lambda content: None,
    "empty": lambda content: b"",
    "truncated": lambda content: content[: len(content) // 2],
    "one bit flipped": flipped,
    "an HTML page": lambda content: HTML,
}


def damage(clone, kind: str, name: str = FILE) -> bytes | None:
    """Damages the file, returns what it is now."""
    file = clone / "weights" / name
    content = DAMAGE[kind](file.read_bytes())
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    return content


def name_servers(clone, *urls: str) -> None:
    """Makes these the addresses in checkpoints.txt."""
    pins = [line for line in (clone / "checkpoints.txt").read_text().splitlines() if not line.startswith("#")]
    (clone / "checkpoints.txt").write_text("\n".join(["# a comment", *(f"# url: {url}" for url in urls), *pins, ""]))


def assert_weights_are(clone, project) -> None:
    """The right ones, and no partial file beside them."""
    assert sorted(os.listdir(clone / "weights")) == sorted(os.listdir(project / "weights"))
    check = subprocess.run(["sha256sum", "--check", "--quiet", "checkpoints.txt"], cwd=clone, capture_output=True)
    assert (check.returncode, check.stdout) == (0, b"")


def assert_nothing_fetched(clone, project) -> None:
    """The file is missing as before, and no partial one lies beside the others."""
    assert set(os.listdir(clone / "weights")) == set(os.listdir(project / "weights")) - {FILE}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_weights_are_fetched_again(project, clone, folder, output, server, kind):
    damage(clone, kind)
    assert_done(p3(clone, folder, "svhn", output, HW3_WEIGHTS_URL=server.url("good")))
    assert len(lines(output)) == 3
    assert server.requests == ["good"]
    assert_weights_are(clone, project)


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_weights_and_no_server(clone, folder, script, older, nobody, kind):
    """They are never loaded, and left for the user to look at."""
    left = damage(clone, kind, script.weights)
    name_servers(clone, nobody)
    state = "missing" if kind == "missing" else "damaged"
    result = script.run(clone, folder, older)
    assert_refused(
        result,
        3,
        older,
        f"weights/{script.weights} is {state}",
        f"{nobody}/{script.weights}: ",
        "Connection refused",
        "HW3_WEIGHTS_URL",
    )
    file = clone / "weights" / script.weights
    assert (file.read_bytes() if file.exists() else None) == left


@pytest.mark.parametrize("kind", DAMAGE)
def test_python_checks_for_itself(clone, folder, output, kind):
    """Where the script has not: as if the file changed between its check and the loading."""
    damage(clone, kind)
    python = environment()["PATH"].split(":")[0] + "/python3"
    result = subprocess.run(
        [python, "-B", clone / "inference" / "predict_digits.py", "dann", folder, "svhn", output],
        env=environment(),
        capture_output=True,
    )
    assert_refused(result, 3, output, FILE, "missing" if kind == "missing" else "damaged")


def test_right_weights_are_not_fetched(project, folder, script, older, server):
    assert_done(script.run(project, folder, older, HW3_WEIGHTS_URL=server.url("good")))
    assert server.requests == []


WAYS = {
    "missing": "404: Not Found",
    "html": "an HTML page",
    "half": "bytes",
    "flipped": "wrong sha256",
}


@pytest.mark.parametrize("way", WAYS)
def test_bad_server(project, clone, folder, output, server, way):
    damage(clone, "missing")
    name_servers(clone)
    result = p3(clone, folder, "svhn", output, HW3_WEIGHTS_URL=server.url(way))
    assert_refused(result, 3, output, f"{server.url(way)}/{FILE}: ", WAYS[way])
    assert server.requests == [way]
    assert_nothing_fetched(clone, project)


def test_silent_server(project, clone, folder, output, server, nobody):
    """Given up after 20 seconds; the message goes through all servers in one line."""
    damage(clone, "missing")
    name_servers(clone, server.url("missing") + "/", nobody)
    result = p3(clone, folder, "svhn", output, HW3_WEIGHTS_URL=server.url("silent"))
    assert_refused(
        result,
        3,
        output,
        f"{server.url('silent')}/{FILE}: Read error (Connection timed out)",
        f"{server.url('missing')}/{FILE}: 404: Not Found",
        f"{nobody}/{FILE}: ",
    )
    assert_nothing_fetched(clone, project)


def test_mirrors_are_tried_in_order(project, clone, folder, output, server):
    damage(clone, "one bit flipped")
    name_servers(clone, server.url("html"), server.url("half"), server.url("good"), server.url("flipped"))
    assert_done(p3(clone, folder, "svhn", output, HW3_WEIGHTS_URL=server.url("missing")))
    assert server.requests == ["missing", "html", "half", "good"]
    assert_weights_are(clone, project)


def test_two_scripts_at_once(project, clone, folder, tmp_path, server):
    damage(clone, "missing")
    outputs = [tmp_path / "a.csv", tmp_path / "b.csv"]
    running = [
        subprocess.Popen(
            command(clone, folder, "svhn", output),
            stderr=subprocess.PIPE,
            env=environment(HW3_WEIGHTS_URL=server.url("together")),
        )
        for output in outputs
    ]
    for process in running:
        assert process.communicate(timeout=HANGS)[1] == b""
        assert process.returncode == 0
    assert server.requests == ["together", "together"]
    assert lines(outputs[0]) == lines(outputs[1])
    assert_weights_are(clone, project)


def patient_wget(folder) -> str:
    """A PATH with a wget that gives up after an hour, so that what ends it early is not its own limit."""
    real = shutil.which("wget")
    folder.mkdir()
    (folder / "wget").write_text(f'#!/bin/bash\nexec {real} "${{@/--timeout=20/--timeout=3600}}"\n')
    (folder / "wget").chmod(0o755)
    return f"{folder}:{environment()['PATH']}"


@pytest.mark.parametrize("whole_group", [False, True], ids=["the script", "its process group"])
@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_while_fetching(project, clone, folder, output, tmp_path, server, number, code, whole_group):
    """wget goes, its file too, and no second server is asked."""
    damage(clone, "missing")
    name_servers(clone, server.url("good"))
    changes = dict(HW3_WEIGHTS_URL=server.url("silent"), PATH=patient_wget(tmp_path / "bin"))
    process = subprocess.Popen(
        command(clone, folder, "svhn", output),
        env=environment(**changes),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    assert server.asked.wait(HANGS)
    os.killpg(process.pid, number) if whole_group else process.send_signal(number)
    stdout, stderr = process.communicate(timeout=HANGS)  # wget has stdout too: this waits for both
    result = subprocess.CompletedProcess([], process.returncode, stdout, stderr)
    assert_refused(result, code, output, "stopped", FILE)
    assert server.gone.wait(HANGS)
    assert server.requests == ["silent"]
    assert_nothing_fetched(clone, project)


def test_weights_folder_read_only(clone, folder, output, server):
    damage(clone, "missing")
    (clone / "weights").chmod(0o555)
    result = p3(clone, folder, "svhn", output, HW3_WEIGHTS_URL=server.url("good"), before=without_root_rights())
    (clone / "weights").chmod(0o755)
    assert_refused(result, 3, output, FILE, "weights/")


@pytest.mark.parametrize("text, words", [(None, "checkpoints.txt cannot be read"), ("# empty\n", "not listed")])
def test_checkpoints_file_damaged(clone, folder, output, text, words):
    (clone / "checkpoints.txt").unlink()
    if text is not None:
        (clone / "checkpoints.txt").write_text(text)
    assert_refused(p3(clone, folder, "svhn", output), 3, output, words)


def test_wget_missing(clone, folder, output, tmp_path):
    damage(clone, "missing")
    (tmp_path / "bin").mkdir()
    for name in ("bash", "python3"):
        found = subprocess.run(["bash", "-c", f"command -v {name}"], env=environment(), capture_output=True, text=True)
        (tmp_path / "bin" / name).symlink_to(found.stdout.strip())
    result = p3(clone, folder, "svhn", output, PATH=str(tmp_path / "bin"))
    assert_refused(result, 3, output, "wget: command not found")


def test_checkpoint_that_runs_code_is_refused(clone, folder, output, tmp_path):
    """Even where its sha256 is pinned."""

    class RunsCode:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "ran"),)

    file = clone / "weights" / FILE
    torch.save(RunsCode(), file)
    (clone / "checkpoints.txt").write_text(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  weights/{FILE}\n")
    assert p3(clone, folder, "svhn", output).returncode != 0
    assert not (tmp_path / "ran").exists()


def test_the_projects_own_weights_are_pinned():
    """Every file in weights/ stands in checkpoints.txt with its sha256, and nothing else does."""
    pins = [line.split() for line in (ROOT / "checkpoints.txt").read_text().splitlines() if not line.startswith("#")]
    there = {
        f"weights/{file.name}": hashlib.sha256(file.read_bytes()).hexdigest()
        for file in (ROOT / "weights").glob("*.pth")
    }
    assert {file: sha256 for sha256, file in pins} == there
    assert there, "no weights yet"
