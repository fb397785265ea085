"""The scoring step of autoencoders: trained runs against MNIST's test split, which chooses nothing.

    python3 -m training.scores.autoencoders runs/*_autoencoder* runs/*_denoiser runs/latent_restorer \\
        --scores figures/autoencoders/scores.json --table figures/autoencoders/results.md

Beside the runs stand what needs no network, fitted on the training split by scikit-learn: principal components with
as many numbers, and the best linear filter. About three minutes on one core.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import tyro
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge
from torch import Tensor, nn

from inference.networks import build_network
from training.augment.digits import to_float
from training.data.mnist import read_grey
from training.errors import exit_in_one_line
from training.measures.squared_error import mean_squared_error, psnr_of_error
from training.run_folder import RunFolder
from training.scores.command import NO_PREFIX, Call, finished_runs, together
from training.scores.markdown import markdown_table
from training.systems import SYSTEMS, methods_of

METHODS = methods_of("autoencoders")
NOISE_SEED = {"train": 20205, "test": 20206}  # of the noise on each split, the same for all models
# Of the codes of the linear and the convolutional one, and of the latter with its places: 270 bits are 34 numbers of 8.
PCA_NUMBERS = (15, 135, 169)
COLUMNS = ("model", "parameters", "numbers of the code", "bits for places", "MSE", "PSNR, dB")


@dataclass(frozen=True)
class Result:
    """One model on the test split: mean squared error of images in [0, 1], and PSNR of that error in dB."""

    model: str
    title: str
    task: str  # "reconstruct" or "denoise"
    noise: float | None
    size: int  # height and width of the images
    parameters: int
    numbers: int | None  # of the code
    places: int | None  # bits of the code that say where maxima lay
    mse: float
    psnr: float


def noisy_digits(images: Tensor, deviation: float, split: str) -> Tensor:
    """Float images in [0, 1] with Gaussian noise, clamped. numpy draws it: the same on every machine."""
    noise = np.random.Generator(np.random.PCG64(NOISE_SEED[split])).standard_normal(images.shape, dtype=np.float32)
    return (images + deviation * torch.from_numpy(noise)).clamp(0, 1)


def autoencoder_runs(runs: list[Path]) -> list[Path]:
    """Finished ones; all else is passed over. Raises DataError where none is left."""
    return finished_runs(runs, METHODS, "an autoencoder", "docs/autoencoders.md")


@torch.inference_mode()
def answers(network: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
    """Float images N x 1 x S x S in [0, 1] -> the network's answers."""
    return torch.cat([network(batch) for batch in images.split(500)])


def evaluate(run: Path, data: Path) -> Iterator[Result]:
    """Scores a finished run on the test split; one that answers with a mean over shifts with a single answer, too."""
    checkpoint = RunFolder(run).load_best()
    network, settings = build_network(checkpoint), checkpoint["settings"]
    size = 32 if settings["network"] == "latent" else 28
    noise = settings["noise"] if settings["task"] == "denoise" else None
    clean = to_float(read_grey(data, "test", size))
    parameters = sum(weights.numel() for weights in network.parameters())
    code, name = code_size(network, clean[:1]), checkpoint["system"]

    def result(answer: Callable[[Tensor], Tensor], model: str, title: str) -> Result:
        mse = mean_squared_error(answers(answer, given(clean, noise)), clean)
        return Result(model, title, settings["task"], noise, size, parameters, *code, mse, psnr_of_error(mse))

    yield result(network.transform, name, SYSTEMS[name].title)
    if network.reach:
        yield result(network, f"{name}_one_answer", f"{SYSTEMS[name].title}, a single answer")


def given(clean: Tensor, noise: float | None) -> Tensor:
    return clean if noise is None else noisy_digits(clean, noise, "test")


@torch.inference_mode()
def code_size(network: nn.Module, image: Tensor) -> tuple[int, int]:
    """How many numbers the code of one image has, and how many bits say which of four places each maximum has."""
    code = network.encode(image)
    if not isinstance(code, tuple):
        return code.numel(), 0
    return code[0].numel(), 2 * code[1].numel() if network.keep_places else 0


def baselines(results: list[Result], data: Path) -> Iterator[Result]:
    """What needs no network, for every noise (None: reconstruction) and size among the results."""
    for noise, size in dict.fromkeys((result.noise, result.size) for result in results):
        training, test = (to_float(read_grey(data, split, size)) for split in ("train", "test"))
        yield from components(training, test, size) if noise is None else linear_filter(training, test, noise, size)


def components(training: Tensor, test: Tensor, size: int) -> Iterator[Result]:
    """Principal components, answers clipped to [0, 1]."""
    fitted = PCA(max(PCA_NUMBERS), svd_solver="covariance_eigh").fit(training.flatten(1).numpy())
    codes = fitted.transform(test.flatten(1).numpy())
    for count in PCA_NUMBERS:
        rebuilt = codes[:, :count] @ fitted.components_[:count] + fitted.mean_
        mse = mean_squared_error(torch.from_numpy(rebuilt).clamp(0, 1).view_as(test), test)
        yield Result(
            f"pca_{count}",
            "principal components",
            "reconstruct",
            None,
            size,
            (count + 1) * size**2,
            count,
            0,
            mse,
            psnr_of_error(mse),
        )


def linear_filter(training: Tensor, test: Tensor, noise: float, size: int) -> Iterator[Result]:
    """The noisy image itself, and the linear map from noisy to clean pixels with the least squared error, clipped."""
    seen = noisy_digits(test, noise, "test")
    # Ridge by its normal equations: a hundredth of an image's worth of shrinking changes no digit of the error.
    fitted = Ridge(alpha=0.01, solver="cholesky").fit(
        noisy_digits(training, noise, "train").flatten(1).numpy(), training.flatten(1).numpy()
    )
    filtered = torch.from_numpy(fitted.predict(seen.flatten(1).numpy())).float().clamp(0, 1).view_as(test)
    weights = (size**2 + 1) * size**2
    for name, title, parameters, answer in (
        ("noisy", "noisy image", 0, seen),
        ("linear_filter", "best linear filter", weights, filtered),
    ):
        mse = mean_squared_error(answer, test)
        yield Result(name, title, "denoise", noise, size, parameters, None, None, mse, psnr_of_error(mse))


def from_json(stored: list[dict]) -> list[Result]:
    return [Result(**entry) for entry in stored]


def identity(result: Result) -> tuple:
    return result.model, result.task, result.noise, result.size


def table(results: list[Result]) -> str:
    """Markdown: a table for each task, noise and size, the worst model first."""
    parts = []
    for task, noise, size in dict.fromkeys((result.task, result.noise, result.size) for result in results):
        rows = [result for result in results if (result.task, result.noise, result.size) == (task, noise, size)]
        heading = "Reconstruction" if noise is None else f"Denoising, standard deviation {noise:g}"
        parts.append(
            f"**{heading}, {size}x{size}**\n\n"
            + markdown_table(COLUMNS, map(cells, sorted(rows, key=lambda result: -result.mse)))
        )
    return "\n".join(parts)


def cells(result: Result) -> list[object]:
    return [
        result.title,
        f"{result.parameters:,}",
        result.numbers,
        result.places or None,
        f"{result.mse:.4f}",
        f"{result.psnr:.2f}",
    ]


def main(call: Annotated[Call, NO_PREFIX]) -> None:
    """Scores finished runs of autoencoders on MNIST's test split."""
    with exit_in_one_line("scores"):
        call.check(from_json)
        results = [result for run in autoencoder_runs(call.runs) for result in evaluate(run, call.data)]
        results += baselines(results, call.data)
        results = together(call.earlier(from_json, []), results, identity)
        call.report(results, table(results))


if __name__ == "__main__":
    tyro.cli(main)
