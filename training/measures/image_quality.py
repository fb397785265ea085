"""How close pictures are to their originals: PSNR and SSIM, a number a picture."""

from torch import Tensor

WINDOW = 7  # pixels: scikit-image's default, which gives lower values than a Gaussian window


def psnr(pictures: Tensor, originals: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB, N x C x H x W in [0, 1] twice -> N."""
    return -10 * (pictures - originals).square().flatten(1).mean(dim=1).clamp(min=1e-10).log10()


def ssim(pictures: Tensor, originals: Tensor) -> Tensor:
    """Structural similarity (Wang et al., 2004) in windows of 7x7 pixels, N x C x H x W in [0, 1] twice -> N."""
    # Takes seconds: not for commands that do without.
    from torchmetrics.functional.image import structural_similarity_index_measure

    return structural_similarity_index_measure(
        pictures, originals, gaussian_kernel=False, kernel_size=WINDOW, data_range=1.0, reduction="none"
    )
