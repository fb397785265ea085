"""What distinguishes the digit domains: the one table that recipes read, with its reasons."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Domain:
    """How a domain's images are made, as far as augmentation has to know it."""

    digit_height: float   # typical height of the digit in a 28-pixel frame: its ratio between
                          # source and target is how far source digits must be shrunk or enlarged
    padding: str          # what lies beyond the frame: grid_sample's padding_mode
    background: Literal["none", "plain", "photo"]  # what digits lie on: black, one colour, texture
    has_neighbours: bool  # whether parts of other digits stand left and right


DOMAINS = {
    # 16x16 bounding boxes enlarged to 28x28: digits touch the frame; black paper goes on outside.
    "usps": Domain(27, "zeros", "none", has_neighbours=False),
    # 20x20 boxes centred by mass in 28x28, |patch - digit| over photos: texture goes on outside.
    "mnistm": Domain(20, "reflection", "photo", has_neighbours=False),
    # House numbers cropped around one digit: it nearly fills the height, its neighbours look in.
    "svhn": Domain(24, "reflection", "plain", has_neighbours=True),
}
