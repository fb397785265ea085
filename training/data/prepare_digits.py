"""Builds the course's digit folders from the public data sets.

    python3 -m training.data.prepare_digits --out hw3_data

Writes hw3_data/digits/{usps,mnistm,svhn,mnist}/{train,test}/NNNNN.png, 28x28, usps and mnist grey,
the others RGB; beside them {train,test}.csv (image_name,label) and a SOURCE.txt that says what the
images were made from. The originals stay in hw3_data/downloads and may be deleted afterwards.

A finished split is left alone. Stopped anywhere, the same command goes on: a download from its
last byte, a split from its first image. MNIST-M is its authors' archive, or where that is not to
be had MNIST over BSDS500 photos; the output and SOURCE.txt say which.

Without the internet: `--mirror http://SERVER/FOLDER` is asked first, for each file under its usual
name. Files are checked against the published checksums. A changed copy is taken only with
`--checksums FILE`, lines as md5sum or sha256sum print them, which replace the published ones.

Exit codes: 0 done; 2 the caller's fault; 3 a source is not to be had; 130 and 143 interrupted.
"""

import argparse
import csv
import fcntl
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from training.data.digit_sources import RECIPES, SOURCES, SPLITS, Recipe
from training.data.download import Source, SourceError, fetch
from training.data.progress import progress

SIDE = 28  # pixels


class CallerError(Exception):
    """What the caller has to change before the command can work."""


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        raise CallerError(message)


def parse_arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="prepare_digits", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--only", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="URL",
        help="asked before the public servers; may be given more than once",
    )
    parser.add_argument("--checksums", type=Path, metavar="FILE", help="trust these in place of the published ones")
    return parser.parse_args(arguments)


def choose_sources(mirrors: Sequence[str], checksums: dict[str, str]) -> dict[str, Source]:
    """The public sources, the mirrors' URLs before their own, with the caller's checksums."""
    for mirror in mirrors:
        if not mirror.startswith(("http://", "https://")):
            raise CallerError(f"--mirror {mirror}: not an http or https address")
    bases = [mirror.rstrip("/") for mirror in mirrors]
    return {
        name: replace(
            source,
            checksum=checksums.get(name, source.checksum),
            urls=(*(f"{base}/{name}" for base in bases), *source.urls),
        )
        for name, source in SOURCES.items()
    }


def read_checksums(path: Path | None) -> dict[str, str]:
    """File name -> checksum from lines such as md5sum and sha256sum print."""
    checksums = {}
    for line in path.read_text(errors="replace").splitlines() if path else ():
        match = re.fullmatch(r"([0-9a-f]{32}|[0-9a-f]{64}) [ *](.+)", line)
        if not match:
            raise CallerError(f"{path}: not a line of md5sum or sha256sum: {line!r}")
        checksums[Path(match[2]).name] = match[1]
        print(f"{match[2]}: {path} replaces the published checksum", flush=True)
    return checksums


def prepare_domain(domain: str, out: Path, sources: dict[str, Source]) -> None:
    """Makes the domain's missing splits. Raises SourceError, CallerError or OSError."""
    folder = out / "digits" / domain
    missing = [split for split in SPLITS if not is_finished(folder, split)]
    if missing:
        recipe = fetch_recipe(allowed_recipes(domain, folder, missing), missing, out / "downloads", sources)
        write_provenance(folder, recipe, sources)
        for split in missing:
            make_split(recipe, out / "downloads", folder, split)
    print(f"{domain}: {'made' if missing else 'already there'}: {provenance(folder)}", flush=True)


def is_finished(folder: Path, split: str) -> bool:
    """Whether the split is there; raises CallerError for one that somebody left incomplete."""
    if not (folder / split).exists():
        return False
    table = folder / f"{split}.csv"
    rows = max(len(table.read_text().splitlines()) - 1, 0) if table.exists() else 0
    images = sum(1 for _ in (folder / split).glob("*.png"))
    if images != rows or not images:
        raise CallerError(
            f"{folder / split} has {images} images and {table.name} {rows} rows: "
            "delete the folder, and run this again to make it anew"
        )
    return True


def allowed_recipes(domain: str, folder: Path, missing: Sequence[str]) -> Sequence[Recipe]:
    """All, but beside a finished split only its own: train and test never differ in kind."""
    if len(missing) == len(SPLITS):
        return RECIPES[domain]
    return [recipe for recipe in RECIPES[domain] if recipe.note == provenance(folder)] or RECIPES[domain]


def fetch_recipe(
    recipes: Sequence[Recipe], splits: Sequence[str], downloads: Path, sources: dict[str, Source]
) -> Recipe:
    """Returns the first recipe all of whose files could be had; they lie in `downloads` then."""
    downloads.mkdir(exist_ok=True)
    faults = []
    for recipe in recipes:
        try:
            for name in dict.fromkeys(name for split in splits for name in recipe.files[split]):
                fetch(sources[name], downloads, progress)
            return recipe
        except SourceError as fault:
            faults.append(str(fault))
            print(f"{recipe.note}: {fault}", flush=True)
    raise SourceError("; ".join(faults))


def make_split(recipe: Recipe, downloads: Path, folder: Path, split: str) -> None:
    """Reads the recipe's files and writes the split; SourceError for files of another format."""
    print(f"reading {', '.join(recipe.files[split])}", flush=True)
    try:
        write_split(folder, split, *recipe.read(downloads, split))
    except Exception as fault:  # the caller's own checksum can vouch for any content whatever
        if isinstance(fault, OSError) and fault.errno:
            raise  # the disk's fault, not the content's
        raise SourceError(
            f"{', '.join(recipe.files[split])}: not in the published format ({type(fault).__name__}: {fault})"
        ) from fault


def write_provenance(folder: Path, recipe: Recipe, sources: dict[str, Source]) -> None:
    names = dict.fromkeys(name for split in SPLITS for name in recipe.files[split])
    files = [f"{sources[name].checksum}  {name}" for name in names]
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / ".SOURCE.txt.partial"
    partial.write_text("\n".join([recipe.note, *files, ""]))
    os.replace(partial, folder / "SOURCE.txt")


def provenance(folder: Path) -> str:
    """What the domain was made from, in a line."""
    path = folder / "SOURCE.txt"
    return path.read_text().splitlines()[0] if path.exists() else "no SOURCE.txt says from what"


def write_split(folder: Path, split: str, images: Iterable[np.ndarray], labels: Sequence[int]) -> None:
    """Writes images and table under hidden names, and gives them theirs when both are whole.

    The folder comes last, so a folder with its name is a finished split.
    """
    partial, table = folder / f".{split}.partial", folder / f".{split}.csv.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    names = [f"{i:05d}.png" for i in range(len(labels))]
    with progress(f"writing {folder / split}", len(names)) as advance:
        for name, image in zip(names, images, strict=True):
            resized = Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BILINEAR)
            resized.save(partial / name)
            advance(1)
    with open(table, "w", newline="") as file:  # CRLF, as in the course's tables
        csv.writer(file).writerows([("image_name", "label"), *zip(names, map(int, labels))])
    os.replace(table, folder / f"{split}.csv")
    os.rename(partial, folder / split)


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Holds the folder against a second run, which would write the same partial files."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        _lock(handle, folder)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, folder: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CallerError(f"{folder}: another prepare_digits is at work there") from None


def prepare(options: argparse.Namespace) -> None:
    """Makes each domain; one that is not to be had does not keep the others from being made."""
    sources = choose_sources(options.mirror, read_checksums(options.checksums))
    faults = []
    with alone_in(options.out):
        for domain in options.only:
            try:
                prepare_domain(domain, options.out, sources)
            except SourceError as fault:
                faults.append(f"{domain}: {fault}")
    if faults:
        raise SourceError(
            f"{'; '.join(faults)}. Put the files into {options.out / 'downloads'} "
            "yourself, or name a --mirror that has them"
        )


def main(arguments: Sequence[str] | None = None) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        prepare(parse_arguments(arguments))
    except CallerError as fault:
        message, code = fault, 2
    except SourceError as fault:
        message, code = fault, 3
    except OSError as fault:
        message, code = f"{fault.filename or 'disk'}: {fault.strerror or fault}", 2
    except KeyboardInterrupt:
        message, code = "interrupted; the same command goes on", 128 + signal.SIGINT
    else:
        return 0
    print(f"prepare_digits: {message}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
