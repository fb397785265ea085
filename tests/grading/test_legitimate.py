"""What honest submissions need of the machine is there behind all walls: threads, processes, shared memory, caches."""

from pathlib import Path

import pytest

from grading.runs import Call, RunName, Runner
from grading.tables import Limits

LIMITS = Limits(
    wall_seconds=300,
    memory_mib=3000,
    processes=256,
    file_mib=64,
    answer_mib=4,
    output_mib=64,
    submission_mib=16,
    submission_files=100,
    model_mib=2,
)
SCRIPT = """
import getpass, multiprocessing, os, pwd, socket, sqlite3, subprocess, sys, tempfile
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import torch
from joblib import Parallel, delayed
from torch.utils.data import DataLoader, TensorDataset


def square(number):
    return number * number


if __name__ == "__main__":
    torch.set_num_threads(4)
    print("threads", (torch.ones(300, 300) @ torch.ones(300, 300)).sum().item())
    images = TensorDataset(torch.arange(16.).reshape(16, 1).repeat(1, 50_000))
    print("loader", sum(int(batch[0, 0]) for (batch,) in DataLoader(images, batch_size=4, num_workers=2)))
    with multiprocessing.Pool(2) as pool:
        print("pool", pool.map(square, range(4)))
    print("jobs", Parallel(n_jobs=2)(delayed(square)(number) for number in range(3)))
    with tempfile.NamedTemporaryFile() as file:
        torch.save({"weight": torch.ones(2)}, file.name)
        print("weights", torch.load(file.name, weights_only=True)["weight"].tolist())
    plt.plot([1, 2])
    plt.savefig("/output/figure.png")
    database = sqlite3.connect("/tmp/table.db")
    database.execute("create table numbers (number)")
    database.commit()
    here, there = socket.socketpair()
    here.sendall(b"x")
    print("user", getpass.getuser() == pwd.getpwuid(os.getuid()).pw_name, there.recv(1))
    print("programs", subprocess.run("seq 3 | tail -n 1", shell=True, capture_output=True, text=True).stdout.strip())
    open(sys.argv[1], "w").write("done")
"""
SAID = """threads 27000000.0
loader 24
pool [0, 1, 4, 9]
jobs [0, 1, 4]
weights [1.0, 1.0]
user True b'x'
programs 3
"""


@pytest.mark.usefixtures("sandbox")
def test_what_honest_submissions_need(tmp_path):
    folder, raw = tmp_path / "submission", tmp_path / "raw"
    folder.mkdir()
    (folder / "hw3_p3.sh").write_text('python3 everything.py "$@"\n')
    (folder / "everything.py").write_text(SCRIPT)
    runner = Runner(folder, tmp_path, raw, LIMITS, protected=True, again=False)
    run = runner.run(RunName("p3"), "hw3_p3.sh", Call(["{output}"], "done.txt"))
    told = Path(raw / "p3 first" / "stderr.txt").read_text()
    assert (run.exit_code, run.limit, run.unusable) == (0, "", ""), told
    assert (raw / "p3 first" / "stdout.txt").read_text() == SAID, told
