"""Learning from many pictures of which few have labels: a GAN's discriminator that names labels, and its rivals.

Each way trains the same network with the same number of updates on the same labelled pictures; all but the first look
at pictures without labels, too. Lesson 05 asks which of them that helps.
"""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data import Split, images
from mlc_tf.models.gan import augmentation, losses, networks, step
from mlc_tf.models.gan.model import to_network
from mlc_tf.training import few_labels

WAYS = ("labels alone", "pseudo-labels", "consistency", "game")
BATCH_SIZE = 64  # of the pictures with labels, and of those without
RATE, GENERATOR_RATE = 1e-3, 5e-4  # of Adam, at the first update
SURE = 0.95
GAME_WEIGHT = 0.3  # of what the discriminator pays for the game, beside 1 for the labels
PENALTY_WEIGHT = 0.1  # of its squared slope at real pictures, within that
READ_WEIGHT = 0.1  # of what the generator pays for labels that cannot be read, as in lesson 04
NOISE_SIZE, GENERATOR_WIDTH = 100, 16


def classifier(way: str, labelled: Split, pictures: np.ndarray, steps: int, seed: int = 0) -> keras.Model:
    """A network from pictures `(batch, side, side, channels)`, uint8, to logits `(batch, K)`, taught in this way.

    In each update it pays the classification loss on a batch of labelled pictures, and on as many without labels:

    - "labels alone": nothing.
    - "pseudo-labels": `pseudo_labels`. Lee 2013, "Pseudo-label: The simple and efficient semi-supervised learning
      method for deep neural networks".
    - "consistency": the classification loss of a shifted copy, with what it says of the picture itself for the truth.
      Sajjadi et al. 2016, "Regularization with stochastic transformations and perturbations for deep semi-supervised
      learning".
    - "game": the hinge loss, with a penalty, of telling them from what a generator draws. The generator learns against
      it, and is asked for the label sets of the labelled ones. After Salimans et al. 2016, "Improved techniques for
      training GANs", with a score beside the labels in place of one more class.

    The network is `gan.networks.discriminator`: by its layer `Spread` what it says of a picture depends a little on the
    neighbour in the batch.

    Args:
        way: one of these, which `WAYS` lists.
        labelled: the pictures that have labels, with them.
        pictures: those without, `(N, side, side, channels)`, uint8; the labelled ones may be among them.
        steps: the number of updates; the learning rates fall to 0 along them, as a cosine.
        seed: of first weights, orders, shifts and noise.

    Raises:
        ValueError: when there is no such way, `steps` is not positive, or the pictures are not of one shape.
    """
    if way not in WAYS:
        raise ValueError(f"way: expected one of {'; '.join(WAYS)}; found {way!r}")
    if not isinstance(steps, int | np.integer) or steps < 1:
        raise ValueError(f"steps is the number of updates: expected a whole number from 1 on, found {steps!r}")
    images.check_pictures(pictures, labelled.x.shape[1:])
    unnamed = Split(pictures, np.zeros((len(pictures), 1), np.float32))
    named, unnamed = (
        few_labels.batches("real", part, batch_size=BATCH_SIZE, seed=seed + at)
        for at, part in enumerate((labelled, unnamed))
    )
    learner = _Learner(way, labelled.x.shape[1:], labelled.y.shape[1], int(steps), seed)
    learner.fit(tf.data.Dataset.zip(named, unnamed), steps_per_epoch=int(steps), verbose=0, shuffle=False)
    given = keras.Input(labelled.x.shape[1:], dtype="uint8")
    answer = learner.discriminator(keras.layers.Rescaling(1 / 127.5, -1)(given))
    return keras.Model(given, answer["labels"])


def pseudo_labels(logits: tf.Tensor, sure: float = SURE) -> tf.Tensor:
    """The classification loss for what the classifier itself takes for true, of those labels that it is sure of.

    Args:
        logits: `(batch, K)`.
        sure: a label counts if its probability is above this, or that of its absence.
    """
    p = tf.stop_gradient(tf.sigmoid(logits))
    counts = tf.cast((p > sure) | (p < 1 - sure), tf.float32)
    each = tf.nn.sigmoid_cross_entropy_with_logits(tf.round(p), logits)  # (batch, K)
    return tf.reduce_mean(tf.reduce_sum(counts * each, axis=1))


class _Learner(keras.Model):
    """The network, for the game with its generator, and the update of a way."""

    def __init__(self, way: str, picture_shape: tuple, labels: int, steps: int, seed: int):
        super().__init__()
        self.way, self.seed, self.built = way, seed, True
        self.discriminator = networks.discriminator(picture_shape, labels, seed=seed)
        players = [(self.discriminator, RATE)]
        if way == "game":
            self.generator = networks.generator(picture_shape, labels, NOISE_SIZE, GENERATOR_WIDTH, seed=seed)
            players.append((self.generator, GENERATOR_RATE))
        self.compile(optimizer=None, jit_compile=False)
        self.optimizers = []
        for network, rate in players:
            optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(rate, steps), 0.0, 0.99)
            optimizer.build(network.trainable_variables)
            self.optimizers.append(optimizer)

    def train_step(self, data):
        (x, y), (without, _) = data
        x, without, y = to_network(x), to_network(without), tf.cast(y, tf.float32)
        with tf.GradientTape(persistent=True) as tape:
            pays = losses.classification(y, self._read(x)["labels"])
            if self.way == "pseudo-labels":
                pays += pseudo_labels(self._read(without)["labels"])
            if self.way == "consistency":
                pays += self._consistency(without)
            if self.way == "game":
                discriminator_pays, generator_pays = self._game(without, y)
                pays += GAME_WEIGHT * discriminator_pays
        step.descend(tape, pays, self.discriminator, self.optimizers[0])
        if self.way == "game":
            step.descend(tape, generator_pays, self.generator, self.optimizers[1])
        return {"loss": pays}

    def _read(self, x):
        return self.discriminator(x, training=True)

    def _consistency(self, x):
        p = tf.stop_gradient(tf.sigmoid(self._read(x)["labels"]))
        random = self._random(tf.random.stateless_uniform, x, augmentation.numbers_needed(("shift",)))
        return losses.classification(p, self._read(augmentation.augment(x, ("shift",), random))["labels"])

    def _game(self, x, wanted):
        """What the game costs discriminator and generator, who is asked for label sets `(batch, K)`."""
        hinge = losses.adversarial("hinge")
        drawn = self._read(self.generator([self._random(tf.random.stateless_normal, x, NOISE_SIZE), wanted]))
        scores = {}

        def critic(x):  # keeps its answer: one pass serves the penalty and the score
            scores["real"] = self._read(x)["score"]
            return scores["real"]

        pays = PENALTY_WEIGHT * losses.gradient_penalty(critic, x, norm=0.0)
        pays += tf.reduce_mean(hinge.real(scores["real"])) + tf.reduce_mean(hinge.fake(drawn["score"]))
        generator_pays = tf.reduce_mean(hinge.generator(drawn["score"]))
        return pays, generator_pays + READ_WEIGHT * losses.classification(wanted, drawn["labels"])

    def _random(self, draw, rows, size):
        """So many random numbers for each row, of this seed and update."""
        at = tf.cast(self.optimizers[0].iterations.value, tf.int32)
        return draw((tf.shape(rows)[0], size), seed=[self.seed, at])
