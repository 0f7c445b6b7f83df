"""Learning from pictures without labels: each way against a loop of a few lines, and what it must not look at."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf.data import Split
from mlc_tf.models.gan import augmentation, networks
from mlc_tf.training import few_labels, semi_supervised

SHAPE, LABELS, STEPS, SEED = (8, 8, 1), 3, 3, 5
RANDOM = np.random.default_rng(0)
PICTURES = RANDOM.integers(0, 256, (70, *SHAPE), dtype=np.uint8)
LABELLED = Split(PICTURES[:10], RANDOM.integers(0, 2, (10, LABELS)).astype(np.float32))


def weights(way, pictures=PICTURES, seed=SEED):
    keras.utils.clear_session(free_memory=False)  # the same names as before, by which TensorFlow orders some sums
    return semi_supervised.classifier(way, LABELLED, pictures, STEPS, seed).get_weights()


def differ(some, others):
    return max(np.abs(a - b).max() for a, b in zip(some, others, strict=True))


def scaled(x):
    return tf.cast(x, tf.float32) / 127.5 - 1


def costs(way, network, generator, x, y, u, at):
    """What an update costs network and generator, written down once more from the papers."""
    named = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(y, network(x)["labels"]), 1)
    pays = tf.reduce_mean(named)
    if way == "pseudo-labels":
        logits = network(u)["labels"]
        p = tf.stop_gradient(tf.sigmoid(logits))
        likelier = tf.maximum(p, 1 - p)
        entropy = tf.where(p > 0.5, -tf.math.log_sigmoid(logits), -tf.math.log_sigmoid(-logits))
        return pays + tf.reduce_sum(entropy[likelier > 0.95]) / len(u), None
    if way == "consistency":
        random = tf.random.stateless_uniform((len(u), 2), (SEED, at))
        p = tf.stop_gradient(tf.sigmoid(network(u)["labels"]))
        logits = network(augmentation.augment(u, ("shift",), random))["labels"]
        return pays + tf.reduce_mean(tf.reduce_sum(tf.nn.softplus(logits) - p * logits, 1)), None
    if way == "game":
        noise = tf.random.stateless_normal((len(u), 100), (SEED, at))
        drawn = network(generator([noise, y]))
        with tf.GradientTape() as tape:
            tape.watch(u)
            real = network(u)["score"]
        steep = tf.reduce_mean(tf.reduce_sum(tape.gradient(real, u) ** 2, (1, 2, 3)))
        game = tf.reduce_mean(tf.nn.relu(1 - real)) + tf.reduce_mean(tf.nn.relu(1 + drawn["score"])) + 0.1 * steep
        read = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(y, drawn["labels"]), 1)
        return pays + semi_supervised.GAME_WEIGHT * game, tf.reduce_mean(0.1 * read - drawn["score"][:, 0])
    return pays, None


@pytest.mark.parametrize("way", semi_supervised.WAYS)
def test_a_way_is_what_a_loop_of_one_s_own_does(way):
    network = networks.discriminator(SHAPE, LABELS, seed=SEED)
    generator = networks.generator(SHAPE, LABELS, width=16, seed=SEED)
    players = [(network, 1e-3), (generator, 5e-4)]
    optimizers = [
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, STEPS), 0.0, 0.99) for _, rate in players
    ]
    for (player, _), optimizer in zip(players, optimizers, strict=True):
        optimizer.build(player.trainable_variables)
    unnamed = Split(PICTURES, np.zeros((len(PICTURES), 1), np.float32))
    named, others = (
        list(few_labels.batches("real", part, seed=SEED + k).take(STEPS)) for k, part in enumerate((LABELLED, unnamed))
    )
    for at in range(STEPS):
        (x, y), (u, _) = named[at], others[at]
        with tf.GradientTape(persistent=True) as tape:
            pays = costs(way, network, generator, scaled(x), tf.cast(y, tf.float32), scaled(u), at)
        for (player, _), optimizer, cost in zip(players, optimizers, pays, strict=True):
            if cost is not None:
                variables = player.trainable_variables
                gradients = tape.gradient(cost, variables)
                optimizer.apply(
                    [tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)], variables
                )
    x = scaled(PICTURES)
    taught = semi_supervised.classifier(way, LABELLED, PICTURES, STEPS, SEED)
    before = networks.discriminator(SHAPE, LABELS, seed=SEED)(x)["labels"]
    moved = np.abs(network(x)["labels"] - before).max()
    assert np.abs(taught.predict(PICTURES, verbose=0) - network(x)["labels"]).max() < 1e-4 * moved


def test_the_same_seed_gives_the_same_network_and_labels_alone_looks_at_nothing_else():
    others = 255 - PICTURES
    first = {way: weights(way) for way in ("labels alone", "consistency", "game")}
    assert differ(first["game"], weights("game")) == 0
    assert differ(first["labels alone"], weights("labels alone", others)) == 0
    assert differ(first["labels alone"], weights("labels alone", seed=SEED + 1)) > 0
    for way in ("consistency", "game"):  # "pseudo-labels" is sure of nothing after three updates
        assert differ(first[way], weights(way, others)) > 0


def test_pseudo_labels_count_what_the_classifier_is_sure_of():
    p = np.array([[0.97, 0.5, 0.02], [0.9, 0.94, 0.06]], np.float32)
    found = semi_supervised.pseudo_labels(np.log(p / (1 - p)))
    assert np.isclose(found, -(np.log(0.97) + np.log(0.98)) / 2, rtol=1e-4)
    logits = tf.Variable(np.log(p / (1 - p)))
    with tf.GradientTape() as tape:
        loss = semi_supervised.pseudo_labels(logits, sure=0.93)
    assert np.allclose(tape.gradient(loss, logits), [[-0.015, 0, 0.01], [0, -0.03, 0.03]], atol=1e-6)


def test_what_it_cannot_use_is_refused():
    with pytest.raises(ValueError, match="labels alone; pseudo-labels; consistency; game; found 'gan'"):
        semi_supervised.classifier("gan", LABELLED, PICTURES, STEPS)
    for steps in (0, 2.5):
        with pytest.raises(ValueError, match=f"from 1 on, found {steps}"):
            semi_supervised.classifier("game", LABELLED, PICTURES, steps)
    for pictures in (PICTURES / 255, PICTURES[:, :4], PICTURES[:0]):
        with pytest.raises(ValueError, match=r"shape \(N, 8, 8, 1\), uint8"):
            semi_supervised.classifier("game", LABELLED, pictures, STEPS)
