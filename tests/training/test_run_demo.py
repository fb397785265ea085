from itertools import product

import pytest

from training.demo import run as run_demo
from training.scores.digits import scenario_title
from training.scores.predictions import score
from training.synthetic.digits import make_demo


def test_demo_predicts_every_domain(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(run_demo, "FOLDER", tmp_path / "demo")
    monkeypatch.setattr(run_demo, "IMAGES", 20)
    run_demo.main()
    shown = capfd.readouterr()
    assert shown.err == "" and all(scenario_title(*scenario) in shown.out for scenario in run_demo.SCENARIOS.values())
    for script, domain in product(("hw3_p3", "hw3_p4"), run_demo.SCENARIOS):
        result = score(
            tmp_path / "demo" / f"{script}_{domain}.csv", tmp_path / "demo/hw3_data/digits" / domain / "test.csv"
        )
        assert result.total == 20 and not (result.missing or result.unreadable or result.unknown)


def test_demo_passes_on_the_script_s_exit_code(tmp_path):
    images = make_demo(tmp_path, "usps", 1)
    with pytest.raises(SystemExit) as stopped:
        run_demo.predict("hw3_p3.sh", images, "emnist", tmp_path / "out.csv")
    assert stopped.value.code == 2
