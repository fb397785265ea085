"""Autoencoder of 32x32 grey digits through 64 numbers; its decoder is what the digit GANs generate with."""

from torch import Tensor, nn

from models.blocks import conv_block, up_block


def decoder_layers(inputs: int, width: int, last_convolution: bool = True) -> nn.Sequential:
    """Vectors N x inputs -> images N x 1 x 32 x 32 in [-1, 1].

    Without the last convolution and tanh, the last transposed convolution paints the image itself,
    and its values may leave [-1, 1].
    """
    body = (
        nn.Linear(inputs, 4 * width * 4 * 4, bias=False),
        nn.Unflatten(1, (4 * width, 4, 4)),
        nn.BatchNorm2d(4 * width),
        nn.ReLU(),  # 4w x 4 x 4
        up_block(4 * width, 2 * width),  # 2w x 8 x 8
        up_block(2 * width, width),  # w x 16 x 16
    )
    if not last_convolution:
        return nn.Sequential(*body, nn.ConvTranspose2d(width, 1, kernel_size=4, stride=2, padding=1))
    return nn.Sequential(
        *body,
        up_block(width, width // 4),  # w/4 x 32 x 32
        nn.Conv2d(width // 4, 1, kernel_size=3, padding=1),  # 1 x 32 x 32
        nn.Tanh(),
    )


class LatentEncoder(nn.Module):
    """Three strided convolutions and a linear layer; 295,936 parameters at the defaults."""

    def __init__(self, latent_size: int = 64, width: int = 32):
        super().__init__()
        self.arguments = dict(latent_size=latent_size, width=width)
        self.latent_size = latent_size
        self.layers = nn.Sequential(  # 1 x 32 x 32
            conv_block(1, width, kernel=4, stride=2),  # w x 16 x 16
            conv_block(width, 2 * width, kernel=4, stride=2),  # 2w x 8 x 8
            conv_block(2 * width, 4 * width, kernel=4, stride=2),  # 4w x 4 x 4
            nn.Flatten(),
            nn.Linear(4 * width * 4 * 4, latent_size),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 1 x 32 x 32 in [0, 1] -> latents N x L."""
        return self.layers(images)


class LatentAutoencoder(nn.Module):
    """Encoder to a latent vector and decoder back; 595,481 parameters at the defaults."""

    reach = 0  # pixels: it answers once, with no mean over shifts

    def __init__(self, latent_size: int = 64, width: int = 32):
        super().__init__()
        self.arguments = dict(latent_size=latent_size, width=width)
        self.encoder = LatentEncoder(latent_size, width)
        self.decoder = decoder_layers(latent_size, width)

    def encode(self, images: Tensor) -> Tensor:
        """Images N x 1 x 32 x 32 in [0, 1] -> latents N x L."""
        return self.encoder(images)

    def decode(self, latents: Tensor) -> Tensor:
        """Latents N x L -> images N x 1 x 32 x 32 in [0, 1]."""
        return (self.decoder(latents) + 1) / 2

    def forward(self, images: Tensor) -> Tensor:
        """Images N x 1 x 32 x 32 in [0, 1] -> the network's answer, of the same shape and range."""
        return self.decode(self.encode(images))

    transform = forward
