# %% [markdown]
# # EndoVAE: endoscopy in six numbers
#
# Diamantis et al., "EndoVAE: generating endoscopic images with a variational autoencoder", 2022. The written answers
# are in the report; this notebook runs the code. Run it from the project's root: about two minutes on two cores. The
# training here is a few steps long, to be watched; results of whole trainings are read from `figures/`.

# %%
import torch
from IPython.display import display
from PIL import Image

from inference.noise import fixed_noise
from reports.notebook_tools import curves, is_real, parameters, pinned, results, rows_of_images, said, short_run, table
from training.augment.digits import to_float
from training.measures.image_quality import psnr, ssim

torch.set_num_threads(1)  # sums come out the same on every machine
print(said("processed"))

# %% [markdown]
# ## Data, network and losses
#
# Pictures of 96x96 in [0, 1]. The network starts from principal components of the training pictures, and all of it
# learns. The loss is binary cross-entropy summed over pixels plus the KL summed over latents.

# %%
# A tenth of the row's rate: its rise and fall are planned for thousands of steps.
endovae, data, losses = short_run("endovae", "processed", steps=60, batch=16, learning_rate=5e-5)
print(f"{parameters(endovae.network):,} parameters")
print(endovae.network)

# %%
rows_of_images(to_float(data.training.images[:6]))

# %%
display(curves({"reconstruction": losses["reconstruction"]}))
display(curves({"KL": losses["kl"]}))

# %% [markdown]
# Sixty steps show little but noise, since the network starts from principal components. The whole training of the
# released network, over its epochs:

# %%
display(Image.open("figures/endoscopy/curves.png"))

# %% [markdown]
# ## Reconstruction and generation
#
# Five validation pictures, and their reconstructions from the mean of six numbers. Then samples from N(0, I).

# %%
released = pinned("endovae")
network = released or endovae.network.eval()
print("released weights" if released else "the network after the steps above")
pictures = to_float(data.validation.images[:5])
with torch.inference_mode():
    rebuilt = network.transform(pictures)
    samples = network.sample(fixed_noise(9, network.noise_size, 0))
if not is_real("processed"):
    print("made pictures, not polyps: the next line compares with nothing in the report")
print(f"PSNR {psnr(rebuilt, pictures).mean():.1f} dB, SSIM {ssim(rebuilt, pictures).mean():.2f} on these five")
rows_of_images(pictures, rebuilt)

# %%
rows_of_images(*samples.split(3))

# %% [markdown]
# ## Results
#
# PSNR and SSIM of test polyps that no run has seen; principal components beside them.

# %%
scores = results("endoscopy")
table(
    [
        {
            "code": code["run"],
            "numbers": code["numbers"],
            "PSNR of 50, dB": code["asked"]["psnr"],
            "deviation": code["asked"]["psnr_deviation"],
            "SSIM of 50": code["asked"]["ssim"],
            "PSNR of all, dB": code["all"]["psnr"],
            "SSIM of all": code["all"]["ssim"],
        }
        for code in scores["codes"]
    ],
    digits=3,
)
