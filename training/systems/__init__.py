"""The table of systems: a row for everything that can be trained, with the numbers that its results were made with.

    python3 -m training list
    python3 -m training dann_svhn_usps

The released GAN and ACGAN are older than their rows (docs/faces.md). Numbers that a row leaves out are its settings
class's, each with its reason there. A number that a row sets has its reason beside it. A file holds the rows of one
kind of data; system.py says what a row is.
"""

from training.methods.base import Method
from training.systems import digits, faces, grey_digits, medical, photos, pixelda

ROWS = digits.ROWS + faces.ROWS + grey_digits.ROWS + medical.ROWS + photos.ROWS + pixelda.ROWS
SYSTEMS = {row.name: row for row in ROWS}


def methods_of(family: str) -> dict[str, type[Method]]:
    """{name: class} of a family's methods, in the table's order."""
    return {row.method.name: row.method for row in ROWS if row.family == family}
