"""What reports say about recipes, read from the pinned weights and the table of systems: no number is typed."""

import json
from dataclasses import asdict
from functools import cache

from inference.networks import build_network, read_checkpoint
from inference.pinned_files import read_checkpoints, read_pinned
from reports.layers import tables
from training.systems import ROWS


def of_weights(name: str) -> dict:
    """One file of weights/: its settings, seed, chosen epoch's figures, network as printed, and number of
    parameters. Raises WeightsError where it is missing or damaged."""
    stored = read_checkpoint(read_pinned(name))
    network = build_network(stored)
    return {
        "method": stored["method"],
        "seed": stored["seed"],
        "settings": stored["settings"],
        "chosen": stored["validation"],
        "recorded_start": "started_from" in stored,
        "printed": str(network),
        "parameters": sum(weights.numel() for weights in network.parameters()),
    }


@cache
def facts() -> dict:
    """{"weights": {file name without .pth: what `of_weights` gives}, "rows": {row: its numbers}, "layers": {network:
    its table}}."""
    weights = {name.removesuffix(".pth"): of_weights(name) for name in sorted(read_checkpoints()[0])}
    rows = {row.name: asdict(row.settings) | {"minutes": row.minutes} for row in ROWS}
    # Through JSON, so that paths and tuples are what Typst can read.
    return json.loads(json.dumps({"weights": weights, "rows": rows, "layers": tables()}, default=str))
