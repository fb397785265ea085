"""The scoring step of the face methods: trained runs against the test split, which chooses nothing.

    python3 -m training.scores.faces runs/vae runs/gan runs/acgan runs/attribute_classifier --data hw3_data --table figures/faces_results.md

One of the runs must be an attribute classifier's: its features are those in which samples and test
faces are compared. Writes scores.json into every other run's folder, and a Markdown table. About a
minute a run on one core.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor

from inference.sampler import Sampler
from models.attribute_classifier import AttributeClassifier
from training.scores.digits import publish
from training.data.faces import ATTRIBUTES, FaceImages, read_faces
from training.measures.face_detector import face_share
from training.methods.face_method import signed
from training.measures.face_neighbours import SAME, nearest, repeated
from training.scores.face_samples import SEED, TITLES, UNIQUE, draw_noise, to_images
from training.data.folder_cache import DataError
from training.run_folder import RunFolder
from training.measures.sample_quality import frechet_distance, inception_distance, precision_recall

SMILING, MALE = ATTRIBUTES.index("Smiling"), ATTRIBUTES.index("Male")


class Judge:
    """The attribute network that was trained here on the training split."""

    def __init__(self, checkpoint: dict):
        self.network = AttributeClassifier(**checkpoint["arguments"])
        self.network.load_state_dict(checkpoint["state"])
        self.network.eval()

    @torch.inference_mode()
    def features(self, images: Tensor) -> Tensor:
        """uint8 N x 3 x 64 x 64 -> features N x F."""
        return torch.cat([self.network.features(signed(batch)) for batch in images.split(256)])

    @torch.inference_mode()
    def attributes(self, images: Tensor) -> Tensor:
        """uint8 N x 3 x 64 x 64 -> which of the 13 attributes it sees, bool N x 13."""
        return torch.cat([self.network(signed(batch)) > 0 for batch in images.split(256)])


@dataclass(frozen=True)
class Reference:
    """What samples are compared with: test faces and their features, and the training images."""

    test: FaceImages
    features: Tensor
    training: Tensor
    judge: Judge
    inception_weights: Path | None


@dataclass(frozen=True)
class Quality:
    """Of one set of images beside the test faces; shares in percent."""

    frechet: float
    precision: float
    recall: float
    found: float            # share in which the detector finds a face
    repeated: int           # of UNIQUE, how many have a second one that is the same
    copied: int | None      # of UNIQUE, how many are the same as a training face
    inception: float | None


@dataclass(frozen=True)
class Scores:
    """One run's; what its method lacks is None."""

    run: str
    method: str
    seed: int
    epoch: int
    kl_weight: float | None
    mse: float | None       # of test reconstructions from the mean, images in [-1, 1]
    changed: float | None   # percent of pairs that smile or do not as asked
    kept: float | None      # percent of pairs that stay male or female
    quality: Quality


def evaluate(run: Path, reference: Reference) -> Scores:
    """Scores a finished run of a method that draws faces, and writes scores.json."""
    stored, generator = RunFolder(run).load_best(), Sampler(RunFolder(run).best.read_bytes())
    samples = sample(generator, reference.test.attributes[:, SMILING])
    changed, kept = pair_scores(generator, reference.judge) if generator.method == "acgan" else (None, None)
    scores = Scores(
        run.name, generator.method, stored["seed"], stored["validation"]["epoch"],
        stored["settings"].get("kl_weight"),
        reconstruction_error(generator, reference.test.images) if generator.method == "vae" else None,
        changed, kept, quality(samples, reference, copies=True))
    (run / "scores.json").write_text(json.dumps(asdict(scores), indent=2) + "\n")
    return scores


def sample(generator: Sampler, smiling: Tensor) -> Tensor:
    """As many samples as there are test faces; ACGAN's smile where those do."""
    condition = (smiling,) if generator.method == "acgan" else ()
    return to_images(generator.images(draw_noise(len(smiling), generator.noise.shape[1]), *condition))


@torch.inference_mode()
def reconstruction_error(generator: Sampler, images: Tensor) -> float:
    """Mean squared error over pixels in [-1, 1], reconstructed from the mean of the latents."""
    total = sum((generator.network(batch) - batch).square().sum().item() for batch in signed(images).double().split(64))
    return total / images.numel()


def pair_scores(generator: Sampler, judge: Judge) -> tuple[float, float]:
    """Percent of UNIQUE pairs of one noise each in which the judge sees no smile, then a smile, as
    was asked, and percent in which it sees the same sex twice."""
    latents = draw_noise(UNIQUE, generator.noise.shape[1])
    without, with_smile = (judge.attributes(to_images(generator.images(latents, torch.full((UNIQUE,), asked))))
                           for asked in (0.0, 1.0))
    changed = ~without[:, SMILING] & with_smile[:, SMILING]
    return percent(changed), percent(without[:, MALE] == with_smile[:, MALE])


def percent(shares: Tensor) -> float:
    return 100 * shares.float().mean().item()


def quality(images: Tensor, reference: Reference, copies: bool) -> Quality:
    """Of uint8 images, as many as there are test faces; copies of the training set are counted where asked."""
    features = reference.judge.features(images)
    precision, recall = precision_recall(reference.features, features)
    weights = reference.inception_weights
    return Quality(
        frechet_distance(reference.features, features), 100 * precision, 100 * recall, 100 * face_share(images),
        repeated(nearest(images[:UNIQUE])[0]),
        repeated(nearest(images[:UNIQUE], reference.training)[0]) if copies else None,
        inception_distance(reference.test.images, images, weights) if weights else None)


def table(scores: list[Scores], reference: Reference) -> str:
    """Markdown: a row a run, real faces above, and what the columns mean below."""
    count = len(reference.test.names)
    order = sorted(scores, key=lambda score: (list(TITLES).index(score.method), score.run))
    rows = [{"run": "test faces", "face found": f"{100 * face_share(reference.test.images):.1f}"},
            {"run": "training faces", **quality_cells(quality(some(reference.training, count), reference, copies=False))},
            *map(score_cells, order)]
    columns = list(dict.fromkeys(name for row in reversed(rows) for name in row))
    lines = [columns, ["---"] * len(columns), *([row.get(name, "") for name in columns] for row in rows)]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines) + "\n" + legend(reference) + "\n"


def some(images: Tensor, count: int) -> Tensor:
    return images[torch.randperm(len(images), generator=torch.Generator().manual_seed(SEED))[:count]]


def score_cells(scores: Scores) -> dict[str, str]:
    return {"run": scores.run, "method": TITLES[scores.method], "seed": str(scores.seed), "epoch": str(scores.epoch),
            "λ_KL": cell(scores.kl_weight, "g"), "test MSE": cell(scores.mse, ".4f"), **quality_cells(scores.quality),
            "changed": cell(scores.changed, ".1f"), "same sex": cell(scores.kept, ".1f")}


def quality_cells(quality: Quality) -> dict[str, str]:
    cells = {"Fréchet distance": f"{quality.frechet:.2f}", "precision": f"{quality.precision:.1f}",
             "recall": f"{quality.recall:.1f}", "face found": f"{quality.found:.1f}",
             "repeated": f"{quality.repeated}", "copied": cell(quality.copied, "d")}
    return cells if quality.inception is None else cells | {"Inception FID": f"{quality.inception:.1f}"}


def cell(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def legend(reference: Reference) -> str:
    """What a reader of the table must know to repeat it."""
    count, training = len(reference.test.names), len(reference.training)
    right = reference.judge.attributes(reference.test.images) == reference.test.attributes
    return f"""\
Each run drew {count:,} samples; they and {count:,} of the training faces are compared with the {count:,} test faces.

- *Test MSE*: reconstruction from the mean, images in [-1, 1].
- *Fréchet distance*, *precision* and *recall* (Kynkäänniemi et al., k = 3, percent) are measured in the features of the attribute
  network trained here on the training split, so the distance is not FID. That network is right on {percent(right):.1f} % of the
  test faces' attributes, on {percent(right[:, SMILING]):.1f} % for Smiling.
- *Face found*: percent in which OpenCV's frontal cascade finds a face, at 256x256.
- *Repeated*: of {UNIQUE:,} images, how many have a second one among them that is the same; *copied*: how many are one of
  the {training:,} training faces. The same are images whose 4x4-pixel blocks differ by less than {SAME} (root mean square,
  images in [-1, 1]), which in the training split only second copies of one photograph do.
- *Changed*: percent of {UNIQUE:,} pairs of one noise each in which the attribute network sees no smile, then a smile, as asked;
  *same sex*: percent of them in which it sees the same twice."""


def read_reference(runs: list[Path], data: Path, inception_weights: Path | None) -> Reference:
    """Raises DataError where no run is an attribute classifier's."""
    judges = [run for run in runs if RunFolder(run).load_best()["method"] == "attribute_classifier"]
    if not judges:
        raise DataError("none of the runs is an attribute classifier's, whose features the samples are compared in: give one")
    judge, test = Judge(RunFolder(judges[0]).load_best()), read_faces(data, "test")
    return Reference(test, judge.features(test.images), read_faces(data, "train").images, judge, inception_weights)


def main(runs: Annotated[list[Path], tyro.conf.Positional], /, data: Path = Path("hw3_data"),
         table_file: Annotated[Path | None, tyro.conf.arg(name="table")] = None,
         inception_weights: Path | None = None) -> None:
    """Scores finished runs of VAE, GAN and ACGAN on the test split.

    Args:
        runs: Run folders, an attribute classifier's among them; those that are not finished are passed over.
        data: Data in the course layout.
        table_file: Where to write the Markdown table; it is printed in any case.
        inception_weights: torch-fidelity's file of Inception weights; with it the table has FID proper too.
    """
    def tables() -> str:
        finished = [run for run in runs if RunFolder(run).done]
        reference = read_reference(finished, data, inception_weights)
        drawing = [run for run in finished if RunFolder(run).load_best()["method"] in TITLES]
        return table([evaluate(run, reference) for run in drawing], reference)

    publish("evaluate_faces", tables, table_file)


if __name__ == "__main__":
    tyro.cli(main)
