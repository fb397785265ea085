"""Rows of faces: networks that draw them, and the classifier of attributes that measures these."""

from training.data.face_split import load_faces
from training.methods.acgan import Acgan, AcganSettings
from training.methods.attribute_classifier import AttributeClassifier, AttributeClassifierSettings
from training.methods.base import Method
from training.methods.components_vae import ComponentsVae, ComponentsVaeSettings
from training.methods.dcgan import Dcgan, DcganSettings
from training.methods.gan import Gan, GanSettings
from training.methods.paired_acgan import PairedAcgan, PairedAcganSettings
from training.methods.vae import Vae, VaeSettings
from training.settings import RunSettings
from training.systems.system import System


def face(method: type[Method], settings: RunSettings, minutes: int, name: str = "", title: str = "") -> System:
    """A row of faces: its method's name and title, unless it is a second row of that method."""
    return System(name or method.name, title or method.title, method, settings, load_faces, "faces", minutes)


def pairs(attribute: str) -> System:
    """The ACGAN on pairs, of another attribute than its first row's."""
    name, title = f"paired_acgan_{attribute.lower()}", f"ACGAN on pairs, {attribute}"
    return face(PairedAcgan, PairedAcganSettings(attribute=attribute), 10, name, title)


# Wider, from the beginning and for longer; the average forgets half as fast.
WIDE_GAN = GanSettings(generator_width=32, discriminator_width=64, average=0.9995, epochs=60)
ROWS = (
    face(AttributeClassifier, AttributeClassifierSettings(), 12),
    face(ComponentsVae, ComponentsVaeSettings(), 8),
    face(Vae, VaeSettings(), 12),
    face(Dcgan, DcganSettings(), 70),
    face(Gan, GanSettings(), 20),
    face(Gan, WIDE_GAN, 230, "gan_wide", "wider GAN"),
    face(Acgan, AcganSettings(), 8),
    face(PairedAcgan, PairedAcganSettings(), 10),
    pairs("Male"),
    pairs("Blond_Hair"),
)
