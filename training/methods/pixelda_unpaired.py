"""PixelDA as one of the methods of adaptation: other domains, images that are no pairs, the course's 28x28 pixels.

python3 -m training pixelda_usps_mnistm
"""

from training.methods.pixelda import PixelDa


class PixelDaUnpaired(PixelDa):
    """Nothing but the data differs (training/data/digit_pairs.py)."""

    name, title = "pixelda_unpaired", "PixelDA"
    adapts = True
