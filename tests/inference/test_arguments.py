"""Bad calls, bad folders and bad places for the output: exit code 2, before anything slow starts.

What a script that draws refuses beyond this stands in test_face_figure.py.
"""

import os
import subprocess

import pytest

from tests.inference.submission import (
    OLDER,
    assert_done,
    assert_one_line,
    assert_refused,
    environment,
    p3,
    without_root_rights,
)


@pytest.mark.parametrize("domain", ["mnist", "SVHN", "", "svhn ", "../svhn", "new\nline"])
def test_unknown_domain(project, folder, output, domain):
    assert_refused(p3(project, folder, domain, output), 2, output, "unknown domain", "mnistm, svhn, usps")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["images"],
        ["images", "svhn"],
        ["images", "svhn", "out.csv", "more"],
        ["images", "svhn", "out.csv", "--batch-size", "0"],
        ["images", "svhn", "out.csv", "--batch-size", "-1"],
        ["images", "svhn", "out.csv", "--size", "7"],
        ["images", "svhn", "out.csv", "--batch-size", "7", "more"],
    ],
)
def test_wrong_arguments(clone, folder, arguments, server):
    """Nothing is fetched for such a call either."""
    (clone / "weights" / "dann_svhn.pth").unlink()
    result = subprocess.run(
        ["bash", clone / "hw3_p3.sh", *arguments],
        cwd=folder.parent,
        capture_output=True,
        env=environment(HW3_WEIGHTS_URL=server.url("good")),
    )
    assert_one_line(result, 2, "usage", "<folder of images>")
    assert server.requests == []
    assert not (folder.parent / "out.csv").exists()


def missing(folder):
    return folder / "nowhere"


def empty(folder):
    (folder / "empty").mkdir()
    return folder / "empty"


def only_a_csv(folder):
    (empty(folder) / "test.csv").write_text(OLDER)
    return folder / "empty"


def unreadable(folder):
    folder.chmod(0)
    return folder


def a_file(folder):
    return folder / "00000.png"


def no_name(folder):
    return ""


def odd_name(folder):
    return folder / "new\nline \x1b[31m"


BAD_FOLDERS = {
    missing: "No such file or directory",
    empty: "no .png, .jpg, .jpeg file in it",
    only_a_csv: "no .png, .jpg, .jpeg file in it",
    unreadable: "Permission denied",
    a_file: "Not a directory",
    no_name: "No such file or directory",
    odd_name: r"new\nline \x1b[31m",
}


@pytest.mark.parametrize("kind", BAD_FOLDERS)
def test_bad_folder(project, folder, output, kind):
    bad = kind(folder)
    result = p3(project, bad, "svhn", output, before=without_root_rights())
    folder.chmod(0o755)
    assert_refused(result, 2, output, BAD_FOLDERS[kind], "give a folder of images")


def in_missing_folder(place):
    return place / "nowhere" / "out.csv"


def in_read_only_folder(place):
    place.chmod(0o555)
    return place / "out.csv"


def is_a_folder(place):
    return place


def ends_in_a_slash(place):
    return f"{place}/new/"


def is_empty(place):
    return ""


def is_a_pipe(place):
    return "/dev/stdout"  # the test reads it through a pipe


def is_a_device(place):
    return "/dev/null"


def below_a_file(place):
    return next(place.iterdir()) / "out.csv"


BAD_OUTPUTS = {
    in_missing_folder: "folder does not exist",
    in_read_only_folder: "read-only",
    is_a_folder: "is a folder",
    ends_in_a_slash: "is a folder",
    is_empty: "is a folder",
    is_a_pipe: "not a regular file",
    is_a_device: "not a regular file",
    below_a_file: "folder does not exist",
}


@pytest.mark.parametrize("kind", BAD_OUTPUTS)
def test_bad_output(project, folder, script, older, kind):
    bad = kind(older.parent)
    result = script.run(project, folder, bad, before=without_root_rights())
    older.parent.chmod(0o755)
    assert_refused(result, 2, older, BAD_OUTPUTS[kind])


@pytest.mark.parametrize("call", ["bad domain", "bad folder", "bad output"])
def test_refused_before_torch_is_imported(project, folder, output, call):
    result = p3(
        project,
        folder / "nowhere" if call == "bad folder" else folder,
        "mnist" if call == "bad domain" else "svhn",
        folder if call == "bad output" else output,
        PYTHONPROFILEIMPORTTIME="1",
    )
    assert result.returncode == 2
    assert b" inference.image_folder" in result.stderr  # the listing works
    assert b" torch" not in result.stderr


def test_packages_missing(project, folder, script, older, tmp_path):
    """A python3 without the packages: said in one line too."""
    bare = tmp_path / "bin" / "python3"
    bare.parent.mkdir()
    bare.write_text('#!/bin/sh\nexec /usr/bin/env PYTHONNOUSERSITE=1 "$REAL" -S "$@"\n')
    bare.chmod(0o755)
    real = environment()["PATH"].split(":")[0] + "/python3"
    result = script.run(project, folder, older, PATH=f"{bare.parent}:{os.environ['PATH']}", REAL=real)
    assert_refused(result, 2, older, "torch not installed", "requirements.txt")


def test_output_through_a_link(project, folder, script, older):
    """The link stays, the file behind it is replaced."""
    link = older.parent.parent / f"link{script.ending}"
    link.symlink_to(older)
    assert_done(script.run(project, folder, link))
    assert link.is_symlink() and older.read_bytes() != OLDER.encode()
