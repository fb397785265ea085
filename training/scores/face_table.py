"""The scores of face runs, as they lie in JSON, and the Markdown table that is made of them."""

from dataclasses import dataclass, field

from training.measures.face_neighbours import SAME
from training.scores.face_samples import TITLES, UNIQUE
from training.scores.markdown import markdown_table


@dataclass(frozen=True)
class Quality:
    """Of one set of images beside the test faces; shares in percent."""

    frechet: float
    precision: float
    recall: float
    found: float  # share in which the detector finds a face
    repeated: int  # of UNIQUE, how many have a second one that is the same
    copied: int | None  # of UNIQUE, how many are the same as a training face
    inception: float | None


@dataclass(frozen=True)
class Scores:
    """One run's; what its method lacks is None."""

    run: str
    method: str
    seed: int
    epoch: int
    kl_weight: float | None
    mse: float | None  # of test reconstructions from the mean, images in [-1, 1]
    changed: float | None  # percent of pairs that have or lack the attribute as asked
    kept: float | None  # percent of pairs that stay male or female
    quality: Quality
    # Percent of pairs that keep each attribute that was not asked for, of those that the network reads well.
    kept_attributes: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Reference:
    """How real faces fare: images of each split, percent of attributes that the network reads rightly, faces found."""

    test: int
    training: int
    attributes_right: float
    smiling_right: float
    test_found: float
    training_quality: Quality


@dataclass(frozen=True)
class FaceResults:
    reference: Reference
    runs: list[Scores]

    @classmethod
    def from_json(cls, stored: dict) -> "FaceResults":
        """What `dataclasses.asdict` gave. Raises TypeError and KeyError for something else."""
        reference = stored["reference"]
        quality = Quality(**reference["training_quality"])
        runs = [Scores(**run | {"quality": Quality(**run["quality"])}) for run in stored["runs"]]
        return cls(Reference(**reference | {"training_quality": quality}), runs)


def table(results: FaceResults) -> str:
    """Markdown: a row a run, real faces above, and what the columns mean below."""
    order = sorted(results.runs, key=lambda scores: (list(TITLES).index(scores.method), scores.run))
    rows = [
        {"run": "test faces", "face found": f"{results.reference.test_found:.1f}"},
        {"run": "training faces", **quality_cells(results.reference.training_quality)},
        *map(score_cells, order),
    ]
    columns = list(dict.fromkeys(name for row in reversed(rows) for name in row))
    cells = ([row.get(name) for name in columns] for row in rows)
    return markdown_table(columns, cells, texts=2) + "\n" + legend(results.reference) + "\n"


def score_cells(scores: Scores) -> dict[str, str]:
    return {
        "run": scores.run,
        "method": TITLES[scores.method],
        "seed": str(scores.seed),
        "epoch": str(scores.epoch),
        "λ_KL": cell(scores.kl_weight, "g"),
        "test MSE": cell(scores.mse, ".4f"),
        **quality_cells(scores.quality),
        "changed": cell(scores.changed, ".1f"),
        "same sex": cell(scores.kept, ".1f"),
        "least kept": ", ".join(f"{name} {share:.1f}" for share, name in least_kept(scores)),
    }


def least_kept(scores: Scores) -> list[tuple[float, str]]:
    """The attribute of which a pair loses most, or none."""
    return sorted((share, name) for name, share in scores.kept_attributes.items())[:1]


def quality_cells(quality: Quality) -> dict[str, str]:
    cells = {
        "Fréchet distance": f"{quality.frechet:.2f}",
        "precision": f"{quality.precision:.1f}",
        "recall": f"{quality.recall:.1f}",
        "face found": f"{quality.found:.1f}",
        "repeated": f"{quality.repeated}",
        "copied": cell(quality.copied, "d"),
    }
    return cells if quality.inception is None else cells | {"Inception FID": f"{quality.inception:.1f}"}


def cell(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def legend(reference: Reference) -> str:
    """What a reader of the table must know to repeat it."""
    return f"""\
Each run drew {reference.test:,} samples. They, and {reference.test:,} of the training faces, are compared with the
{reference.test:,} test faces.

- *Test MSE*: reconstruction from the mean, images in [-1, 1].
- *Fréchet distance*, *precision* and *recall* (Kynkäänniemi et al., k = 3, percent) are measured in the features of the
  attribute network trained here on the training split, so the distance is not FID. That network is right on
  {reference.attributes_right:.1f} % of the test faces' attributes, on {reference.smiling_right:.1f} % for Smiling.
- *Face found*: percent in which OpenCV's frontal cascade finds a face, at 256x256.
- *Repeated*: of {UNIQUE:,} images, how many have a second one among them that is the same; *copied*: how many are one
  of the {reference.training:,} training faces. The same are images whose 4x4-pixel blocks differ by less than {SAME}
  (root mean square, images in [-1, 1]), which in the training split only second copies of one photograph do.
- *Changed*: percent of {UNIQUE:,} pairs of one noise each in which the attribute network sees the attribute off, then
  on, as asked (Smiling, unless the run's name says another); *same sex*: percent of them in which it sees the same
  twice; *least kept*: of the attributes that it reads rightly on at least 90 % of the test faces, the one that fewest
  pairs keep, and percent of them."""
