"""Which submissions' code is more alike than unrelated submissions' is, by winnowing.

Left out is what the course handed out, and what at least half of a class has: everybody's. How alike
two unrelated submissions are differs from course to course, so it is read off the class itself: the
median of all pairs and their spread. A pair is listed where it stands out of that.
"""

import io
from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from copydetect import CodeFingerprint, compare_files
from copydetect.utils import get_token_coverage
from rich.progress import track

from grading.grade import FILE

NOISE = 25  # tokens: shorter agreements are chance
GUARANTEE = 40  # tokens: agreements of this length are always found
SIMILAR = 15  # percent: below, two submissions only solve the same problem
SPREADS = 6  # median absolute deviations above the median: 4 standard deviations of a normal distribution
FEW = 10  # pairs: of fewer nothing can be said of what is usual
SIMILAR_OF_FEW = 50  # percent, there
COMMON = 0.5  # share of a class that has a passage, which is then nobody's own
COMMON_FROM = 5  # submissions: of fewer two would be half
PASSAGES = 6000  # characters of one side that are shown
CONTEXT = "\n  [...]\n"


class Pair(NamedTuple):
    first: str
    second: str
    first_share: float  # percent of the first one's code that stands in the second
    second_share: float
    first_passages: str
    second_passages: str

    @property
    def larger(self) -> float:
        return max(self.first_share, self.second_share)


class Similar(NamedTuple):
    """The pairs that stand out, the most similar first, and what is usual: both in percent."""

    pairs: list[Pair]
    usual: float
    threshold: float


def fingerprint(name: str, text: str) -> CodeFingerprint:
    """Names of variables and comments do not count. The text is Python and bash one after the other."""
    return CodeFingerprint(
        f"{name}.py", NOISE, GUARANTEE - NOISE + 1, filter=True, language="python", fp=io.StringIO(text)
    )


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def starter_hashes(folder: str) -> set[int]:
    files = [path for path in sorted(Path(folder).rglob("*")) if path.suffix in (".py", ".sh")] if folder else []
    return {each for path in files for each in fingerprint("starter", read(path)).hashes}


def common_hashes(prints: dict[str, CodeFingerprint]) -> set[int]:
    if len(prints) < COMMON_FROM:
        return set()
    counts = Counter(each for print_ in prints.values() for each in print_.hashes)
    return {each for each, count in counts.items() if count >= COMMON * len(prints)}


def without(print_: CodeFingerprint, hashes: set[int]) -> None:
    """Leaves these hashes out of it."""
    print_.hashes = print_.hashes - hashes
    print_.hash_idx = {each: print_.hash_idx[each] for each in print_.hashes}
    print_.token_coverage = get_token_coverage(print_.hash_idx, print_.k, len(print_.filtered_code))


def similar_pairs(sources: dict[str, Path], starter: str = "", shown: int = 50) -> Similar:
    prints = {name: fingerprint(name, read(path)) for name, path in track(sources.items(), "reading code")}
    left_out = starter_hashes(starter) | common_hashes(prints)
    for each in prints.values():
        without(each, left_out)
    both = list(combinations(sorted(prints), 2))
    pairs = [pair(first, second, prints) for first, second in track(both, "comparing code")]
    usual, threshold = outstanding([each.larger for each in pairs])
    similar = sorted(
        (each for each in pairs if each.larger >= threshold), key=lambda each: (-each.larger, each.first, each.second)
    )
    return Similar(similar[:shown], usual, threshold)


def outstanding(shares: list[float]) -> tuple[float, float]:
    """The median of all pairs, and from where on one stands out."""
    usual = float(np.median(shares)) if shares else 0.0
    if len(shares) < FEW:
        return usual, SIMILAR_OF_FEW
    spread = float(np.median(np.abs(np.array(shares) - usual)))
    return usual, max(SIMILAR, usual + SPREADS * spread)


def pair(first: str, second: str, prints: dict[str, CodeFingerprint]) -> Pair:
    _, shares, slices = compare_files(prints[first], prints[second])
    passages = [passages_of(prints[name].raw_code, each) for name, each in zip((first, second), slices)]
    return Pair(first, second, 100 * shares[0], 100 * shares[1], *passages)


def passages_of(code: str, slices: np.ndarray) -> str:
    """The lines that the slices lie in, under the name of their file."""
    text, shown_file = "", ""
    for begin, end in np.asarray(slices).T.astype(int).tolist() if len(slices) else []:
        begin, end = code.rfind("\n", 0, begin) + 1, (code.find("\n", end) + 1 or len(code) + 1) - 1
        file = code[:begin].rpartition(FILE)[2].partition("\n")[0]
        text += (f"\n{FILE}{file}\n" if file != shown_file else CONTEXT) + code[begin:end]
        shown_file = file
        if len(text) > PASSAGES:
            return text[:PASSAGES].strip("\n") + CONTEXT
    return text.strip("\n")
