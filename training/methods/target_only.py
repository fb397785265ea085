"""Target only: the upper bound, trained with the target's own labels.

    python3 -m training target_only_svhn

The method is source only with the target as its own source, augmentation included. No other method
opens the labels of the target's training split.

Six minutes of one CPU core with --bf16; untested on a GPU.
"""

from training.methods.source_only import SourceOnly


class TargetOnly(SourceOnly):
    """Cross-entropy on labelled target images."""

    name, title = "target_only", "target only"
