"""Losses of adversarial training, and the classification loss on label sets. Lessons 03 and 04 introduce them.

A discriminator (a *critic*, for the Wasserstein distance) gives each picture a score `s`, any real number: high says
real. Scores are logits: `sigmoid(s)` is the probability of "real" where a loss speaks of one. An adversarial loss is
one number a score, of which the model takes the mean; the gradient penalty and the classification loss are means over
the batch.
"""

import dataclasses
from collections.abc import Callable

import tensorflow as tf

Term = Callable[[tf.Tensor], tf.Tensor]


@dataclasses.dataclass(frozen=True)
class Adversarial:
    """What each side pays for the scores of a batch: functions from scores `(batch, 1)` to losses `(batch, 1)`.

    Args:
        real: what the discriminator pays for the score of a real picture.
        fake: what it pays for the score of a generated one.
        generator: what the generator pays for that same score.
    """

    real: Term
    fake: Term
    generator: Term


# softplus(-s) = -log sigmoid(s) and softplus(s) = -log(1 - sigmoid(s)), finite for every s.
ADVERSARIAL = {
    # The game of Goodfellow et al. 2014: the generator lowers what the discriminator gains, log(1 - D(G(z))). Where
    # the discriminator is sure (s far below 0) the slope of that, -sigmoid(s), is near 0.
    "minimax": Adversarial(
        real=lambda s: tf.nn.softplus(-s),
        fake=lambda s: tf.nn.softplus(s),
        generator=lambda s: -tf.nn.softplus(s),
    ),
    # Its cure in the same paper: the generator lowers -log D(G(z)), with slope near -1 in the same place.
    "non-saturating": Adversarial(
        real=lambda s: tf.nn.softplus(-s),
        fake=lambda s: tf.nn.softplus(s),
        generator=lambda s: tf.nn.softplus(-s),
    ),
    # Lim & Ye 2017, "Geometric GAN": max(0, 1 - s) and max(0, 1 + s). A score beyond the margin teaches nothing more.
    "hinge": Adversarial(
        real=lambda s: tf.nn.relu(1.0 - s),
        fake=lambda s: tf.nn.relu(1.0 + s),
        generator=lambda s: -s,
    ),
    # Arjovsky et al. 2017, "Wasserstein GAN": E s(real) - E s(fake) estimates the distance W1, as long as the critic is
    # 1-Lipschitz; `gradient_penalty` sees to that.
    "wasserstein": Adversarial(
        real=lambda s: -s,
        fake=lambda s: s,
        generator=lambda s: -s,
    ),
}


def adversarial(loss: str | Adversarial) -> Adversarial:
    """The adversarial loss of this name, or the one that is given.

    Raises:
        ValueError: naming them all, when there is none of this name.
    """
    if isinstance(loss, Adversarial):
        return loss
    if loss not in ADVERSARIAL:
        raise ValueError(
            f"adversarial loss: expected one of {', '.join(ADVERSARIAL)}, or a losses.Adversarial; found {loss!r}"
        )
    return ADVERSARIAL[loss]


def gradient_penalty(critic: Callable[[tf.Tensor], tf.Tensor], x: tf.Tensor, norm: float = 1.0) -> tf.Tensor:
    """The mean over the batch of (||grad_x critic(x)|| - norm)^2; Gulrajani et al. 2017.

    The critic may be steep nowhere: for the Wasserstein distance `x` lies between real and generated pictures and
    the wanted `norm` is 1. With `norm` 0 and real pictures for `x` it is the penalty R1 of Mescheder et al. 2018.

    Args:
        critic: from `x` to scores `(batch, 1)`.
        x: `(batch, ...)`, where the slope is taken.
        norm: the length that the gradient should have.
    """
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = critic(x)
    gradient = tape.gradient(scores, x)
    squared = tf.reduce_sum(tf.square(gradient), axis=tuple(range(1, len(x.shape))))  # (batch,)
    if norm == 0:
        return tf.reduce_mean(squared)
    # The square root has no slope at 0, where one batch would make every weight NaN.
    return tf.reduce_mean(tf.square(tf.sqrt(tf.maximum(squared, 1e-12)) - norm))


def between(real: tf.Tensor, fake: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """Points on the lines from real pictures (`position` 0) to generated ones (1); `position` is `(batch, 1)`."""
    position = tf.reshape(position, [-1] + [1] * (len(real.shape) - 1))
    return real + position * (fake - real)


def classification(y: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """The mean of `label_set_cross_entropy` over the batch; both arguments `(batch, K)`."""
    return tf.reduce_mean(label_set_cross_entropy(y, logits))


def label_set_cross_entropy(y: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    """Sigmoid cross-entropy of each picture `(batch,)`, *summed* over the labels; both arguments `(batch, K)`.

    A mean over K labels divides the gradient of every label by K: next to an adversarial loss, which is one number a
    picture, the labels would hardly be heard (lesson 04 shows it).
    """
    return tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(y, logits), axis=1)


def variety(pictures: tf.Tensor, twins: tf.Tensor) -> tf.Tensor:
    """The mean difference of pixel values between each picture and another one of the same label set, `(batch,)`.

    A generator that is paid for it draws no favourite picture for a label set, whatever the noise. Mao et al. 2019,
    "Mode seeking generative adversarial networks for diverse image synthesis", who divide it by the distance of the two
    noise vectors; in 100 dimensions that is nearly always the same.

    Args:
        pictures, twins: `(batch, height, width, channels)`.
    """
    return tf.reduce_mean(tf.abs(pictures - twins), axis=(1, 2, 3))
