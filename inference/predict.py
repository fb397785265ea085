"""A folder of images -> a CSV of labels."""

from collections.abc import Callable

from inference.command import stop_on_signals, wait_passively
from inference.csv_output import write_csv
from inference.image_folder import decoded_batches, list_images
from inference.models import Predict
from inference.output_file import resolve_output, temporary_beside
from inference.pinned_files import read_pinned

BATCH_SIZE = 256  # 64 to 1,024 are equally fast on digits; memory grows with it


def predict_folder(model: Predict, folder: str, csv: str, batch_size: int = BATCH_SIZE) -> None:
    """Raises FolderError, OutputError, WeightsError and UnreadableImage, and then has written nothing."""
    names = list_images(folder)
    output = resolve_output(csv, "CSV file")
    temporary = temporary_beside(output)
    stop_on_signals(temporary)
    predict = load_predictor(read_pinned(model.weights), model.takes.low)
    labels = []
    for images in decoded_batches(folder, names, batch_size, model.takes.size, model.takes.channels):
        labels.extend(predict(images).tolist())
    write_csv(output, temporary, zip(names, labels, strict=True))


def load_predictor(weights: bytes, low: int = 0) -> Callable:
    """A function from uint8 N x H x W x C to labels N. Takes seconds, because it imports torch."""
    wait_passively()
    from inference.networks import build_network, read_checkpoint
    from inference.predictor import Predictor

    return Predictor(build_network(read_checkpoint(weights)), low).labels
