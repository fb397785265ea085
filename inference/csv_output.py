"""Writes the predictions as a CSV, whole or not at all."""

import csv
from collections.abc import Iterable

from inference.output_file import replacing


def write_csv(file: str, temporary: str, rows: Iterable[tuple[str, int]]) -> None:
    """Writes to `temporary`, which is then renamed to `file` in one step. Raises OutputError.

    Names that are not UTF-8 come out as the bytes that they are on disk.
    """
    with (
        replacing(file, temporary),
        open(temporary, "x", encoding="utf-8", errors="surrogateescape", newline="") as output,
    ):
        writer = csv.writer(output, lineterminator="\n")
        writer.writerow(["image_name", "label"])
        writer.writerows(rows)
