"""PixelDA: a generator redraws labelled source images in the target's look, and a classifier learns from both.

    python3 -m training pixelda

Bousmalis et al., "Unsupervised pixel-level domain adaptation with generative adversarial networks", 2017:

    min over G, T  max over D   alpha L_d(D, G) + beta L_t(T, G) + gamma L_c(G)

L_d, the domain loss, is the cross-entropy of the discriminator D between real target images and generated ones; L_t,
the task loss, that of the classifier T on source and generated images, whose labels the source lends; L_c, the
content loss, holds strokes together (training/methods/pixelda_losses.py). Numbers that the paper leaves out are the
authors' code's.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam
from torch.optim.lr_scheduler import LambdaLR

from inference.noise import fixed_noise
from models.pixelda import PixelDa as Network
from models.pixelda import PixelDiscriminator
from training.augment.images import signed
from training.average import network_average, with_statistics_of
from training.data.digit_pairs import DigitPairs
from training.measures.accuracy import percent_right
from training.methods import pixelda_losses as losses
from training.methods.adversaries import frozen, share_right
from training.methods.base import Method, numbers
from training.methods.generated_history import GeneratedHistory
from training.settings import PairSettings

STATISTICS_IMAGES = 512  # for the generator's batch norm: half a million pixels a channel
EVALUATED = 1024  # held-out images of each domain in an epoch's losses: a pass through G costs as much as 16 steps
READ = 8000  # images of a part that T reads after every epoch: all held-out pairs
PICTURE_SEED = 0  # of the picture's noise, the same in every run and epoch


@dataclass(frozen=True, kw_only=True)
class PixelDaSettings(PairSettings):
    """The recipe's numbers, each with its reason."""

    # 6,000 steps: what an hour of one core allows. The authors' code takes 250,000 of 32 images.
    epochs: int = 10
    steps_per_epoch: int = 600
    # Half of the authors': a step's time is linear in it on a CPU, and more steps lead further in so short a run.
    batch: int = 16
    # Adam's: the authors' 1e-3 for 32 images, times the root of a half. Constant for half of the steps, then it falls
    # to 0 along a line, so that the last step is the one that counts (as in Zhu et al., "Unpaired image-to-image
    # translation", 2017); the authors' falls by 5 % every 10,000 steps.
    learning_rate: float = 7e-4
    # The authors'.
    weight_decay: float = 1e-5
    # Longest gradient of a network, the authors'.
    longest_gradient: float = 5
    # alpha and beta in G's loss: the authors'. Adam ignores a loss's scale, so only their ratio matters.
    domain_weight: float = 1.1
    task_weight: float = 1
    # gamma: 0 in the authors' code for these digits.
    content_weight: float = 0
    # Of T's loss on source images, beside 1 on generated ones: the authors'.
    source_weight: float = 1
    # Whether G takes noise beside the image, as the paper's does.
    noise: bool = True
    # Generated images of earlier steps that T learns from beside each batch, and from how many of the last they are
    # drawn: G's forward pass costs 36 times T's, so what it has drawn is used again (as for the discriminator of
    # Shrivastava et al., "Learning from simulated and unsupervised images", 2017). The paper has none.
    replayed: int = 48
    history: int = 8192
    # Averages G and T over about the last 500 steps.
    average: float = 0.998


class PixelDa(Method):
    """One step of D and T, then one of G. Batches are source images, their labels, and target images; images are
    uint8 N x 3 x S x S."""

    name, title = "pixelda", "PixelDA"
    panels = {
        "loss, training": ("domain_loss", "task_loss", "generator_loss"),
        "loss, held out": ("test_domain_loss", "test_task_loss", "test_generator_loss"),
        "share": ("discriminator_accuracy",),
        "percent": ("source_accuracy", "test_source_accuracy", "transferred_accuracy", "validation_accuracy"),
    }

    def __init__(self, settings: PixelDaSettings, device: torch.device):
        super().__init__(settings, device)
        self.network = Network(settings.size, settings.noise, settings.low).to(
            device, memory_format=torch.channels_last
        )
        self.generator, self.classifier = self.network.generator, self.network.classifier
        self.discriminator = PixelDiscriminator(settings.size).to(device, memory_format=torch.channels_last)
        self.average = network_average(self.network, settings.average)
        self.history = GeneratedHistory(settings.history, settings.size).to(device)
        self.first_optimiser = self.optimiser(self.discriminator, self.classifier)
        self.generator_optimiser = self.optimiser(self.generator)
        self.first_schedule, self.generator_schedule = (
            LambdaLR(optimiser, lambda step: min(1, 2 * (1 - step / settings.steps)))
            for optimiser in (self.first_optimiser, self.generator_optimiser)
        )
        self.readings: dict[str, list[Tensor]] = {"target_train": [], "target_test": []}
        names = ("network", "discriminator", "average", "history", "first_optimiser", "generator_optimiser")
        self.parts = {name: getattr(self, name) for name in (*names, "first_schedule", "generator_schedule")}

    def optimiser(self, *networks: nn.Module) -> Adam:
        """A group of parameters for each network."""
        groups = [{"params": list(network.parameters())} for network in networks]
        rate, decay = self.settings.learning_rate, self.settings.weight_decay
        return Adam(groups, rate, (0.5, 0.999), weight_decay=decay, fused=True)

    def update(self, source_images: Tensor, labels: Tensor, target_images: Tensor) -> dict[str, float]:
        settings, source, target = self.settings, signed(source_images), signed(target_images)
        with self.autocast():
            generated = self.generator(source, self.uniform_noise(len(source))).float()
            real_logits = self.discriminator(target).float()
            generated_logits = self.discriminator(generated.detach()).float()
            domain_loss = losses.domain_loss(real_logits, generated_logits)

            learned, learned_labels = self.with_earlier_ones(generated.detach(), labels)
            source_read = self.classifier(source, "source").float()
            generated_read = self.classifier(learned, "target").float()
            task_loss = cross_entropy(generated_read, learned_labels)
            task_loss = task_loss + settings.source_weight * cross_entropy(source_read, labels)
        self.descend(self.first_optimiser, domain_loss + task_loss)

        with self.autocast(), frozen(self.discriminator), frozen(self.classifier):
            generator_domain_loss = losses.generator_domain_loss(self.discriminator(generated).float())
            generator_task_loss = cross_entropy(self.classifier(generated, "target").float(), labels)
            content_loss = losses.content_loss(source, generated)
        generator_loss = self.weighted(generator_domain_loss, generator_task_loss, content_loss)
        self.descend(self.generator_optimiser, generator_loss)
        self.follow()
        return numbers(
            domain_loss=domain_loss,
            task_loss=task_loss,
            generator_loss=generator_loss,
            generator_domain_loss=generator_domain_loss,
            generator_task_loss=generator_task_loss,
            content_loss=content_loss,
            discriminator_accuracy=share_right(real_logits, generated_logits),
            source_accuracy=percent_right(source_read, labels),
            transferred_accuracy=percent_right(generated_read[: len(labels)], labels),
        )

    def weighted(self, domain_loss: Tensor, task_loss: Tensor, content_loss: Tensor) -> Tensor:
        """What G descends."""
        settings = self.settings
        return (
            settings.domain_weight * domain_loss
            + settings.task_weight * task_loss
            + settings.content_weight * content_loss
        )

    def with_earlier_ones(self, generated: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Generated images and labels, and beside them some of this and earlier steps: the history holds both."""
        self.history.add(generated, labels)
        earlier, earlier_labels = self.history.draw(self.settings.replayed, self.random)
        return torch.cat([generated, earlier]), torch.cat([labels, earlier_labels])

    def descend(self, optimiser: Adam, loss: Tensor) -> None:
        """One optimiser step on this loss, each network's gradient cut to its longest."""
        optimiser.zero_grad()
        loss.backward()
        for group in optimiser.param_groups:
            nn.utils.clip_grad_norm_(group["params"], self.settings.longest_gradient)
        optimiser.step()

    def follow(self) -> None:
        """Learning rates and averages follow the step."""
        self.first_schedule.step()
        self.generator_schedule.step()
        self.average.update_parameters(self.network)

    def uniform_noise(self, count: int) -> Tensor:
        """count x 10, uniform in [-1, 1]."""
        return 2 * torch.rand((count, self.network.noise_size), generator=self.random, device=self.device) - 1

    def end_epoch(self, data: DigitPairs) -> None:
        """Sets `kept`: the averaged G, with its own batch statistics, and the averaged T. What T reads in the
        target's unlabelled images is kept too, to be scored when training is over."""
        images = signed(data.source_train.images[: self.settings.for_statistics(STATISTICS_IMAGES)])
        batches = [(batch, self.uniform_noise(len(batch))) for batch in images.split(64)]
        with self.autocast():
            generator = with_statistics_of(self.average.module.generator, batches)
        self.kept = Network(**self.network.arguments).to(self.device, memory_format=torch.channels_last).eval()
        self.kept.generator.load_state_dict(generator.state_dict())
        self.kept.classifier.load_state_dict(self.average.module.classifier.state_dict())
        for part, readings in self.readings.items():
            readings.append(self.read(getattr(data, part)[:READ]))

    @torch.inference_mode()
    def read(self, images: Tensor) -> Tensor:
        """Digits that the kept T reads in uint8 images N x 3 x S x S in the target's look: uint8 N."""
        logits = [self.kept.classifier(signed(batch)) for batch in images.split(256)]
        return torch.cat(logits).argmax(1).to(torch.uint8)

    @torch.inference_mode()
    def validate(self, data: DigitPairs) -> dict[str, float]:
        """The losses on held-out images, of D as in training and of the kept G and T, and T's accuracies in percent:
        `validation_accuracy` is that on held-out source digits in the target's look."""
        count = min(EVALUATED, len(data.source_test.labels), len(data.target_test))
        source, labels = signed(data.source_test.images[:count]), data.source_test.labels[:count]
        generated = self.drawn(source, self.uniform_noise(count))
        real_logits, generated_logits = self.judged(signed(data.target_test[:count])), self.judged(generated)
        source_read, generated_read = self.kept.classifier(source, "source"), self.kept.classifier(generated)
        source_loss, generated_loss = cross_entropy(source_read, labels), cross_entropy(generated_read, labels)
        generator_domain_loss = losses.generator_domain_loss(generated_logits)
        return numbers(
            test_domain_loss=losses.domain_loss(real_logits, generated_logits),
            test_task_loss=generated_loss + self.settings.source_weight * source_loss,
            test_generator_loss=self.weighted(
                generator_domain_loss, generated_loss, losses.content_loss(source, generated)
            ),
            test_source_accuracy=percent_right(source_read, labels),
            validation_accuracy=percent_right(generated_read, labels),
        )

    def drawn(self, source: Tensor, noise: Tensor) -> Tensor:
        """What the kept G makes of source images in [-1, 1]."""
        with self.autocast():
            batches = zip(source.split(256), noise.split(256), strict=True)
            return torch.cat([self.kept.generator(*batch).float() for batch in batches])

    def judged(self, images: Tensor) -> Tensor:
        """D's logits, in batches as large as in training, by whose statistics it judges."""
        with self.autocast():
            return torch.cat([self.discriminator(batch).float() for batch in images.split(self.settings.batch)])

    @torch.inference_mode()
    def picture(self, data: DigitPairs) -> Tensor:
        """The first ten held-out digits under eight noises, the same in every run: a row a digit."""
        source = signed(data.source_test.images[:10]).repeat_interleave(8, dim=0)
        noise = fixed_noise(8, self.network.noise_size, PICTURE_SEED, "uniform").to(self.device)
        return self.drawn(source, noise.repeat(len(source) // 8, 1))

    def state(self) -> dict:
        return {**super().state(), "readings": self.readings}

    def load_state(self, state: dict) -> None:
        super().load_state(state)
        self.readings = state["readings"]

    def checkpoint(self) -> dict:
        """With the domains, and what T read in the target's images after every epoch, uint8 epochs x N a part."""
        readings = {part: torch.stack(read).cpu() for part, read in self.readings.items()}
        domains = {"source": self.settings.source, "target": self.settings.target}
        return {**domains, **super().checkpoint(), "readings": readings}
