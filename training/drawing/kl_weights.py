"""The same noise through VAEs that were trained with other weights of KL.

    python3 -m training.drawing.kl_weights runs/components_vae* --out figures/faces/vae_kl_weights.png

A row of faces for each run, that of the least weight above.
"""

from pathlib import Path
from typing import Annotated

import tyro

from inference.pixels import to_uint8
from inference.sampler import Sampler
from training.drawing.face_pictures import draw_rows
from training.drawing.faces import drawing_method
from training.errors import DataError, exit_in_one_line
from training.run_folder import RunFolder

KL_SAMPLES = 12  # of the figure's 32: as many as are still large on a page


def draw_kl_weights(runs: list[Path], file: Path) -> None:
    """The same noise through VAEs, the one with the least weight of KL above. Raises DataError where a run
    is not a VAE's or two have one weight."""
    rows = {}
    for run in runs:
        drawing_method(run)
        weight, generator = (
            RunFolder(run).load_best()["settings"].get("kl_weight"),
            Sampler(RunFolder(run).best.read_bytes()),
        )
        if weight is None:
            raise DataError(f"{run} is not a run of a VAE, which alone has a weight of KL")
        if weight in rows:
            raise DataError(f"{run} is the second run with λ_KL {weight:g}: give one of them")
        rows[weight] = to_uint8(generator.images(generator.noise[:KL_SAMPLES]))
    file.parent.mkdir(parents=True, exist_ok=True)
    draw_rows(
        {f"λ_KL {weight:g}": rows[weight] for weight in sorted(rows)},
        "VAEs that differ in λ_KL alone: the first samples of each",
        file,
    )


def main(
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional], /, out: Path = Path("figures/faces/vae_kl_weights.png")
) -> None:
    """Samples of finished VAE runs that differ in their weight of KL.

    Args:
        runs: Run folders.
        out: Picture to write.
    """
    with exit_in_one_line("figures"):
        draw_kl_weights(list(runs), out)


if __name__ == "__main__":
    tyro.cli(main)
