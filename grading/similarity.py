"""How alike submissions' code is, by winnowing: the share of each one's tokens that stands in the other."""

import io
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

from copydetect import CodeFingerprint, compare_files
from rich.progress import track

NOISE = 25       # tokens: shorter agreements are chance
GUARANTEE = 40   # tokens: agreements of this length are always found
SIMILAR = 10     # percent: below, two submissions only solve the same problem


class Pair(NamedTuple):
    first: str
    second: str
    first_share: float   # percent of the first one's code that stands in the second
    second_share: float

    @property
    def larger(self) -> float:
        return max(self.first_share, self.second_share)


def fingerprint(source: Path) -> CodeFingerprint:
    """Names of variables and comments do not count. The file is Python and bash one after the other."""
    text = io.StringIO(source.read_text(encoding="utf-8"))
    return CodeFingerprint(str(source), NOISE, GUARANTEE - NOISE + 1, filter=True, language="python", fp=text)


def similar_pairs(sources: dict[str, Path], shown: int = 50) -> list[Pair]:
    """The most similar pairs of submissions, the most similar first."""
    prints = {name: fingerprint(path) for name, path in track(sources.items(), "reading code")}
    both = list(combinations(sorted(prints), 2))
    pairs = [pair(first, second, prints) for first, second in track(both, "comparing code")]
    similar = [pair for pair in pairs if pair.larger >= SIMILAR]
    return sorted(similar, key=lambda pair: (-pair.larger, pair.first, pair.second))[:shown]


def pair(first: str, second: str, prints: dict[str, CodeFingerprint]) -> Pair:
    _, (first_share, second_share), _ = compare_files(prints[first], prints[second])
    return Pair(first, second, 100 * first_share, 100 * second_share)
