"""Made brain slices and endoscopy in the layout of the courses' data, and finished smoke runs on them."""

import dataclasses
from pathlib import Path

from PIL import Image

from training.data.brain import SPLIT, read_split
from training.loop import train
from training.synthetic.brain import demo_slices
from training.synthetic.endoscopy import demo_endoscopy
from training.systems import SYSTEMS


def write_brain(root: Path, slices: int = 3) -> Path:
    """root/brain/{images,masks}: some slices of each of ten of the real split's patients, one of each tenth."""
    patients = {tenth: patient for patient, tenth in read_split(SPLIT).items()}
    images, masks = demo_slices(slices * len(patients), seed=1)
    for folder, pictures in (("images", images), ("masks", masks.astype("uint8") * 255)):
        (root / "brain" / folder).mkdir(parents=True)
        for row, picture in enumerate(pictures):
            name = f"{patients[row // slices]}_20000101_{row % slices + 4}.png"
            Image.fromarray(picture).save(root / "brain" / folder / name)
    return root


def write_endoscopy(folder: Path, count: int, frame: int = 0, seed: int = 0) -> Path:
    """JPEGs in a black frame of that width on the left and the right."""
    folder.mkdir(parents=True)
    for row, picture in enumerate(demo_endoscopy(count, seed)):
        framed = Image.new("RGB", (144 + 2 * frame, 128))
        framed.paste(Image.fromarray(picture).resize((144, 128)), (frame, 0))
        framed.save(folder / f"{row:03d}.jpg", quality=92)
    return folder


def finished_run(row: str, out: Path, **changes) -> Path:
    """A run of six steps on made images."""
    system = SYSTEMS[row]
    train(system, dataclasses.replace(system.settings, out=out, smoke=True, device="cpu", **changes))
    return out
