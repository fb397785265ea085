"""That the benchmark measures the real thing; never how long it takes."""

import pytest

from training.demo import bench
from training.synthetic.digits import make_demo


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return make_demo(tmp_path_factory.mktemp("bench"), bench.DOMAIN, 30)


def test_parts_together_do_what_the_script_does(images):
    csv = images.parent / "out.csv"
    seconds, memory = bench.time_script("hw3_p3.sh", images)
    by_script = csv.read_bytes()
    csv.unlink()
    parts = bench.time_parts(images)
    assert csv.read_bytes() == by_script and by_script.count(b"\n") == 31
    assert seconds > 0 and memory > 50
    assert list(parts) == [bench.START_UP, "decoding", "network", "writing"]


def test_every_method_has_a_training_speed(monkeypatch):
    monkeypatch.setattr(bench, "WARM_UP", 0)
    monkeypatch.setattr(bench, "STEPS", 1)
    _, _, speeds = bench.training_speeds()
    assert list(speeds) == [
        "source only, USPS → MNIST-M",
        "DANN, USPS → MNIST-M",
        "mean teacher, USPS → MNIST-M",
        "target only, MNIST-M",
    ] and all(speed > 0 for speed in speeds.values())
