"""Copies of a submission, one for each run: the next one is made, and the last one removed, while a run goes on."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from grading.folders import removal


def new_folder(work: Path) -> Path:
    """Its name, which can be read inside, does not tell which run it is for."""
    folder = Path(tempfile.mkdtemp(dir=work))
    folder.chmod(0o755)
    return folder


class Copies:
    """Of the folder `source`, in `work`. To be closed before `work` is removed."""

    def __init__(self, source: Path, work: Path):
        self.source, self.work = source, work
        self.next: tuple[Path, subprocess.Popen] | None = None
        self.removing: list[subprocess.Popen] = []

    def make_next(self) -> None:
        """Begins the copy that `take` gives."""
        if self.next is not None:
            return
        folder = new_folder(self.work)
        copying = ["/bin/cp", "-a", "--", f"{self.source}/.", str(folder)]
        self.next = folder, subprocess.Popen(copying, stderr=subprocess.DEVNULL)

    def take(self) -> Path:
        """Raises shutil.Error or OSError where the folder cannot be copied."""
        self.make_next()
        folder, copying = self.next
        self.next = None
        if copying.wait():
            shutil.copytree(self.source, folder, symlinks=True, dirs_exist_ok=True)
        return folder

    def forget_next(self) -> None:
        """The folder changes: what was begun is not to be used."""
        if self.next is not None:
            folder, copying = self.next
            self.next = None
            copying.wait()
            self.remove(folder)

    def remove(self, folder: Path) -> None:
        self.removing = [each for each in self.removing if each.poll() is None]
        self.removing.append(subprocess.Popen(removal(folder), stderr=subprocess.DEVNULL))

    def close(self) -> None:
        self.forget_next()
        for each in self.removing:
            each.wait()
