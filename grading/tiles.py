"""Finds the tiles of a picture that shows many: whatever their gaps, with titles or ticks around them."""

import numpy as np

BACKGROUND = 12  # grey levels that JPEG adds to a plain line between two tiles
ALIKE = 0.2  # share by which tiles of one picture differ in size


def is_plain(pixels: np.ndarray) -> bool:
    """One colour all over."""
    return bool((pixels.max(axis=(0, 1)).astype(int) - pixels.min(axis=(0, 1)) <= BACKGROUND).all())


def segments(pixels: np.ndarray) -> list[tuple[int, int]]:
    """Runs of rows that are not one plain colour: (begin, end)."""
    spread = pixels.max(axis=1).astype(int) - pixels.min(axis=1)
    filled = np.concatenate([[False], (spread > BACKGROUND).any(axis=1), [False]])
    edges = np.flatnonzero(filled[1:] != filled[:-1])
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


def of_tiles(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Without what is much smaller than the largest: titles, ticks and numbers."""
    largest = max((end - begin for begin, end in found), default=0)
    return [(begin, end) for begin, end in found if end - begin > largest / 2]


def are_alike(found: list[tuple[int, int]]) -> bool:
    sizes = [end - begin for begin, end in found]
    return bool(sizes) and min(sizes) >= (1 - ALIKE) * max(sizes)


def even_cut(size: int, count: int) -> list[tuple[int, int]]:
    return [(size * place // count, size * (place + 1) // count) for place in range(count)]


def tiles(pixels: np.ndarray, rows: int, columns: int) -> list[np.ndarray]:
    """rows x columns tiles, or as many in another layout, row by row; empty where they cannot be made out.

    Tiles are told apart by plain lines between them; without any the picture is cut evenly, where
    that gives squares.
    """
    tall, wide = of_tiles(segments(pixels)), of_tiles(segments(pixels.transpose(1, 0, 2)))
    if len(tall) == len(wide) == 1:
        height, width = pixels.shape[0] / rows, pixels.shape[1] / columns
        if abs(height - width) >= 1:
            return []
        tall, wide = even_cut(pixels.shape[0], rows), even_cut(pixels.shape[1], columns)
    if len(tall) * len(wide) != rows * columns or not (are_alike(tall) and are_alike(wide)):
        return []
    return [pixels[top:bottom, left:right] for top, bottom in tall for left, right in wide]


def different_tiles(found: list[np.ndarray]) -> int:
    return len({(tile.shape, tile.tobytes()) for tile in found})
