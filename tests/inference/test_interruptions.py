"""Ended half way, or out of space: no output, no temporary file, an older output untouched."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.inference.submission import HANGS, OLDER, assert_one_line, assert_refused, command, environment, p3


@pytest.fixture
def long_names(many, tmp_path):
    """300 images whose names alone make a CSV of 70 kB."""
    folder = tmp_path / "long"
    folder.mkdir()
    for index in range(300):
        (folder / f"{index:0240d}.png").symlink_to(many / f"{index:05d}.png")
    return folder


def test_disk_full(project, long_names, output):
    """A disk of 16 kB, mounted over the output's folder for this one process."""
    can_mount = ["unshare", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", output.parent]
    if subprocess.run(can_mount, capture_output=True).returncode:
        pytest.skip("this system lets the tests mount nothing: test_file_too_large covers the same code")
    script = (
        'mount -t tmpfs -o size=16k none "$4" && cp "$5" "$4" && bash "${@:1:3}" "$4/${5##*/}";'
        'code=$?; ls -A "$4"; cat "$4/${5##*/}"; exit $code'
    )
    older = shutil.copy(output, long_names.parent / output.name)
    result = subprocess.run(
        [
            "unshare",
            "--map-root-user",
            "--mount",
            "bash",
            "-c",
            script,
            "bash",
            project / "hw3_p3.sh",
            long_names,
            "svhn",
            output.parent,
            older,
        ],
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert (result.returncode, result.stdout) == (2, f"{output.name}\n{OLDER}")
    assert result.stderr.count("\n") == 1
    assert "No space left on device: free some space" in result.stderr


def test_file_too_large(project, long_names, output):
    """The same by the limit on a file's size, which needs no rights."""
    result = p3(project, long_names, "svhn", output, before=["bash", "-c", 'ulimit -f 16; exec "$@"', "bash"])
    assert_refused(result, 2, output, str(output), "File too large")


def wait_until(happened) -> None:
    deadline = time.monotonic() + HANGS
    while not happened():
        assert time.monotonic() < deadline, "what the test waits for never happened"


def has_open(process: subprocess.Popen, file) -> bool:
    """Whether the process has this file open at this moment."""
    assert process.poll() is None, "ended too early"
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            if os.readlink(link) == str(file):
                return True
    return False


@pytest.fixture
def slow_images(many, tmp_path):
    """Three small images, then a hundred of 30 megapixels: the file that takes so long, and the folder."""
    large = tmp_path / "large.png"
    Image.new("1", (6000, 5000)).save(large)
    folder = tmp_path / "slow"
    folder.mkdir()
    for index in range(103):
        (folder / f"{index:05d}.png").symlink_to(many / "00000.png" if index < 3 else large)
    return folder, large


@pytest.mark.parametrize("older", [True, False], ids=["older output", "no output yet"])
@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_half_way(project, slow_images, output, number, code, older):
    """While it predicts: the small images are done, the first of the large ones is being decoded."""
    if not older:
        output.unlink()
    folder, large = slow_images
    process = subprocess.Popen(
        command(project, folder, "svhn", output, "--batch-size", "1"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_until(lambda: has_open(process, large))
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=HANGS)
    result = subprocess.CompletedProcess([], process.returncode, stdout, stderr)
    assert_one_line(result, code, number.name, "nothing was written")
    assert os.listdir(output.parent) == ([output.name] if older else [])
    assert not older or output.read_text() == OLDER


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_stopped_before_anything_is_read(number, code):
    """Importing takes seconds, in which a signal comes as easily."""
    script = (
        f"import os; from inference.command import begin; begin(); os.kill(os.getpid(), {number.value}); import torch"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True)
    assert_one_line(result, code, number.name, "nothing was written")


def test_stopped_while_writing(output):
    """The file begun beside the output goes, too."""
    script = """
import os, signal, sys
from inference.command import stop_on_signals
from inference.csv_output import write_csv
from inference.output_file import temporary_beside

def rows():
    yield "00000.png", 7
    assert len(os.listdir(os.path.dirname(output))) == 2
    os.kill(os.getpid(), signal.SIGTERM)
    yield "00001.png", 7

output = sys.argv[1]
temporary = temporary_beside(output)
stop_on_signals(temporary)
write_csv(output, temporary, rows())
"""
    result = subprocess.run([sys.executable, "-c", script, output], capture_output=True)
    assert_refused(result, 143, output, "SIGTERM")


def test_permissions_follow_the_umask(project, folder, script, older):
    older.unlink()
    script.run(project, folder, older, before=["bash", "-c", 'umask 027; exec "$@"', "bash"])
    assert older.stat().st_mode & 0o777 == 0o640
