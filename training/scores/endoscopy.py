"""The scoring step of EndoVAE: PSNR and SSIM of test pictures that no run has seen, beside the best linear codes.

    python3 -m training.scores.endoscopy runs/endovae runs/endovae_16 --scores figures/endoscopy/scores.json \\
        --table figures/endoscopy/results.md

50 random test pictures, as the assignment asks, and all of them; the test split chooses nothing. Seconds a run.
Of a run of rebuilt_detector: how often it tells test pictures from their reconstructions.
"""

import json
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Annotated

import torch
import tyro
from torch import Tensor
from tyro.conf import Positional

from inference.networks import build_network
from training.data.endoscopy import Pictures, parts, read_pictures
from training.data.rebuilt_endoscopy import finished, real_and_rebuilt
from training.errors import exit_in_one_line
from training.measures.components import Components
from training.measures.image_quality import psnr, ssim
from training.measures.kl import kl_from_standard_normal
from training.methods.endo_vae import EndoVae
from training.methods.rebuilt_detector import RebuiltDetector, accuracy_and_auc
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, finished_runs, together
from training.scores.markdown import markdown_table

ASKED, SEED = 50, 0  # pictures that the assignment asks for, and the seed that draws them
CODES = (0, 6, 16, 64)  # numbers of the linear codes
COLUMNS = (
    "code",
    "numbers",
    "seed",
    "PSNR of 50, dB",
    "SSIM of 50",
    "PSNR of all, dB",
    "SSIM of all",
    "latents used",
    "KL, nats",
)
USED = 0.1  # nats of mean KL from which on a latent counts as used


@dataclass(frozen=True)
class Quality:
    """Means and standard deviations over pictures: PSNR in dB, and SSIM."""

    psnr: float
    psnr_deviation: float
    ssim: float
    ssim_deviation: float


@dataclass(frozen=True)
class Scores:
    """One code's. Of a linear code, `run` says which, and what only a run has is None."""

    run: str
    numbers: int
    asked: Quality  # of 50 test pictures
    all: Quality  # of all test pictures
    system: str | None = None
    seed: int | None = None
    used: int | None = None  # latents with a mean KL above USED on test pictures
    kl: float | None = None  # nats a picture


@dataclass(frozen=True)
class Detected:
    """How well one run tells test pictures from what `codec` makes of them, both in equal numbers."""

    run: str
    codec: str
    seed: int
    pictures: int
    accuracy: float
    auc: float


@dataclass(frozen=True)
class Results:
    codes: list[Scores]
    detectors: list[Detected]

    @classmethod
    def from_json(cls, stored: dict) -> "Results":
        """What `dataclasses.asdict` gave."""
        codes = [Scores(**row | {name: Quality(**row[name]) for name in ("asked", "all")}) for row in stored["codes"]]
        return cls(codes, [Detected(**row) for row in stored["detectors"]])


def quality(rebuilt: Tensor, originals: Tensor) -> Quality:
    ratio, similarity = psnr(rebuilt, originals), ssim(rebuilt, originals)
    return Quality(ratio.mean().item(), ratio.std().item(), similarity.mean().item(), similarity.std().item())


def compared(name: str, numbers: int, rebuilt: Tensor, originals: Tensor, **rest) -> Scores:
    some = torch.randperm(len(originals), generator=torch.Generator().manual_seed(SEED))[:ASKED]
    return Scores(name, numbers, quality(rebuilt[some], originals[some]), quality(rebuilt, originals), **rest)


@torch.inference_mode()
def evaluate(run: Path, data: Path) -> Scores:
    """Scores a finished run on the test pictures of its kind."""
    checkpoint = RunFolder(run).load_best()
    originals = test_pictures(data, checkpoint["settings"]["kind"])[1]
    network = build_network(checkpoint)
    mean, log_variance = network.encode(originals)
    kl = kl_from_standard_normal(mean, log_variance).mean(dim=0)
    return compared(
        run.name,
        network.latent_size,
        network.decode(mean),
        originals,
        system=checkpoint["system"],
        seed=checkpoint["seed"],
        used=int((kl > USED).sum()),
        kl=kl.sum().item(),
    )


def detected(run: Path, data: Path) -> Detected:
    """Scores a finished run of rebuilt_detector on real and rebuilt test pictures."""
    checkpoint, settings = RunFolder(run).load_best(), json.loads((run / "settings.json").read_text())
    codec = Path(settings["codec"])
    test = parts(read_pictures(data, settings["kind"]))[2]
    images, labels = real_and_rebuilt(finished(codec), test.images)
    accuracy, area = accuracy_and_auc(build_network(checkpoint), images, labels)
    return Detected(run.name, codec.name, checkpoint["seed"], len(images), accuracy, area)


def score(runs: list[Path], data: Path, kind: str) -> Results:
    """The linear codes, and every finished run of EndoVAE and of rebuilt_detector. Raises DataError where none is."""
    methods = (EndoVae.name, RebuiltDetector.name)
    found = finished_runs(runs, methods, "EndoVAE or rebuilt_detector", "docs/medical.md")
    detectors = [run for run in found if RunFolder(run).load_best()["method"] == RebuiltDetector.name]
    codes = linear_codes(data, kind) + [evaluate(run, data) for run in found if run not in detectors]
    return Results(codes, [detected(run, data) for run in detectors])


def linear_codes(data: Path, kind: str) -> list[Scores]:
    """The mean picture and principal components, fitted to the training pictures."""
    training, originals = test_pictures(data, kind)
    components = Components(training)
    names = {count: f"PCA, {count} numbers" if count else "mean picture" for count in CODES}
    return [compared(name, count, components.rebuild(originals, count), originals) for count, name in names.items()]


def test_pictures(data: Path, kind: str) -> tuple[Tensor, Tensor]:
    """Training and test pictures, float N x 3 x 96 x 96 in [0, 1]."""
    training, _, test = parts(read_pictures(data, kind))
    return scaled(training), scaled(test)


def scaled(pictures: Pictures) -> Tensor:
    return pictures.images.float() / 255


def table(results: Results) -> str:
    rows = []
    for row in sorted(results.codes, key=lambda row: (row.numbers, row.run)):
        kl = None if row.kl is None else f"{row.kl:.3g}"
        rows.append([row.run, row.numbers, row.seed, *cells(row.asked), *cells(row.all), row.used, kl])
    return (
        markdown_table(COLUMNS, rows)
        + f"""
Means and standard deviations over test pictures. SSIM is measured in uniform windows of 7x7 pixels. A latent is used
where its mean KL is above {USED} nats.
"""
        + detector_table(results.detectors)
    )


def detector_table(rows: list[Detected]) -> str:
    if not rows:
        return ""
    columns = ("classifier", "tells real pictures from those of", "seed", "test pictures", "accuracy, %", "AUC")
    measured = (
        [row.run, row.codec, row.seed, row.pictures, f"{100 * row.accuracy:.1f}", f"{row.auc:.3f}"] for row in rows
    )
    return "\n" + markdown_table(columns, measured, texts=2)


def cells(values: Quality) -> list[str]:
    """PSNR and SSIM."""
    return [f"{values.psnr:.2f} ± {values.psnr_deviation:.2f}", f"{values.ssim:.3f} ± {values.ssim_deviation:.3f}"]


@dataclass(frozen=True, kw_only=True)
class EndoscopyCall(Call):
    # Run folders of EndoVAE and of rebuilt_detector; all else is passed over.
    runs: Positional[list[Path]]
    # polyp or normal: what the runs were trained on.
    kind: str = "polyp"


def main(call: Annotated[EndoscopyCall, NO_PREFIX]) -> None:
    """Scores finished EndoVAE runs on the test split."""
    with exit_in_one_line("scores"):
        call.check(Results.from_json)
        new = score(call.runs, call.data, call.kind)
        earlier = call.earlier(Results.from_json, Results([], []))
        results = Results(
            together(earlier.codes, new.codes, attrgetter("run")),
            together(earlier.detectors, new.detectors, attrgetter("run")),
        )
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
