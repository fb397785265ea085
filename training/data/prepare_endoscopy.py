"""Makes 96x96 pictures from Kvasir's folders of endoscopy.

    python3 -m training.data.prepare_endoscopy hw3_data

Reads hw3_data/{normal-z-line,normal-pylorus,normal-cecum,polyps}, as many of them as there are, and writes
hw3_data/processed/normal/<folder>_<name>.png and hw3_data/processed/polyp/polyps_<name>.png: RGB, without the
black frame, bilinear. A picture that is there already is left alone, so the same command goes on where it was stopped.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import tyro
from PIL import Image
from rich.progress import track

from inference.command import shown
from inference.image_folder import UnreadableImage, list_images, reason, refuse_huge, to_rgb
from training.errors import DataError, exit_in_one_line
from training.run_folder import replace_file

SIZE = 96
FOLDERS = {"normal-z-line": "normal", "normal-pylorus": "normal", "normal-cecum": "normal", "polyps": "polyp"}
# JPEG leaves noise of up to about this level in a black frame; tissue in shadow is brighter.
DARK = 24
# A row or column belongs to the picture from this share of lit pixels on: text beside the picture lights fewer.
LIT = 0.1


def prepare(data: Path) -> dict[str, int]:
    """Writes data/processed/{normal,polyp}; returns how many pictures each holds.

    Raises DataError where none of the folders is there, two pictures would get one name or one is all black,
    inference's FolderError where a folder holds no image, UnreadableImage where one does not decode.
    """
    pairs = list(sources(data))
    refuse_shared_names([target for _, target in pairs])
    for source, target in track(pairs, description="pictures", disable=not os.isatty(1)):
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            picture = prepared(read_picture(source), source)
            replace_file(target, lambda part, picture=picture: picture.save(part, format="PNG"))
    kinds = [target.parent.name for _, target in pairs]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}


def sources(data: Path) -> Iterator[tuple[Path, Path]]:
    """Every picture of Kvasir's folders, and where it goes."""
    folders = [name for name in FOLDERS if (data / name).is_dir()]
    if not folders:
        raise DataError(f"{shown(data)} holds none of the folders {', '.join(FOLDERS)}")
    for folder in folders:
        for name in list_images(str(data / folder)):
            yield data / folder / name, data / "processed" / FOLDERS[folder] / f"{folder}_{Path(name).stem}.png"


def refuse_shared_names(targets: list[Path]) -> None:
    """a.jpg and a.png of one folder: the second would be taken for one that is there already."""
    target, count = Counter(targets).most_common(1)[0]
    if count > 1:
        raise DataError(f"{shown(target)}: {count} of the pictures would get this name: rename all but one of them")


def read_picture(path: Path) -> Image.Image:
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            refuse_huge(image)
            return to_rgb(image)
    except Exception as error:  # damaged files make Pillow raise OSError, SyntaxError, ValueError and more
        raise UnreadableImage(f"{shown(path)}: {reason(error)}: replace or remove this image") from None


def prepared(picture: Image.Image, path: Path) -> Image.Image:
    """96x96, without the black frame."""
    return picture.crop(inside_of_frame(picture, path)).resize((SIZE, SIZE), Image.Resampling.BILINEAR)


def inside_of_frame(picture: Image.Image, path: Path) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is not the recorder's black frame.

    The frame shows nothing, and its width differs between recorders: six numbers should not be spent on it. The black
    corners of the round picture stay: a crop inside them would lose a third of the tissue.
    """
    lit = np.asarray(picture).max(axis=2) > DARK
    rows, columns = (np.flatnonzero(lit.mean(axis=axis) >= LIT) for axis in (1, 0))
    if not rows.size or not columns.size:
        raise DataError(f"{shown(path)} is all black: remove it")
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def main(data: Annotated[Path, tyro.conf.Positional]) -> None:
    """Makes 96x96 pictures from Kvasir's folders of endoscopy.

    Args:
        data: Folder that holds Kvasir's folders.
    """
    with exit_in_one_line("prepare_endoscopy"):
        for kind, count in prepare(data).items():
            print(f"{count} pictures in {data / 'processed' / kind}")


if __name__ == "__main__":
    tyro.cli(main)
