# %% [markdown]
# # PixelDA: MNIST becomes MNIST-M
#
# Bousmalis et al., "Unsupervised pixel-level domain adaptation with generative adversarial networks", 2017. The written
# answers are in the report; this notebook runs the code. Run it from the project's root: about three minutes on two
# cores. The training here is a few steps long, to be watched; results of whole trainings are read from `figures/`.

# %%
import torch
from IPython.display import display

from inference.noise import fixed_noise
from reports.notebook_tools import curves, parameters, pinned, results, rows_of_images, said, short_run, table
from training.augment.digits import to_float
from training.augment.images import signed

torch.set_num_threads(1)  # sums come out the same on every machine
print(said("digits/mnist"))

# %% [markdown]
# ## Data and networks
#
# MNIST in RGB, 32x32, in [-1, 1]. Image i of both domains shows the same digit; a fifth of these pairs is held out, and
# the four parts are source and target, training and held out. Training never knows which images are a pair.

# %%
pixelda, data, losses = short_run("pixelda", "digits/mnist", steps=12, batch=8)
parts = {
    "source, training": data.source_train.images,
    "source, held out": data.source_test.images,
    "target, training": data.target_train,
    "target, held out": data.target_test,
}
for name, images in parts.items():
    print(f"{name}: {len(images):,} images of {tuple(images.shape[1:])}")
rows_of_images(to_float(data.source_test.images[:5]), to_float(data.target_test[:5]), enlarged=3)

# %%
networks = {"generator": pixelda.network.generator, "classifier": pixelda.network.classifier}
networks["discriminator"] = pixelda.discriminator
for name, network in networks.items():
    print(f"{name}: {parameters(network):,} parameters")
    print(network)

# %% [markdown]
# ## Losses and training
#
# Each step trains D and T, then G. `update` of `training/methods/pixelda.py` is the whole step.

# %%
curves({name: losses[name] for name in ("domain_loss", "task_loss", "generator_loss")})

# %% [markdown]
# ## Generated digits
#
# Source digits, and what the generator makes of them under two noises.

# %%
released = pinned("pixelda")
network = released or pixelda.network.eval()
print("released weights" if released else "the network after the steps above, which has hardly begun")
digits = data.source_test.images[:8]
drawn = []
with torch.inference_mode():
    for seed in (0, 1):
        noise = fixed_noise(len(digits), network.noise_size, seed, "uniform")
        drawn.append((network.transform(signed(digits), noise) + 1) / 2)
rows_of_images(to_float(digits), *drawn, enlarged=3)

# %% [markdown]
# ## Results
#
# Percent of images read right. The labels of MNIST-M score here and do nothing else.

# %%
scores = results("pixelda")
if scores:
    shown = ("system", "seed", "steps")
    display(table([{**{key: run[key] for key in shown}, **run["accuracy"]} for run in scores["runs"]], digits=1))
