"""A GPU's devices are let into a run, with what their drivers read. Tried with another device: no GPU is to be had."""

import pytest

from grading import bubblewrap

LOOKS = "cat /sys/devices/system/cpu/online >&2 && echo told\nhead -c 4 /dev/zero | wc -c\n"


@pytest.mark.parametrize("gpu, said", [(True, "told\n4\n"), (False, "4\n")])
def test_devices_and_what_their_drivers_read(submission, graded, tmp_path, monkeypatch, gpu, said):
    monkeypatch.setattr(bubblewrap, "GRAPHICS", ["/dev/zer*"])
    folder = submission("honest")
    (folder / "hw3_p3.sh").write_text(LOOKS + 'python3 predict.py "$@"\n')
    results = graded(folder, limits={"gpu": gpu})
    assert (tmp_path / "report" / "raw" / "p3 svhn first" / "stdout.txt").read_text() == said and results.score == 10
