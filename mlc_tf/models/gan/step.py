"""One step of the game: what a batch costs the discriminator and the generator, and what moves by it. Lesson 04."""

from typing import NamedTuple

import keras
import tensorflow as tf

from mlc_tf.models.gan import augmentation, losses
from mlc_tf.models.gan.networks import neighbours

NOISE, POSITION, CHANGES, PURPOSES = 0, 1, 2, 3  # what a step draws random numbers for


class Share(NamedTuple):
    """The consecutive rows of a batch that one device has."""

    first: tf.Tensor  # its first row in the batch
    rows: tf.Tensor  # how many it has
    batch: tf.Tensor  # rows of the whole batch
    weight: tf.Tensor  # its rows as a multiple of what each device has on average


def share(x: tf.Tensor, y: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, Share]:
    """The rows of this device, and which of the batch they are; inside of a training step.

    Where a small batch leaves a device without any, it gets a row of zeros that weighs 0: convolutions need one.
    """
    rows = tf.shape(x)[0]
    context = tf.distribute.get_replica_context()
    replicas, replica = context.num_replicas_in_sync, context.replica_id_in_sync_group
    if replicas == 1:
        return x, y, Share(tf.constant(0), rows, rows, tf.constant(1.0))
    mine = tf.one_hot(replica, replicas) * tf.cast(rows, tf.float32)
    of_each = context.all_reduce(tf.distribute.ReduceOp.SUM, mine)  # (replicas,)
    batch = tf.cast(tf.reduce_sum(of_each), tf.int32)
    first = tf.minimum(tf.cast(tf.reduce_sum(of_each[:replica]), tf.int32), batch - 1)
    x, y = (tf.pad(part, [[0, tf.maximum(1 - rows, 0)], *[[0, 0]] * (len(part.shape) - 1)]) for part in (x, y))
    return x, y, Share(first, tf.shape(x)[0], batch, of_each[replica] / tf.reduce_mean(of_each))


def terms(gan, x: tf.Tensor, y: tf.Tensor, share: Share) -> dict[str, tf.Tensor]:
    """The loss terms of discriminator (D) and generator (G), before their weights.

    Both networks follow their gradients at the *same* point: the pictures drawn, and what the discriminator says of
    them, serve both, where two passes in turn would compute them twice.

    Where the discriminator has a `"match"`, it is also shown real pictures with another picture's label set, to be
    rejected as generated ones are.

    Args:
        gan: a compiled `MultiLabelGAN`.
        x: pictures in [-1, 1].
        y: their label sets `(batch, K)`.
        share: which rows of the batch these are.
    """
    # Pictures are asked for by the label set of the neighbour in the batch, which is another one at random, and as
    # frequent as in the data. Where variety counts, two of every four ask for what the other two ask for.
    others = neighbours(y)
    wanted = _same_for_twins(others) if gan.variety_weight else others
    noise = _random(gan, tf.random.stateless_normal, NOISE, share, gan.noise_size)
    fake = float32(gan.generator([noise, wanted], training=True))
    real, drawn = _changed(gan, x, fake, share)
    # Two passes, not one of both: the generator's gradient then has no real half to go through in vain.
    real_answer, penalty = _read_real(gan, real, y)
    fake_answer = _read(gan, drawn)
    real_score, fake_score = score(real_answer, y), score(fake_answer, wanted)
    found = {
        "D real": tf.reduce_mean(gan.adversarial.real(real_score)),
        "D fake": tf.reduce_mean(gan.adversarial.fake(fake_score)),
        "G adversarial": tf.reduce_mean(gan.adversarial.generator(fake_score)),
    }
    if "match" in real_answer:
        # A neighbour with the same label set is no mismatch.
        differs = tf.cast(tf.reduce_any(y != others, axis=1, keepdims=True), tf.float32)
        found["D mismatch"] = tf.reduce_mean(differs * gan.adversarial.fake(score(real_answer, others)))
    if gan.classification_weight:
        found["D labels"] = losses.classification(y, real_answer["labels"])
    if gan.generated_classification_weight:
        found["G labels"] = losses.classification(wanted, fake_answer["labels"])
    if gan.variety_weight:
        # What has no twin, at the end of a batch that is not divisible by 4, is paid nothing.
        twins, has_twin = _twins(fake)
        found["G variety"] = tf.reduce_mean(has_twin * losses.variety(fake, twins))
    if gan.penalty_weight:
        found["D penalty"] = _penalty_between(gan, x, y, fake, wanted, share) if penalty is None else penalty
    # A device with more pictures than others counts for more.
    return {name: value * share.weight for name, value in found.items()}


def weighted(gan, terms: dict[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
    """The losses of discriminator and generator, scaled up where they compute in float16.

    All that the discriminator should reject weighs as much as all it should accept.
    """
    rejected = (terms["D fake"] + terms["D mismatch"]) / 2 if "D mismatch" in terms else terms["D fake"]
    discriminator_loss = terms["D real"] + rejected
    discriminator_loss += gan.classification_weight * terms.get("D labels", 0.0)
    discriminator_loss += gan.penalty_weight * terms.get("D penalty", 0.0)
    generator_loss = terms["G adversarial"]
    generator_loss += gan.generated_classification_weight * terms.get("G labels", 0.0)
    generator_loss -= gan.variety_weight * terms.get("G variety", 0.0)
    discriminator_loss = gan.discriminator_optimizer.scale_loss(discriminator_loss)
    return discriminator_loss, gan.generator_optimizer.scale_loss(generator_loss)


def descend(tape, loss, network: keras.Model, optimizer) -> None:
    """Moves one network by its gradient. Replicas add up their gradients: each gives its share."""
    variables = network.trainable_variables
    # A part that no loss term reaches, as the label confidences when their loss weighs 0, stays as it is.
    gradients = [
        tf.zeros_like(variable) if gradient is None else gradient
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True)
    ]
    replicas = tf.distribute.get_strategy().num_replicas_in_sync
    optimizer.apply([tf.identity(gradient) / replicas for gradient in gradients], variables)


def score(answer: dict[str, tf.Tensor], y: tf.Tensor) -> tf.Tensor:
    """How real the discriminator finds pictures *with these label sets*: `(batch, 1)`.

    Its score of the picture, and with projection what each label of the set adds: `score + sum_k y_k match_k`.
    """
    if "match" not in answer:
        return answer["score"]
    return answer["score"] + tf.reduce_sum(y * answer["match"], axis=1, keepdims=True)


def float32(answer):
    """What a network gives, where it computes in half precision."""
    return keras.tree.map_structure(lambda part: keras.ops.cast(part, "float32"), answer)


def _random(gan, draw, purpose: int, share: Share, size: int) -> tf.Tensor:
    """Random numbers `(rows of the share, size)` that depend on the seed and the step alone.

    Each device draws those of the whole batch and takes its own rows, so that two devices train as one does.
    """
    step = tf.cast(gan.discriminator_optimizer.iterations.value, tf.int32)
    numbers = draw((share.batch, size), seed=[gan.seed, PURPOSES * step + purpose])
    return numbers[share.first : share.first + share.rows]


def _read(gan, pictures: tf.Tensor) -> dict[str, tf.Tensor]:
    return float32(gan.discriminator(pictures, training=True))


def _read_real(gan, x: tf.Tensor, y: tf.Tensor) -> tuple[dict, tf.Tensor | None]:
    """The discriminator's answer to real pictures, and the penalty on its slope there (R1) where that is wanted."""
    if not gan.penalty_weight or gan.adversarial is losses.ADVERSARIAL["wasserstein"]:
        return _read(gan, x), None
    answer = {}

    def critic(x):  # keeps its answer: one pass serves the penalty and the other terms
        answer.update(_read(gan, x))
        return score(answer, y)

    penalty = losses.gradient_penalty(critic, x, norm=0.0)
    return answer, penalty


def _penalty_between(gan, x: tf.Tensor, y: tf.Tensor, fake: tf.Tensor, wanted: tf.Tensor, share: Share) -> tf.Tensor:
    """The penalty of the Wasserstein distance, between real and generated pictures."""
    position = _random(gan, tf.random.stateless_uniform, POSITION, share, 1)
    x, y = losses.between(x, tf.stop_gradient(fake), position), y + position * (wanted - y)
    return losses.gradient_penalty(lambda at: score(_read(gan, at), y), x)


def _changed(gan, x: tf.Tensor, fake: tf.Tensor, share: Share) -> tuple[tf.Tensor, tf.Tensor]:
    """Real and generated pictures, each changed at random when there is augmentation."""
    if not gan.augment:
        return x, fake
    needed = augmentation.numbers_needed(gan.augment)
    random = _random(gan, tf.random.stateless_uniform, CHANGES, share, 2 * needed)
    real, drawn = random[:, :needed], random[:, needed:]
    return augmentation.augment(x, gan.augment, real), augmentation.augment(fake, gan.augment, drawn)


def _twins(rows: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Of every four, rows 0 and 2 change places, and rows 1 and 3.

    Returns:
        The rows, and 1 for each that has such a twin, 0 for one at the end that has none, `(batch,)`.
    """
    count = tf.shape(rows)[0]
    twin = tf.bitwise.bitwise_xor(tf.range(count), 2)
    return tf.gather(rows, tf.minimum(twin, count - 1)), tf.cast(twin < count, rows.dtype)


def _same_for_twins(rows: tf.Tensor) -> tf.Tensor:
    """Of every four, rows 2 and 3 become what rows 0 and 1 are."""
    row = tf.range(tf.shape(rows)[0])
    return tf.gather(rows, row - tf.bitwise.bitwise_and(row, 2))
