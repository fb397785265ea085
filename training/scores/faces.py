"""The scoring step of faces: trained runs against the test split, which chooses nothing.

    python3 -m training.scores.faces runs/vae runs/gan runs/acgan runs/attribute_classifier \\
        --scores figures/faces/scores.json --table figures/faces/results.md

One of the runs must be an attribute classifier's: its features are those in which samples and test
faces are compared. Writes scores.json into every other run's folder, and a Markdown table
(training/scores/face_table.py). About a minute a run on one core.
"""

from dataclasses import asdict, dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor
from tyro.conf import Positional

from inference.sampler import Sampler
from models.acgan import ConditionalGenerator
from models.attribute_classifier import AttributeClassifier
from training.augment.images import signed
from training.data.faces import ATTRIBUTES, FaceImages, read_faces
from training.errors import DataError, exit_in_one_line
from training.measures.face_detector import face_share
from training.measures.face_neighbours import nearest, repeated
from training.measures.sample_quality import frechet_distance, inception_distance, precision_recall
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, together
from training.scores.face_samples import SEED, TITLES, UNIQUE, draw_noise, to_images
from training.scores.face_table import FaceResults, Quality, Reference, Scores, table

READ_WELL = 90.0  # percent of the test faces on which the attribute network must be right about what a pair should keep


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
class Faces:
    """What samples are compared with: test faces, their features and which of their attributes the judge reads rightly
    (bool N x 13), and the training images."""

    test: FaceImages
    features: Tensor
    right: Tensor
    training: Tensor
    judge: Judge
    inception_weights: Path | None

    def read_well(self) -> list[str]:
        """The attributes that the judge reads rightly on READ_WELL percent of the test faces."""
        return [name for column, name in enumerate(ATTRIBUTES) if percent(self.right[:, column]) >= READ_WELL]


def evaluate(run: Path, faces: Faces) -> Scores:
    """Scores a finished run of a method that draws faces, and writes scores.json."""
    stored, generator = RunFolder(run).load_best(), Sampler(RunFolder(run).best.read_bytes())
    asked, settings = ATTRIBUTES.index(stored["settings"].get("attribute", "Smiling")), stored["settings"]
    samples = sample(generator, faces.test.attributes[:, asked])
    pairs = isinstance(generator.network, ConditionalGenerator)
    changed, kept = pair_scores(generator, faces.judge, asked) if pairs else (None, {})
    scores = Scores(
        run.name,
        generator.method,
        stored["seed"],
        stored["validation"]["epoch"],
        settings.get("kl_weight"),
        reconstruction_error(generator, faces.test.images) if "kl_weight" in settings else None,
        changed,
        kept.get("Male"),
        quality(samples, faces, copies=True),
        {name: share for name, share in kept.items() if name in faces.read_well()},
    )
    RunFolder(run).save_scores(asdict(scores))
    return scores


def sample(generator: Sampler, attribute: Tensor) -> Tensor:
    """As many samples as there are test faces; an ACGAN's have the attribute where those do."""
    condition = (attribute,) if isinstance(generator.network, ConditionalGenerator) else ()
    return to_images(generator.images(draw_noise(len(attribute), generator.noise.shape[1]), *condition))


@torch.inference_mode()
def reconstruction_error(generator: Sampler, images: Tensor) -> float:
    """Mean squared error over pixels in [-1, 1], reconstructed from the mean of the latents."""
    total = sum((generator.network(batch) - batch).square().sum().item() for batch in signed(images).double().split(64))
    return total / images.numel()


def pair_scores(generator: Sampler, judge: Judge, asked: int) -> tuple[float, dict[str, float]]:
    """Of UNIQUE pairs of one noise each, percent in which the judge sees the asked attribute off, then on,
    and {other attribute: percent in which it sees the same twice}."""
    latents = draw_noise(UNIQUE, generator.noise.shape[1])
    off, on = (
        judge.attributes(to_images(generator.images(latents, torch.full((UNIQUE,), value)))) for value in (0.0, 1.0)
    )
    same = {name: percent(off[:, column] == on[:, column]) for column, name in enumerate(ATTRIBUTES) if column != asked}
    return percent(~off[:, asked] & on[:, asked]), same


def percent(shares: Tensor) -> float:
    return 100 * shares.float().mean().item()


def quality(images: Tensor, faces: Faces, copies: bool) -> Quality:
    """Of uint8 images, as many as there are test faces; copies of the training set are counted where asked."""
    features = faces.judge.features(images)
    precision, recall = precision_recall(faces.features, features)
    weights = faces.inception_weights
    return Quality(
        frechet_distance(faces.features, features),
        100 * precision,
        100 * recall,
        100 * face_share(images),
        repeated(nearest(images[:UNIQUE])[0]),
        repeated(nearest(images[:UNIQUE], faces.training)[0]) if copies else None,
        inception_distance(faces.test.images, images, weights) if weights else None,
    )


def measure_reference(faces: Faces) -> Reference:
    """How real faces fare, and how well the attribute network reads them."""
    order = torch.randperm(len(faces.training), generator=torch.Generator().manual_seed(SEED))
    some = faces.training[order[: len(faces.test.names)]]
    return Reference(
        len(faces.test.names),
        len(faces.training),
        percent(faces.right),
        percent(faces.right[:, ATTRIBUTES.index("Smiling")]),
        100 * face_share(faces.test.images),
        quality(some, faces, copies=False),
    )


def read_faces_to_compare(runs: list[Path], data: Path, inception_weights: Path | None) -> Faces:
    """Raises DataError where no run is an attribute classifier's."""
    judges = [run for run in runs if RunFolder(run).load_best()["method"] == "attribute_classifier"]
    if not judges:
        raise DataError(
            "none of the runs is an attribute classifier's, whose features the samples are compared in: give one"
        )
    judge, test = Judge(RunFolder(judges[0]).load_best()), read_faces(data, "test")
    features, right = judge.features(test.images), judge.attributes(test.images) == test.attributes
    return Faces(test, features, right, read_faces(data, "train").images, judge, inception_weights)


@dataclass(frozen=True, kw_only=True)
class FacesCall(Call):
    # Run folders, an attribute classifier's among them; those that are not finished are passed over.
    runs: Positional[list[Path]]
    # torch-fidelity's file of Inception weights; with it the table has FID proper too.
    inception_weights: Path | None = None


def main(call: Annotated[FacesCall, NO_PREFIX]) -> None:
    """Scores finished runs of the methods that draw faces on the test split."""
    with exit_in_one_line("scores"):
        call.check(FaceResults.from_json)
        finished = [run for run in call.runs if RunFolder(run).done]
        faces = read_faces_to_compare(finished, call.data, call.inception_weights)
        drawing = [run for run in finished if RunFolder(run).load_best()["method"] in TITLES]
        new = FaceResults(measure_reference(faces), [evaluate(run, faces) for run in drawing])
        earlier = call.earlier(FaceResults.from_json, new)
        results = replace(new, runs=together(earlier.runs, new.runs, attrgetter("run")))
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
