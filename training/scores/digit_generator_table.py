"""What the scores of digit generators are, and the tables made of them."""

from dataclasses import dataclass

from training.scores.markdown import markdown_table
from training.systems import SYSTEMS

# Below this share of the samples, in percent, a digit counts as lost and the generator as collapsed; an even one is 10.
LOST = 2.0


@dataclass(frozen=True)
class Midpoints:
    """Percent of midpoints that the judge reads confidently, between ends of the same digit and of two digits."""

    alike: float
    different: float


@dataclass(frozen=True)
class Scores:
    """One generator's."""

    system: str
    seed: int
    epoch: int
    agreed: list[float] | None  # percent of each digit that is read as asked; of those that are asked
    shares: list[float]  # percent of samples read as each digit
    frechet: float  # of samples from one half of the test digits, in the judge's features
    copied: int  # of 1,000 samples, how many are a training digit
    repeated: int  # of 1,000 samples, how many have a second one that is the same
    midpoints: Midpoints | None

    @property
    def collapsed(self) -> bool:
        return min(self.shares) < LOST


@dataclass(frozen=True)
class Reference:
    """What samples are compared with."""

    judged: float  # percent of real test digits that the judge reads right
    frechet: float  # between two halves of the test digits
    taught: float | None  # percent of them that a classifier trained on samples alone reads right
    midpoints: Midpoints | None  # the autoencoder's


@dataclass(frozen=True)
class GeneratorResults:
    reference: Reference
    scores: list[Scores]

    @classmethod
    def from_json(cls, stored: dict) -> "GeneratorResults":
        """What `dataclasses.asdict` gave."""
        scores = [Scores(**entry | {"midpoints": midpoints(entry["midpoints"])}) for entry in stored["scores"]]
        reference = stored["reference"]
        return cls(Reference(**reference | {"midpoints": midpoints(reference["midpoints"])}), scores)


def midpoints(stored: dict | None) -> Midpoints | None:
    return None if stored is None else Midpoints(**stored)


def table(results: GeneratorResults) -> str:
    """Markdown: a row a generator, then each digit, then midpoints."""
    reference = results.reference
    return generators(results) + taught(reference.taught) + "\n" + digits(results.scores) + "\n" + walks(results)


def taught(accuracy: float | None) -> str:
    if accuracy is None:
        return ""
    classifier = "A classifier trained on samples of the conditional generator alone"
    return f"\n{classifier} reads {accuracy:.2f} % of the real test digits right.\n"


def generators(results: GeneratorResults) -> str:
    reference = results.reference
    rows = [["test digits", None, None, None, f"{reference.judged:.2f}", None, f"{reference.frechet:.2f}", None, None]]
    for entry in results.scores:
        agreed = f"{sum(entry.agreed) / 10:.2f}" if entry.agreed else None
        rows.append(
            [
                SYSTEMS[entry.system].title,
                "collapsed" if entry.collapsed else None,
                entry.seed,
                entry.epoch,
                agreed,
                f"{min(entry.shares):.1f}",
                f"{entry.frechet:.2f}",
                entry.copied,
                entry.repeated,
            ]
        )
    return markdown_table(
        (
            "generator",
            "",
            "seed",
            "epochs",
            "read as asked, %",
            "rarest digit, % of samples",
            "Fréchet distance",
            "copied",
            "repeated",
        ),
        rows,
        texts=2,
    )


def digits(scores: list[Scores]) -> str:
    """Percent of each digit: read as asked where a label was asked, else the shares of all samples."""
    rows = []
    for entry in scores:
        kind, values = ("read as asked", entry.agreed) if entry.agreed else ("of samples", entry.shares)
        rows.append([SYSTEMS[entry.system].title, kind, entry.seed, *(f"{value:.1f}" for value in values)])
    return markdown_table(("generator", "percent", "seed", *map(str, range(10))), rows, texts=2)


def walks(results: GeneratorResults) -> str:
    walked = [("latent denoiser", None, results.reference.midpoints)]
    walked += [(SYSTEMS[entry.system].title, entry.seed, entry.midpoints) for entry in results.scores]
    rows = [[title, seed, f"{shares.alike:.1f}", f"{shares.different:.1f}"] for title, seed, shares in walked if shares]
    columns = ("midpoints read confidently, %", "seed", "between the same digit", "between two digits")
    return markdown_table(columns, rows)
