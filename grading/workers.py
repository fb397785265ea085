"""The processes that grade a class: of a Dask cluster at an address, or of one that is made here."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import dask.config
from distributed import Client, LocalCluster, Worker, WorkerPlugin
from distributed.security import Security
from tornado.ioloop import PeriodicCallback

RETRIES = 1  # of a submission whose worker died
GIVEN_UP_AFTER = "60s"  # a worker that is being restarted: on a busy machine Dask's 15 seconds are too few
SETTINGS = {"distributed.scheduler.allowed-failures": RETRIES, "distributed.deploy.lost-worker-timeout": GIVEN_UP_AFTER}
REPLACE_EVERY = 5  # seconds between two looks whether workers were given up, which Dask does not replace by itself


@contextmanager
def cluster(jobs: int, scheduler: str) -> Iterator[Client]:
    """A client of the scheduler at that address, or of a cluster of this machine's own."""
    if scheduler:
        with Client(scheduler) as client:
            if not client.nthreads():
                raise OSError(f"--scheduler {scheduler}: has no workers")
            yield client
        return
    with own_cluster(jobs) as client:
        yield client


class DeafToCtrlC(WorkerPlugin):
    """A terminal's Ctrl-C reaches the workers too; the process that was called ends them, without a traceback each."""

    def setup(self, worker: Worker) -> None:
        signal.signal(signal.SIGINT, lambda *_: None)  # not SIG_IGN: what a submission starts would inherit it


@contextmanager
def own_cluster(jobs: int) -> Iterator[Client]:
    """It talks TLS with keys made for it: a run with network must not be able to give it work."""
    security = Security.temporary()
    with (
        dask.config.set(SETTINGS),
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            security=security,
            silence_logs="CRITICAL",
            dashboard_address="127.0.0.1:0",
        ) as local,
        Client(local, security=security) as client,
    ):
        client.register_plugin(DeafToCtrlC())
        replacing = PeriodicCallback(lambda: local.scale(jobs), 1000 * REPLACE_EVERY)
        local.loop.add_callback(replacing.start)
        yield client
        local.loop.add_callback(replacing.stop)
