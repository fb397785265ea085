# %% [markdown]
# # Assignment 3, part 2: learning without labels, and segmentation
#
# Run this notebook from the project's root. It takes about two minutes on two cores. STL-10 and ImageNet weights were
# not at hand where this was written: the code reads torchvision's files, the numbers come from a stand-in of the same
# size, and each table says of which data it is.

# %%
import torch
from helper import curves, is_real, parameters, pinned, results, rows_of_images, said, short_run, table
from IPython.display import display
from PIL import Image

from training.augment.images import signed
from training.measures.overlap import dice, iou
from training.methods.segmentation import predicted

torch.set_num_threads(1)  # sums come out the same on every machine
photo_scores = results("photos") or []
SHOWN = ("system", "data", "seed", "parameters", "training_images", "epoch", "validation", "test")


def rows_of(*systems):
    """The table of these rows; a line where none of them is scored yet."""
    rows = [{column: run[column] for column in SHOWN} for run in photo_scores if run["system"] in systems]
    return table(rows, digits=2) if rows else f"Not yet run: {', '.join(systems)}"


def histories(*systems):
    """Losses and accuracies of these rows over the epochs of their whole trainings."""
    for system in systems:
        display(Image.open(f"figures/photos/history_{system}.png"))


# %% [markdown]
# ## 2.1 STL-10: supervised network and its test accuracy
#
# A small residual network, from the labelled images alone.

# %%
print(said("stl10_binary"))
supervised, _, supervised_losses = short_run("stl10_supervised", "stl10_binary", steps=10, batch=16)
print(f"{parameters(supervised.network):,} parameters")
assert parameters(supervised.network) <= 500_000
print(supervised.network)
curves(supervised_losses)

# %%
display(rows_of("stl10_supervised"))
histories("stl10_supervised")

# %% [markdown]
# Above, the losses of the few steps here; below the table, the whole training. The accuracies on validation and on test
# images rise together and are flat at the end. The training loss lies above the validation loss, because its
# images are augmented. So the network learns what holds for new images too; what it lacks are labels.

# %% [markdown]
# ## 2.2 STL-10: ResNet-18, frozen, with a new last layer
#
# Only the last layer learns. The brief's ImageNet weights are not at hand, so the weights of `stl10_resnet18` were
# trained here, on the stand-in's unlabelled images and without labels, by SimCLR (Chen et al., "A simple framework for
# contrastive learning of visual representations", 2020). With ImageNet weights the row is `stl10_resnet18_imagenet`.
# The same with random weights shows what the frozen features themselves are worth. A ResNet-18 has far more parameters
# than this assignment's limit of 500,000. The brief asks for this network all the same, and only its last layer learns.

# %%
display(rows_of("stl10_resnet18", "stl10_resnet18_imagenet", "stl10_resnet18_random"))
histories("stl10_resnet18", "stl10_resnet18_random")

# %% [markdown]
# Both curves are flat after a few epochs: one layer on fixed features has little to learn, and training and validation
# loss meet. What limits the accuracy is the features.

# %% [markdown]
# ## 2.3 STL-10: autoencoder of the unlabelled images
#
# It learns to rebuild images and never sees a label; nine reconstructions are drawn by
# `python3 -m training.drawing.photos`. They show the data set's own images, so they are not in this repository. First
# a few steps, to show that it learns; then nine reconstructions by the released network.

# %%
rebuilder, photos, rebuilding_losses = short_run("stl10_reconstruction", "stl10_binary", steps=25, batch=16)
print(f"{parameters(rebuilder.network):,} parameters")
print(rebuilder.network)
curves(rebuilding_losses)

# %%
nine = signed(photos.training[:9])
with torch.inference_mode():
    rebuilt = pinned("stl10_reconstruction")(nine)
rows_of_images((nine + 1) / 2, (rebuilt + 1) / 2, enlarged=1)

# %% [markdown]
# ## 2.4 STL-10: classifier on the frozen encoder
#
# An autoencoder keeps what fills the most pixels: colours and large shapes. What tells a cat from a dog is small. A
# network that was trained to tell images apart should have the better features, if it was trained for long enough.
# What the unlabelled images taught is the difference to the same head on a random encoder. The row
# `stl10_autoencoder_trained` is not asked for: there the encoder is not frozen and learns along with the head.

# %%
display(rows_of("stl10_autoencoder", "stl10_autoencoder_trained", "stl10_autoencoder_random"))
histories("stl10_autoencoder", "stl10_autoencoder_trained")

# %% [markdown]
# These accuracies still rise a little in the last epochs, so longer training would give some more. With the encoder
# frozen the rise is slower and ends lower than with an encoder that learns along.

# %%
tests = {run["system"]: run["test"] for run in photo_scores}
for encoder in ("autoencoder", "resnet18"):
    gain = tests[f"stl10_{encoder}"] - tests[f"stl10_{encoder}_random"]
    print(f"{encoder}: {tests[f'stl10_{encoder}']:.1f} % right, {gain:+.1f} points against random weights")
print(f"labels alone, small ResNet: {tests['stl10_supervised']:.1f} % right")

# %% [markdown]
# The autoencoder's row ends higher, but most of that is its head, which has a convolution of its own and learns it from
# the labels; ResNet-18's head is one layer. SimCLR's encoder learned more from the images, and was trained for
# few passes, where its authors take hundreds. Neither comes near the network that learns all layers from the labels.

# %% [markdown]
# ## 2.5 Brain tumours: network, Dice loss, IoU and Dice on held-out patients
#
# A symmetric encoder and decoder with shortcuts, whose paddings keep the size: 240x240 in, a mask of 240x240 out.

# %%
print(said("brain"))
segmentation, brain, losses = short_run("segmentation_dice", "brain", steps=40, batch=4)
print(f"{parameters(segmentation.network):,} parameters")
assert parameters(segmentation.network) <= 500_000
with torch.inference_mode():
    masks = segmentation.network.eval()(brain.validation.images[:2].float() / 255)
print(f"{tuple(brain.validation.images[:2].shape)} in, {tuple(masks.shape)} out")
print(segmentation.network)

# %% [markdown]
# The Dice loss of a slice is 1 - (2 Σpt + ε) / (Σp² + Σt² + ε) with ε = 1e-6: p are the network's probabilities and t
# is the expert's mask. A small tumour weighs as much as a large one. Cross-entropy is written down beside it. The brief
# asks for the Dice loss, the row `segmentation_dice`; the released network is of `segmentation_both`, whose loss is the
# sum of both. The cell with the results says which of them have been scored.

# %%
curves(losses)

# %%
released = pinned("segmentation_both")
print("released weights" if released else "the network after the steps above, which has hardly begun")
validation = brain.validation
found = predicted(released or segmentation.network.eval(), validation)
if not is_real("brain"):
    print("made slices with made tumours: the next line says that the code runs, and compares with nothing below")
print(f"Dice {dice(found, validation.masks).mean():.2f}, IoU {iou(found, validation.masks).mean():.2f}")
shown = slice(0, min(4, len(found)))
rows_of_images(
    validation.images[shown].float() / 255, validation.masks[shown].float(), found[shown].float(), enlarged=1
)

# %% [markdown]
# Above: slices, the true masks, the network's masks. Where the data set is not there the slices and their masks are
# made: ellipses, which are easier than tumours. Below: results on real patients that no run has seen. A threshold
# on brightness and the neighbouring slice's true mask say what a number is worth.

# %%
scores = results("brain")
for row in ("segmentation_dice", "segmentation_both"):
    print(f"{row}: {'scored' if any(run['system'] == row for run in scores) else 'not scored yet'}")
table(
    [
        {
            "masks from": run["run"],
            "patients": run["patients"],
            "mean Dice": run["slice_dice"]["mean"],
            "median": run["slice_dice"]["median"],
            "worst": run["slice_dice"]["worst"][0],
            "mean IoU": run["slice_iou"]["mean"],
            "mean Dice of patients": run["patient_dice"]["mean"],
        }
        for run in scores
    ],
    digits=3,
)

# %% [markdown]
# The mean Dice lies well below the median. Most slices are covered well, and a few not at all, with a Dice of 0: there
# the tumour is small, or no brighter than the brain around it, and the mask lies beside it. A mask that is good on
# the mean can therefore miss a tumour altogether. The network is better than the neighbouring slice's true mask, which
# a user would not have, and far better than a threshold.
