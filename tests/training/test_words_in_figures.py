"""What titles and legends of figures say."""

import pytest
import torch

from training.drawing import endoscopy, few_labels
from training.scores.endoscopy import Quality, Scores


@pytest.fixture
def figures(monkeypatch, tmp_path):
    """The figures that are drawn, before they are saved."""
    drawn = []
    for module in (endoscopy, few_labels):
        monkeypatch.setattr(module, "save", lambda figure, *_: drawn.append(figure))
    return drawn


def test_each_column_of_50_labels_says_how_many_draws_it_has(figures, tmp_path):
    names = ("label_loss", "validation_loss", "training_accuracy", "validation_accuracy")
    draw = [dict.fromkeys(names, 1.0)] * 2
    few_labels.draw_curves(None, {"MLP, encoder frozen": [draw, draw], "MLP, encoder trained": [draw]}, tmp_path)
    titles = [axes.get_title() for axes in figures[0].axes[:2]]
    assert titles == ["MLP,\nencoder frozen,\n2 draws", "MLP,\nencoder trained,\n1 draw"]


def test_codes_of_endoscopy_are_told_apart_by_their_runs(figures, tmp_path):
    pictures, quality = torch.rand(70, 3, 4, 6), Quality(20.0, 1.0, 0.5, 0.1)
    runs = [Scores(name, 6, quality, quality) for name in ("endovae", "endovae_mse")]
    endoscopy.draw_numbers(runs, pictures, pictures, tmp_path)
    legend = [text.get_text() for text in figures[0].axes[0].get_legend().get_texts()]
    assert legend == ["principal components", "endovae", "endovae_mse"]
