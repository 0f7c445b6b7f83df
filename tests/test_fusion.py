"""Picture and text joined: what each join can do, what is missing, and what is kept in a file."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf.models import cnn, fusion, rnn

K, V = 4, 20


def joined(join="gate", missing=0.0, outputs=None):
    outputs = outputs or (K if join == "logits" else 8)
    pictures, texts = cnn.classifier((16, 16, 1), outputs), rnn.classifier(V, outputs, units=5, embedding=6)
    return fusion.classifier(pictures, texts, K, join, missing)


def batch(rows=6):
    generator = np.random.default_rng(0)
    return [generator.integers(1, 255, (rows, 16, 16, 1)).astype(np.uint8), generator.integers(2, V, (rows, 7))]


@pytest.mark.parametrize("join", fusion.JOINS)
def test_logits_come_out_and_a_file_keeps_the_whole(join, tmp_path):
    network, x = joined(join, missing=0.2), batch()
    network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    network.fit(x, np.ones((6, K)), verbose=0)
    logits = network.predict(x, verbose=0)
    assert logits.shape == (6, K)
    network.save(tmp_path / "network.keras")
    again = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(again.predict(x, verbose=0), logits, atol=1e-6)


def test_votes_are_added_and_only_then():
    """With "logits" what the text changes is the same whatever the picture is; with the other joins it is not."""
    pictures, tokens = batch()
    for join in fusion.JOINS:
        network = joined(join)

        def change(picture, network=network):
            one, other = (network([np.repeat(picture, 1, 0), tokens[row : row + 1]]).numpy() for row in (0, 1))
            return one - other

        changes = [change(pictures[row : row + 1]) for row in range(3)]
        assert np.allclose(changes, changes[0], atol=1e-5) == (join == "logits")


def test_a_closed_gate_hides_a_place_and_no_other():
    network, (pictures, tokens) = joined("gate"), batch()
    gate = network.get_layer("gate")
    kernel, bias = gate.get_weights()
    gate.set_weights([0 * kernel, np.array([-100.0, 100, 100, 100])])  # the upper left is closed
    changed = pictures.copy()
    changed[:, 0, 0] = 255 - changed[:, 0, 0]  # in its corner, which no other place sees
    np.testing.assert_allclose(network([pictures, tokens]), network([changed, tokens]), atol=1e-5)
    gate.set_weights([0 * kernel, np.full_like(bias, 100)])
    assert np.abs(network([pictures, tokens]) - network([changed, tokens])).max() > 1e-4


def test_modality_dropout_takes_picture_or_text_never_both_and_only_in_training():
    layer, (pictures, tokens) = fusion.ModalityDropout(0.3), batch(4000)
    for given, found in zip((pictures, tokens), layer([pictures, tokens], training=False), strict=True):
        np.testing.assert_array_equal(given, found)
    seen, read = layer([tf.constant(pictures), tf.constant(tokens)], training=True)
    black, silent = np.all(seen == 0, axis=(1, 2, 3)), np.all(read == 0, axis=1)
    assert not (black & silent).any()
    for gone in (black, silent):
        assert abs(gone.mean() - 0.3) < 5 * np.sqrt(0.21 / 4000)
    np.testing.assert_array_equal(seen[~black], pictures[~black])  # whole, or not at all
    np.testing.assert_array_equal(read[~silent], tokens[~silent])
    again, _ = layer([tf.constant(pictures), tf.constant(tokens)], training=True)
    assert (np.any(again != seen, axis=(1, 2, 3))).any()  # others at the next step


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: joined("mean"), "join: expected one of logits, features, places, gate; found 'mean'"),
        (lambda: joined("gate", missing=0.6), "a share from 0 to 0.5"),
        (lambda: joined("logits", outputs=8), r"networks of 4 outputs, one for each label, to add; found \(8, 8\)"),
        (
            lambda: fusion.classifier(rnn.classifier(V, 8), cnn.classifier((16, 16, 1), 8), K),
            "expected first a network that reads pictures, then one that reads token numbers",
        ),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
