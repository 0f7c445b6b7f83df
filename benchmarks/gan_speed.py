"""How fast is a training step of our GAN, beside the usual way to write one and beside what the machine can do?

    python benchmarks/gan_speed.py --json benchmarks/results/gan_speed.json

Three things, all measured in one run, in rounds in which the things compared take turns:

- `sizes`: pictures per second of `training.fit` with the configuration "course", against the *plain* formulation: the
  same networks, losses, weights and optimizers, written as tutorials do it. A step of the discriminator, then a step
  of the generator with fresh noise and a second pass through both networks; `model.fit` on a shuffled `tf.data`
  pipeline of single examples. It keeps the moving average of the generator too, so that both do the same work.
- `machine_share`: the share of the machine's own speed (the faster of a well-shaped convolution and a product of
  matrices) that the step reaches, and where its time goes. The number of operations is an *estimate* from the shapes
  of the convolutions and dense layers, see `step_operations`; nothing else is counted as work.
- `linear`: milliseconds of a step for growing batches and growing numbers of labels, and how far they are from a
  straight line (0.05: 5 % of the largest), on which another picture, or label, costs as much as the one before.
"""

import argparse
import contextlib
import io
import math
import pathlib
import statistics
import time

import mlc_tf  # isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import tensorflow as tf

import mlc_tf.data.images
import mlc_tf.training.fitting
from mlc_tf.data import digit_scenes
from mlc_tf.models.gan import configurations, losses
from mlc_tf.models.gan.model import MOVING_AVERAGE
from mlc_tf.models.gan.step import score

NAME, BATCH_SIZE = "course", 64
STEPS, LINEAR_STEPS, WARM_UP = 60, 30, 5
BATCH_SIZES, LABELS = (32, 64, 128, 256), (10, 100, 300, 1000)
LABELS_A_PICTURE = 3
REPEATS = 20  # of a part that is timed by itself


class PlainGAN(keras.Model):
    """The GAN `ours` as a tutorial would write it: two players, one after the other, each with its own passes."""

    def __init__(self, ours):
        super().__init__()
        chosen = configurations.CONFIGURATIONS[NAME]
        self.generator = chosen.generator(ours.picture_shape, ours.label_count)
        self.discriminator = chosen.discriminator(ours.picture_shape, ours.label_count)
        self.average = keras.models.clone_model(self.generator)
        self.average.trainable = False
        self.settings = ours  # only its numbers are read
        self.discriminator_tracker = keras.metrics.Mean("discriminator_loss")
        self.generator_tracker = keras.metrics.Mean("generator_loss")
        self.built = True

    def compile(self):
        """With the optimizers of the configuration."""
        super().compile()
        chosen = configurations.CONFIGURATIONS[NAME]
        self.generator_optimizer, self.discriminator_optimizer = (
            keras.optimizers.Adam(rate, *chosen.betas) for rate in chosen.rates
        )

    @property
    def metrics(self):
        """The losses."""
        return [self.discriminator_tracker, self.generator_tracker]

    def train_step(self, data):
        """A step of the discriminator, then one of the generator."""
        pictures, y = data
        settings = self.settings
        real, y = tf.cast(pictures, tf.float32) / 127.5 - 1, tf.cast(y, tf.float32)
        wanted = others = tf.roll(y, 1, axis=0)
        if settings.variety_weight:  # the second half of the batch asks for what the first half asks for
            half = tf.shape(y)[0] // 2
            wanted = tf.concat([others[:half], others[: tf.shape(y)[0] - half]], axis=0)
        differs = tf.cast(tf.reduce_any(y != others, axis=1, keepdims=True), tf.float32)
        noise_shape = (tf.shape(real)[0], settings.noise_size)

        fake = self.generator([tf.random.normal(noise_shape), wanted], training=True)
        with tf.GradientTape() as tape:
            real_answer = self.discriminator(real, training=True)
            fake_answer = self.discriminator(fake, training=True)
            pays = settings.adversarial
            rejected = tf.reduce_mean(pays.fake(score(fake_answer, wanted)))
            if "match" in real_answer:
                rejected = (rejected + tf.reduce_mean(differs * pays.fake(score(real_answer, others)))) / 2
            discriminator_loss = tf.reduce_mean(pays.real(score(real_answer, y))) + rejected
            discriminator_loss += settings.classification_weight * losses.classification(y, real_answer["labels"])
            if settings.penalty_weight:
                penalty = losses.gradient_penalty(lambda x: score(self.discriminator(x, training=True), y), real, 0.0)
                discriminator_loss += settings.penalty_weight * penalty
        weights = self.discriminator.trainable_variables
        gradients = tape.gradient(discriminator_loss, weights)
        self.discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        with tf.GradientTape() as tape:
            fake = self.generator([tf.random.normal(noise_shape), wanted], training=True)
            answer = self.discriminator(fake, training=True)
            generator_loss = tf.reduce_mean(settings.adversarial.generator(score(answer, wanted)))
            generator_loss += settings.generated_classification_weight * losses.classification(wanted, answer["labels"])
            if settings.variety_weight:
                generator_loss -= settings.variety_weight * tf.reduce_mean(losses.variety(fake[:half], fake[-half:]))
        weights = self.generator.trainable_variables
        gradients = tape.gradient(generator_loss, weights)
        self.generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))

        keep = MOVING_AVERAGE
        for averaged, weight in zip(self.average.weights, self.generator.weights, strict=True):
            averaged.assign(keep * averaged + (1 - keep) * weight)
        self.discriminator_tracker.update_state(discriminator_loss)
        self.generator_tracker.update_state(generator_loss)
        return {tracker.name: tracker.result() for tracker in self.metrics}


class Clock(keras.callbacks.Callback):
    """Seconds of the last epoch, its iterator included; what `fit` does before and after it is left out."""

    def on_epoch_begin(self, epoch, logs=None):
        """Starts."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stops."""
        self.seconds = time.perf_counter() - self.started


def our_training(model, x, y, batch_size):
    """A function that trains for one epoch with `training.fit` and returns the seconds of a step."""
    batches, clock = mlc_tf.data.images.batches(x, y, batch_size, seed=0), Clock()

    def train():
        with contextlib.redirect_stdout(io.StringIO()):  # the line of progress
            mlc_tf.training.fit(model, batches, epochs=1, callbacks=[clock])
        return clock.seconds / len(batches)

    return train


def plain_training(model, x, y, batch_size):
    """The same for `PlainGAN`, with the pipeline of the tutorials."""
    batches, clock = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x)).batch(batch_size), Clock()

    def train():
        model.fit(batches, verbose=0, callbacks=[clock])
        return clock.seconds / len(batches)

    return train


def in_turns(trainings, rounds):
    """Seconds of a step of each training in each round, after a round that does not count: it traces."""
    taken = [{name: train() for name, train in trainings.items()} for _ in range(rounds + 1)]
    return {name: [one[name] for one in taken[1:]] for name in trainings}


def random_pictures(number, shape, labels):
    chance = np.random.default_rng(0)
    x = chance.integers(0, 256, (number, *shape), dtype=np.uint8)
    return x, (chance.random((number, labels)) < LABELS_A_PICTURE / labels).astype(np.float32)


def against_plain(x, y, rounds):
    """Pictures per second of both; the ratio is the median of those of the rounds."""
    ours = configurations.build(NAME, x.shape[1:], y.shape[1])
    plain = PlainGAN(ours)
    plain.compile()
    trainings = {"ours": our_training(ours, x, y, BATCH_SIZE), "plain": plain_training(plain, x, y, BATCH_SIZE)}
    taken = in_turns(trainings, rounds)
    ratios = [slow / quick for quick, slow in zip(taken["ours"], taken["plain"], strict=True)]
    return {
        "pictures_per_second": {name: BATCH_SIZE / statistics.median(seconds) for name, seconds in taken.items()},
        "step_milliseconds": {name: 1e3 * statistics.median(seconds) for name, seconds in taken.items()},
        "ours_over_plain": statistics.median(ratios),
        "ours_over_plain_in_each_round": ratios,
    }


def milliseconds(action, repeats=REPEATS):
    """The median time of `action`, after runs that do not count."""
    taken = []
    for _ in range(WARM_UP + repeats):
        started = time.perf_counter()
        # Reading a number waits for a device that computes while Python goes on.
        for result in tf.nest.flatten(action())[:1]:
            np.asarray(result)
        taken.append(1e3 * (time.perf_counter() - started))
    return statistics.median(taken[WARM_UP:])


def peaks():
    """Billions of operations per second of a convolution and a product of matrices that suit the machine."""
    pictures, kernel = tf.random.normal((64, 16, 16, 64)), tf.random.normal((3, 3, 64, 128))
    matrix = tf.random.normal((1024, 1024))
    convolve = tf.function(lambda x, w: tf.nn.conv2d(x, w, 1, "SAME"))
    multiply = tf.function(lambda a, b: a @ b)
    return {
        "convolution": 2 * 64 * 16 * 16 * math.prod(kernel.shape) / milliseconds(lambda: convolve(pictures, kernel)),
        "matrices": 2 * 1024**3 / milliseconds(lambda: multiply(matrix, matrix)),
    }


def operations(layer):
    """Forward, for one picture: a multiplication and an addition for each weight and each pixel it is used at.

    Biases, and layers without a matrix of weights, count as nothing.
    """
    total = 0
    for weight in layer.trainable_weights:
        if len(weight.shape) > 1:
            pixels = math.prod(layer.output.shape[1:-1]) if len(weight.shape) == 4 else 1
            total += 2 * math.prod(weight.shape) * pixels
    return total


def step_operations(model):
    """Estimated operations of `gan.step` for one picture, in passes of generator (G) and discriminator (D).

    A backward pass costs twice a forward pass: one part for the gradient of the weights, one for that of the inputs.
    The generator goes forward and backward: 3 G. The discriminator sees real and generated pictures, forward and
    backward: 6 D, less the gradient of the pictures themselves. Then the generator's loss goes back through the
    discriminator to the pictures, past its weights: 1 D. A penalty on the slope at real pictures takes the gradient of
    the inputs of a pass that is made anyway, 1 D, and goes backward through that, 2 D.
    """
    generator = sum(operations(layer) for layer in model.generator.layers)
    each = [operations(layer) for layer in model.discriminator.layers]
    discriminator, first = sum(each), next(filter(None, each))
    return {
        "generator_forward": generator,
        "discriminator_forward": discriminator,
        "step": 3 * generator + passes(model) * discriminator - 2 * first,
    }


def passes(model):
    """How many forward passes of the discriminator a step is worth, see `step_operations`."""
    return 7 + (3 if model.penalty_weight else 0)


def parts(model, x, y):
    """Milliseconds of what a step consists of, each by itself, called as a function of its own."""
    x, y = tf.cast(x[:BATCH_SIZE], tf.float32) / 127.5 - 1, tf.constant(y[:BATCH_SIZE])
    noise = tf.random.normal((BATCH_SIZE, model.noise_size))
    fake = model.generator([noise, y])
    generator, discriminator = model.generator, model.discriminator

    @tf.function
    def generator_alone(noise, y, direction):
        with tf.GradientTape() as tape:
            pictures = generator([noise, y], training=True)
        return tape.gradient(pictures, generator.trainable_variables, output_gradients=direction)

    @tf.function
    def discriminator_alone(x, fake, y):
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(fake)
            answers = [discriminator(pictures, training=True) for pictures in (x, fake)]
            own = tf.add_n([tf.reduce_sum(tf.square(part)) for part in tf.nest.flatten(answers)])
            others = tf.reduce_sum(score(answers[1], y)) + losses.classification(y, answers[1]["labels"])
        return tape.gradient(others, fake), tape.gradient(own, discriminator.trainable_variables)

    players = (
        (model.generator_optimizer, generator.trainable_variables),
        (model.discriminator_optimizer, discriminator.trainable_variables),
    )
    gradients = [[tf.random.normal(weight.shape) for weight in weights] for _, weights in players]

    @tf.function
    def optimizers_alone(gradients):
        for (optimizer, weights), given in zip(players, gradients, strict=True):
            optimizer.apply(given, weights)
        return tf.constant(0)

    @tf.function
    def average_alone():
        model._update_average()
        return tf.constant(0)

    return {
        "generator, forward and backward": milliseconds(lambda: generator_alone(noise, y, tf.ones_like(fake))),
        "discriminator, real and generated, forward and backward": milliseconds(
            lambda: discriminator_alone(x, fake, y)
        ),
        "the two optimizers": milliseconds(lambda: optimizers_alone(gradients)),
        "moving average": milliseconds(average_alone),
    }


def feeding(x, y):
    """Milliseconds of a batch with nothing done to it. In a training it is made beside the steps, on the same cores."""
    batches = mlc_tf.data.images.batches(x, y, BATCH_SIZE, seed=0)

    def drain():
        for _ in batches:
            pass
        return tf.constant(0)

    return milliseconds(drain, repeats=5) / len(batches)


def each_layer(network):
    """Each convolution and dense layer by itself, forward and backward, at its place in the network."""
    rows = []
    for layer in network.layers:
        if not isinstance(layer, keras.layers.Conv2D | keras.layers.Dense):
            continue
        given = tf.random.normal((BATCH_SIZE, *layer.input.shape[1:]))
        direction = tf.random.normal((BATCH_SIZE, *layer.output.shape[1:]))

        @tf.function
        def both_ways(given, direction, layer=layer):
            with tf.GradientTape() as tape:
                tape.watch(given)
                result = layer(given)
            return tape.gradient(result, [given, *layer.trainable_variables], output_gradients=direction)

        taken = milliseconds(lambda run=both_ways, given=given, direction=direction: run(given, direction))
        count = 3 * BATCH_SIZE * operations(layer)
        rows.append(
            {
                "network": network.name,
                "layer": f"{type(layer).__name__} {tuple(layer.input.shape[1:])} to {tuple(layer.output.shape[1:])}",
                "milliseconds": taken,
                "billion_operations_per_second": count / taken / 1e6,
            }
        )
    return rows


def machine_share(x, y, rounds):
    """The speed of a step beside the machine's, and the times of its parts."""
    model = configurations.build(NAME, x.shape[1:], y.shape[1])
    train = our_training(model, x, y, BATCH_SIZE)
    # The machine is measured before and after each round of steps, as its speed may drift.
    train()
    speeds, step_seconds = [peaks()], []
    for _ in range(rounds):
        step_seconds.append(train())
        speeds.append(peaks())
    fastest = {name: statistics.median(one[name] for one in speeds) / 1e6 for name in speeds[0]}
    step = 1e3 * statistics.median(step_seconds)
    counted = step_operations(model)
    speed = counted["step"] * BATCH_SIZE / step / 1e6
    with mlc_tf.training.fitting.same_sums():  # as in a training
        taken = parts(model, x, y)
        layers = [row for network in (model.generator, model.discriminator) for row in each_layer(network)]
    taken["feeding"] = feeding(x, y)
    by_layers = {
        network.name: sum(row["milliseconds"] for row in layers if row["network"] == network.name)
        for network in (model.generator, model.discriminator)
    }
    return {
        "operations_of_a_picture_estimated": counted,
        "billion_operations_per_second": {**fastest, "step": speed},
        "step_share_of_the_faster": speed / max(fastest.values()),
        "step_share_of_convolution": speed / fastest["convolution"],
        "step_milliseconds": step,
        "parts_milliseconds": taken,
        # What is left: the penalty on the slope, Keras' loop, chance, loss terms, checks and metrics. The parts are
        # timed alone, and a call of its own costs each of them something, so that the sum may pass 1.
        "parts_share": {**{name: part / step for name, part in taken.items()}, "rest": 1 - sum(taken.values()) / step},
        "layers": layers,
        # The layers one by one, as often as a step goes through them: 3 G is once both ways.
        "layers_share_of_step": (by_layers["generator"] + by_layers["discriminator"] * passes(model) / 3) / step,
    }


def linear_cost(rounds):
    """Milliseconds of a step of 16 x 16 pictures for each batch size and each number of labels."""
    trainings = {}
    for batch_size, labels in sorted({*((n, LABELS[0]) for n in BATCH_SIZES), *((BATCH_SIZE, k) for k in LABELS)}):
        x, y = random_pictures(LINEAR_STEPS * batch_size, (16, 16, 1), labels)
        model = configurations.build(NAME, x.shape[1:], labels)
        trainings[batch_size, labels] = our_training(model, x, y, batch_size)
    taken = {sizes: 1e3 * statistics.median(seconds) for sizes, seconds in in_turns(trainings, rounds).items()}
    by_batch = {n: taken[n, LABELS[0]] for n in BATCH_SIZES}
    by_labels = {k: taken[BATCH_SIZE, k] for k in LABELS}
    return {
        "batch_size_milliseconds": by_batch,
        "batch_size_distance_from_line": record.distance_from_line(by_batch),
        "labels_milliseconds": by_labels,
        "labels_distance_from_line": record.distance_from_line(by_labels),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    parser.add_argument("--rounds", type=int, default=5, help="in which things take turns (default: %(default)s)")
    arguments = parser.parse_args()

    started = time.perf_counter()
    scenes = digit_scenes.load_data(size=16, train=STEPS * BATCH_SIZE).train
    large_x, large_y = random_pictures(STEPS * BATCH_SIZE // 2, (32, 32, 3), 120)  # half the steps: they are longer
    figures = {
        "machine": record.machine(),
        "rounds": arguments.rounds,
        "sizes": {
            "16x16x1, 10 labels": against_plain(scenes.x, scenes.y, arguments.rounds),
            "32x32x3, 120 labels": against_plain(large_x, large_y, arguments.rounds),
        },
        "machine_share": {
            "16x16x1, 10 labels": machine_share(scenes.x, scenes.y, arguments.rounds),
            "32x32x3, 120 labels": machine_share(large_x, large_y, arguments.rounds),
        },
        "linear": linear_cost(arguments.rounds),
    }
    figures["seconds"] = time.perf_counter() - started
    record.report(figures, arguments.json)


if __name__ == "__main__":
    main()
