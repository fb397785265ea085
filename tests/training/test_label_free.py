import math

import pytest
import torch

from training.measures.label_free import agreement_with_vote, mean_entropy, soft_neighbourhood_density

SURE = torch.eye(10).repeat(8, 1)
UNDECIDED = torch.full((80, 10), 0.1)


def test_entropy_of_the_sure_and_of_the_undecided():
    assert mean_entropy(SURE) == 0
    assert mean_entropy(UNDECIDED) == pytest.approx(math.log(10))


def test_density_counts_the_neighbours():
    """Eight sure images a class have seven neighbours each; at temperature 0.05 nothing else counts."""
    assert soft_neighbourhood_density(SURE) == pytest.approx(math.log(7), abs=1e-3)
    assert soft_neighbourhood_density(UNDECIDED) == pytest.approx(math.log(79), abs=1e-3)


def test_vote_is_the_most_frequent_label():
    predictions = [torch.tensor(labels) for labels in ([1, 2, 3, 4], [1, 2, 3, 5], [1, 2, 0, 5])]
    assert agreement_with_vote(predictions) == [75, 100, 75]
