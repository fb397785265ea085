"""Runs that end before their time."""

import dataclasses

from training.systems.system import System


def killed_in_second_epoch(system: System) -> System:
    """The row, interrupted in its fifth step: with three steps an epoch the first epoch is saved."""

    class Killed(system.method):
        def update(self, *batch):
            if self.step == 4:
                raise KeyboardInterrupt
            return super().update(*batch)

    return dataclasses.replace(system, method=Killed)
