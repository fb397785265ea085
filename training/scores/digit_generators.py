"""The scoring step of digit generators, by a classifier of real digits that no generator has seen.

    python3 -m training.scores.digit_generators runs/digit_* runs/digits_of_generator runs/latent_denoiser \\
        --scores figures/digit_generators/scores.json --table figures/digit_generators/results.md

One of the runs must be the judge's. A run of digits_of_generator gives the accuracy of a classifier that saw samples
alone; a latent denoiser's gives the midpoints that the GAN's are compared with. Test digits score and choose nothing.
About a minute a run on one core.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor, nn
from tyro.conf import Positional

from inference.networks import build_network
from inference.noise import fixed_noise
from training.augment.images import to_bytes
from training.data.digits import LabelledImages
from training.data.mnist import read_grey, read_labelled_grey
from training.errors import DataError, exit_in_one_line
from training.measures.digit_judge import DigitJudge
from training.measures.digit_neighbours import nearest, same
from training.measures.sample_quality import frechet_distance
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, run_key, table_order, together
from training.scores.digit_generator_table import GeneratorResults, Midpoints, Reference, Scores, table
from training.scores.midpoints import autoencoder_midpoints, gan_midpoints

SAMPLES = 10_000
UNIQUE = 1000  # samples among which copies and repeats are counted
SEED = 20208  # of the samples
GANS = ("digit_gan", "digit_gan_conditional")


@dataclass(frozen=True)
class Digits:
    """What samples are compared with: two halves of the test split, and the training images."""

    first: LabelledImages
    second: LabelledImages
    training: Tensor
    judge: DigitJudge


def read_digits(judge: DigitJudge, data: Path) -> Digits:
    test = read_labelled_grey(data, "test", 32)
    rows = torch.randperm(len(test.labels), generator=torch.Generator().manual_seed(SEED)).chunk(2)
    return Digits(test[rows[0]], test[rows[1]], read_grey(data, "train", 32), judge)


@torch.inference_mode()
def sample(generator: nn.Module, labels: Tensor) -> Tensor:
    """A sample for each label, of those that take one: uint8 N x 1 x 32 x 32."""
    noise = fixed_noise(len(labels), generator.noise_size, SEED)
    batches = zip(noise.split(500), labels.split(500), strict=True)
    takes_label = type(generator).__name__ == "ConditionalDigitGenerator"
    return torch.cat([to_bytes(generator(*batch) if takes_label else generator(batch[0])) for batch in batches])


def evaluate(checkpoint: dict, digits: Digits) -> Scores:
    """Scores one generator."""
    generator, judge = build_network(checkpoint), digits.judge
    asked = torch.arange(SAMPLES) % 10
    samples = sample(generator, asked)
    read = judge.labels(samples)
    conditional = checkpoint["method"] == "digit_gan_conditional"
    agreed = [percent(read[asked == digit] == digit) for digit in range(10)] if conditional else None
    shares = (100 * torch.bincount(read, minlength=10) / SAMPLES).tolist()
    beside = sample(generator, digits.first.labels)  # as many of each digit as the half that they stand for
    distance = frechet_distance(judge.features(digits.second.images), judge.features(beside))
    some = samples[:UNIQUE]
    midpoints = None if conditional else Midpoints(*gan_midpoints(generator, judge))
    return Scores(
        checkpoint["system"],
        checkpoint["seed"],
        checkpoint["validation"]["epoch"],
        agreed,
        shares,
        distance,
        same(nearest(some, digits.training)),
        same(nearest(some)),
        midpoints,
    )


def measure_reference(checkpoints: list[dict], digits: Digits) -> Reference:
    """What the judge says of real digits, and what other networks give of them."""
    test = [digits.first, digits.second]
    images, labels = torch.cat([half.images for half in test]), torch.cat([half.labels for half in test])
    judged = percent(digits.judge.labels(images) == labels)
    distance = frechet_distance(*(digits.judge.features(half.images) for half in test))
    taught, midpoints = None, None
    for checkpoint in checkpoints:
        if checkpoint["system"] == "digits_of_generator":
            taught = percent(DigitJudge(checkpoint).labels(images) == labels)
        if checkpoint["system"] == "latent_denoiser":
            midpoints = Midpoints(*autoencoder_midpoints(build_network(checkpoint), images, digits.judge))
    return Reference(judged, distance, taught, midpoints)


def completed(new: Reference, earlier: Reference) -> Reference:
    """What no run of this call measures stays as it was."""
    taught = earlier.taught if new.taught is None else new.taught
    return replace(new, taught=taught, midpoints=new.midpoints or earlier.midpoints)


def percent(shares: Tensor) -> float:
    return 100 * shares.float().mean().item()


def find_judge(checkpoints: list[dict]) -> DigitJudge:
    """Raises DataError where no run is the judge's."""
    judges = [checkpoint for checkpoint in checkpoints if checkpoint["system"] == "digit_judge"]
    if not judges:
        raise DataError(
            "none of the runs is of digit_judge, which reads the samples: give one, see docs/digit_generators.md"
        )
    return DigitJudge(judges[0])


@dataclass(frozen=True, kw_only=True)
class GeneratorsCall(Call):
    # Run folders, the judge's among them; those that are not finished are passed over.
    runs: Positional[list[Path]]


def main(call: Annotated[GeneratorsCall, NO_PREFIX]) -> None:
    """Scores finished runs of digit generators."""
    with exit_in_one_line("scores"):
        call.check(GeneratorResults.from_json)
        checkpoints = [RunFolder(run).load_best() for run in call.runs if RunFolder(run).done]
        digits = read_digits(find_judge(checkpoints), call.data)
        generators = [checkpoint for checkpoint in checkpoints if checkpoint["method"] in GANS]
        new = GeneratorResults(
            measure_reference(checkpoints, digits), [evaluate(checkpoint, digits) for checkpoint in generators]
        )
        earlier = call.earlier(GeneratorResults.from_json, new)
        scores = sorted(together(earlier.scores, new.scores, run_key), key=table_order)
        results = GeneratorResults(completed(new.reference, earlier.reference), scores)
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
