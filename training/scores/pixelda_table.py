"""What the scoring step of PixelDA found, and its table."""

from dataclasses import dataclass

from training.scores.markdown import markdown_table
from training.systems import SYSTEMS

COLUMNS = {
    "MNIST, held out": "source_test",
    "MNIST, test set": "source_official",
    "MNIST-M, training pairs": "target_train",
    "MNIST-M, held out": "target_test",
    "MNIST-M, test set": "target_official",
}


@dataclass(frozen=True)
class Scores:
    """One run: percent of images that are read right."""

    system: str
    seed: int
    steps: int
    # Of the parts source_train, source_test (held-out pairs), source_official (the official test set), target_train …
    accuracy: dict[str, float]
    # After every epoch, of the first images of target_train and of target_test.
    epochs: dict[str, list[float]]
    # Generated digits of the official test set in which the judge reads the source's label; None without a generator.
    label_kept: float | None


@dataclass(frozen=True)
class Results:
    """Of all runs, and in percent how the judge reads real images of MNIST-M's official test set."""

    judge: float
    runs: list[Scores]

    @classmethod
    def from_json(cls, stored: dict) -> "Results":
        """What `dataclasses.asdict` gave."""
        return cls(stored["judge"], [Scores(**row) for row in stored["runs"]])


def table(results: Results) -> str:
    """Markdown: a row a run."""
    rows = [
        [
            SYSTEMS[row.system].title,
            row.seed,
            f"{row.steps:,}",
            *(f"{row.accuracy[part]:.1f}" for part in COLUMNS.values()),
            None if row.label_kept is None else f"{row.label_kept:.1f}",
        ]
        for row in results.runs
    ]
    return markdown_table(["run", "seed", "steps", *COLUMNS, "labels kept"], rows) + (
        f"\nPercent of images read right. MNIST-M's labels score. Before a training they are compared with MNIST's, to "
        f"see that the images are pairs; nothing learns from them. *Labels kept*: of generated test digits, those in "
        f"which a classifier trained on real MNIST-M reads the source's label; it reads {results.judge:.1f} % of the "
        f"real test set right.\n"
    )
