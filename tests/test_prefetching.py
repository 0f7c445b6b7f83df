import numpy as np
import pytest

from mlc_tf.data import Split, images, text
from mlc_tf.training import few_labels

TEXTS = ["red", "blue and red", "green", "red"]
Y = np.eye(4, dtype=np.float32)
PICTURES = Split(np.zeros((4, 8, 8, 1), np.uint8), Y)


@pytest.mark.parametrize("seed", [0, None])
def test_batches_are_not_tuned_by_tensorflow(seed):
    """Or a training may wait at its end, for as long as it took; see `prefetching`."""
    of_texts = text.batches(TEXTS, Y, text.vectorizer(TEXTS), 2, seed)
    of_pictures = images.batches(PICTURES.x, Y, 2, seed)
    for batches in (of_texts, of_pictures):
        for used in (batches, batches.repeat().take(3)):  # trainings repeat them
            assert used.options().autotune.enabled is False


@pytest.mark.parametrize("way", few_labels.WAYS)
def test_no_way_to_train_is_tuned_by_tensorflow(way):
    assert few_labels.batches(way, PICTURES, PICTURES, 2).options().autotune.enabled is False
