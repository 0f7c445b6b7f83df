"""The classifier of pictures: one seed, one network; and pictures that it was not made for are refused at the door."""

import random

import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf.data import images
from mlc_tf.models import cnn

CHANCE = np.random.default_rng(0)
X, Y = CHANCE.integers(0, 256, (16, 8, 8, 1), np.uint8), np.eye(16, 3, dtype=np.float32)


def trained(seed=3):
    """The weights after a training with dropout, from batches that were made before the network."""
    batches = images.batches(X, Y, 8, seed=0)
    network = cnn.classifier(X.shape[1:], 3, seed)
    cnn.train(network, batches, steps=4)
    return network.get_weights()


def test_a_seed_trains_the_same_network_whatever_was_drawn_before():
    keras.utils.set_random_seed(1)
    state = random.getstate()
    cnn.classifier(X.shape[1:], 3)
    assert random.getstate() == state
    first = trained()
    keras.utils.set_random_seed(2)
    again, other = trained(), trained(4)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.abs(first[0] - other[0]).max() > 0.01


@pytest.mark.parametrize("scaled", [(X / 255).astype(np.float32), X.astype(np.float32)])
def test_pictures_of_another_kind_are_refused_before_the_training(scaled):
    """Of pictures that were scaled before, the network would see black ones, and say nothing."""
    network = cnn.classifier(X.shape[1:], 3)
    before = network.get_weights()
    with pytest.raises(ValueError, match=r"uint8 in 0..255, which the network scales itself; found float32\. Pictures"):
        cnn.train(network, tf.data.Dataset.from_tensor_slices((scaled, Y)).batch(8), steps=2)
    np.testing.assert_array_equal(network.get_weights()[0], before[0])


def test_grey_pictures_need_their_channel():
    with pytest.raises(ValueError, match=r"picture_shape: .*channels.* found \(28, 28\)\. .*pictures\[\.\.\., None\]"):
        cnn.classifier((28, 28), 10)
    with pytest.raises(ValueError) as error:
        cnn.classifier((16, 4, 1), 10)
    assert "None" not in str(error.value)
