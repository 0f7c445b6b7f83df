"""Input pipelines: the order of each epoch, and what is refused where batches are made."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf.data import Split, images, pairs, pipelines, text
from mlc_tf.training import few_labels

TEXTS = ["red", "blue and red", "green", "red"] * 5
Y = np.eye(20, dtype=np.float32)
PICTURES = Split(np.zeros((20, 8, 8, 1), np.uint8), Y)


def of_texts(seed):
    return text.batches(TEXTS, Y, text.vectorizer(TEXTS), 4, seed)


def of_pictures(seed):
    return images.batches(PICTURES.x, Y, 4, seed)


def of_pairs(seed):
    return pairs.batches(PICTURES.x, TEXTS, Y, text.vectorizer(TEXTS), 4, seed)


def orders(batches, epochs):
    """The rows of each epoch, in their order."""
    return [np.concatenate([labels.numpy().argmax(axis=1) for _, labels in batches]).tolist() for _ in range(epochs)]


@pytest.mark.parametrize("made", [of_texts, of_pictures, of_pairs])
def test_the_order_of_an_epoch_follows_from_seed_and_epoch_alone(made):
    keras.utils.set_random_seed(1)
    first = orders(made(0), 3)
    keras.utils.set_random_seed(2)
    batches = made(0)
    tf.random.set_seed(3)
    again = orders(batches, 2)
    keras.utils.set_random_seed(4)
    assert again + orders(batches, 1) == first
    assert first[0] != first[1] != first[2] and orders(made(1), 1)[0] != first[0]
    for order in first:
        assert sorted(order) == list(range(20))
    # Any epoch can be asked for, however the pipeline was used before, through what was made of it as well.
    zipped = tf.data.Dataset.zip(batches, made(5)).map(lambda own, other: own)
    for derived in (batches, batches.map(lambda x, y: (x, y)), zipped):
        size = int(derived.cardinality())
        assert orders(pipelines.from_epoch(derived, 1).take(2 * size), 1) == [first[1] + first[2]]
    # Two of its epochs made one.
    assert orders(pipelines.from_epoch(batches.repeat(2), 1).take(size), 1)[0] == first[2]


@pytest.mark.parametrize("seed", [0, None])
def test_batches_are_not_tuned_by_tensorflow(seed):
    """Or a training may wait at its end, for as long as it took; see `pipelines.prefetched`."""
    for batches in (of_texts(seed), of_pictures(seed), of_pairs(seed)):
        for used in (batches, batches.repeat().take(3), pipelines.from_epoch(batches, 2)):  # as trainings use them
            assert used.options().autotune.enabled is False


@pytest.mark.parametrize("seed", [0, None])
def test_a_picture_stays_with_its_text(seed):
    shades = np.arange(20, dtype=np.uint8)[:, None, None, None] * np.ones((1, 8, 8, 1), np.uint8)
    names = [f"w{row} " * (1 + row % 3) for row in range(20)]
    vectorizer = text.vectorizer(names)
    seen = []
    for (pictures, tokens), y in pairs.batches(shades, names, Y, vectorizer, 8, seed):
        rows = y.numpy().argmax(axis=1)
        np.testing.assert_array_equal(pictures[:, 0, 0, 0], rows)
        assert tokens.dtype == tf.int32
        for row, numbers in zip(rows, tokens.numpy(), strict=True):
            words = np.array(vectorizer.get_vocabulary())[numbers[numbers > 0]]
            assert list(words) == names[row].split()
        seen += rows.tolist()
    assert seen == list(range(20)) if seed is None else len(set(seen)) == 16


def test_pictures_without_their_texts_are_refused():
    with pytest.raises(ValueError, match="a text for each picture.*found 20 pictures, 19 texts"):
        pairs.batches(PICTURES.x, TEXTS[1:], Y, text.vectorizer(TEXTS), 4)
    with pytest.raises(ValueError, match=r"pictures: expected .*uint8 in 0..255; found shape \(20, 3\)"):
        pairs.batches(np.ones((20, 3)), TEXTS, Y, text.vectorizer(TEXTS), 4)


@pytest.mark.parametrize("way", few_labels.WAYS)
def test_no_way_to_train_is_tuned_by_tensorflow(way):
    assert few_labels.batches(way, PICTURES, PICTURES, 2).options().autotune.enabled is False


GREY = (np.arange(20 * 64) % 256).astype(np.uint8).reshape(20, 8, 8, 1)


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (GREY / np.float32(255), Y, "uint8 in 0..255; found .* float32.* Pictures in 0..1 become"),
        (GREY.astype(int), Y, "uint8 in 0..255; found .* int64"),
        (GREY > 100, Y, "uint8 in 0..255; found .* bool"),
        (np.full((20, 3), np.nan), Y, "x.0.: expected finite numbers, .*20 rows have NaN or infinity"),
        (GREY[..., 0], Y, r"found shape \(20, 8, 8\), uint8. Grey pictures get their channel with x\[..., None\]"),
        ([GREY[0], GREY[1, :4]] * 10, Y, "x: .*pictures need one shape"),
        (["a red bag"] * 20, Y, "found texts, of which text.batches makes batches"),
        (GREY, Y - 0.5, "label matrix .*found numbers from -0.5 to 0.5"),
        (GREY, np.where(Y == 1, np.nan, Y), "label matrix .*found numbers from nan to nan"),
        (GREY, Y[0], r"label matrix .*found shape \(20,\)"),
        (GREY, [["red"], ["blue", "red"]] * 10, "y: expected an array of numbers.*MultiLabelBinarizer"),
    ],
)
def test_what_no_network_could_learn_from_is_told_where_batches_are_made(x, y, says):
    with pytest.raises(ValueError, match=says):
        images.batches(x, y, 4, seed=0)


@pytest.mark.parametrize("x", [GREY, GREY * 0, GREY[:, 0, :, 0] - 300.0, GREY[:, 0, :, 0].tolist()])
def test_pictures_features_and_soft_targets_are_taken(x):
    (batch, targets), *_ = images.batches(x, 0.9 * Y, 20)
    np.testing.assert_array_equal(batch, x)
    np.testing.assert_allclose(targets, 0.9 * Y)


@pytest.mark.parametrize("seed", [-1, 0.5, "0"])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match="seed: expected a whole number from 0 on, found"):
        of_pictures(seed)
