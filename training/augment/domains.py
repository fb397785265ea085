"""What distinguishes the digit domains: the one table that recipes read, with its reasons."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Domain:
    """How a domain's images are made, as far as augmentation has to know it."""

    title: str  # how tables and figures call it
    # Typical size of the digit in a 28-pixel frame. Between source and target its ratio is how far source digits must
    # be shrunk or stretched.
    digit_width: float
    digit_height: float
    sizes: tuple[float, float]  # drawn on top of that: 0.8 stretches by a quarter, 1.25 shrinks as much
    padding: str  # what lies beyond the frame: grid_sample's padding_mode
    background: Literal["none", "plain", "photo"]  # what digits lie on: black, one colour, texture
    has_neighbours: bool  # whether parts of other digits stand left and right
    is_crossed: bool  # whether some writers lay a bar across a stroke, as in a crossed seven


DOMAINS = {
    # 16x16 bounding boxes enlarged to 28x28: handwriting touches the frame's
    # top and bottom and is never cut by it; black paper goes on outside.
    "usps": Domain("USPS", 20, 27, (0.95, 1.25), "zeros", "none", has_neighbours=False, is_crossed=False),
    # 20x20 boxes centred by mass in 28x28, white on black.
    "mnist": Domain("MNIST", 15, 20, (0.75, 1.25), "zeros", "none", has_neighbours=False, is_crossed=False),
    # The same boxes, |patch - digit| over photos: texture goes on outside.
    # Two trained classifiers that disagree on its unlabelled training images do so on crossed sevens first.
    "mnistm": Domain("MNIST-M", 15, 20, (0.75, 1.25), "reflection", "photo", has_neighbours=False, is_crossed=True),
    # House numbers cropped around one digit: print is narrow, so its neighbours look in.
    "svhn": Domain("SVHN", 13, 24, (0.75, 1.25), "reflection", "plain", has_neighbours=True, is_crossed=False),
}
