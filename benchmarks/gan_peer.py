"""How fast is a training step of our GAN, against the same networks and losses in PyTorch?

    python -m pip install --requirement benchmarks/requirements.txt
    python benchmarks/gan_peer.py --json benchmarks/results/gan_peer.json

Both sides train the configuration "course": generator and discriminator layer by layer the same, hinge loss with the
mismatched pairs, classification loss, penalty on the slope, pay for variety, one pass that serves both players, Adam,
moving average. PyTorch gets the batches as tensors in memory, ours its pipeline. `apart` says how far the pictures, the
loss terms and their gradients of both are apart when one has the other's weights: it proves that the two do the same
work. The sides take turns; a ratio (ours / PyTorch) is the median over the rounds.
"""

import argparse
import copy
import pathlib
import sys

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import tensorflow as tf
import turns
from gan_speed import random_pictures

from mlc_tf.data import images
from mlc_tf.models.gan import configurations, step
from mlc_tf.models.gan.model import MOVING_AVERAGE, to_network

SIZES = {"16x16x1, 10 labels": ((16, 16, 1), 10, 60), "32x32x3, 120 labels": ((32, 32, 3), 120, 20)}
COURSE = configurations.CONFIGURATIONS["course"]
ROUNDS, WIDTH, NOISE_SIZE, CONTEST_ROUNDS = 7, 32, 100, 4


def examples(size):
    """Pictures and label sets by chance, as many as the steps of this size take."""
    shape, labels, steps = SIZES[size]
    return random_pictures(steps * COURSE.batch_size, shape, labels)


class Ours:
    """The course's GAN, trained by `fit`."""

    def __init__(self, shape, labels):
        self.model = configurations.build("course", shape, labels)

    def epoch(self, x, y):
        """A function that trains with each picture once."""
        batches = images.batches(x, y, COURSE.batch_size, seed=0)
        return lambda: self.model.fit(batches, verbose=0)


def networks(torch, shape, labels):
    """The course's generator and discriminator in PyTorch; layers are used in the order in which Keras lists them."""
    nn, functional = torch.nn, torch.nn.functional
    side, channels = shape[0], shape[2]
    stages = next(count for count in range(1, 9) if side >> count < 8)
    start = side >> stages
    widths = [WIDTH * 2 ** min(2, stages - 1 - stage) for stage in range(stages)]

    class Modulated(nn.Module):
        def __init__(self, channels, condition):
            super().__init__()
            self.gain, self.shift = nn.Linear(condition, channels), nn.Linear(condition, channels)

        def forward(self, x, condition):  # x (batch, channels, height, width)
            x = x * torch.rsqrt((x * x).mean(1, keepdim=True) + 1e-6)
            return x * self.gain(condition)[:, :, None, None] + self.shift(condition)[:, :, None, None]

    class Generator(nn.Module):
        def __init__(self):
            super().__init__()
            given, condition = NOISE_SIZE + 2 * WIDTH, NOISE_SIZE + 10 * WIDTH
            self.labels = nn.Linear(labels, 2 * WIDTH)
            self.chosen = nn.ModuleList([nn.Linear(given, 8 * WIDTH), nn.Linear(8 * WIDTH, 8 * WIDTH)])
            self.local = nn.Linear(given, start * start * 4 * WIDTH)
            self.everywhere = nn.Linear(condition, 4 * WIDTH)
            self.each = nn.Linear(4 * WIDTH, 4 * WIDTH)
            pair = (nn.Linear(4 * WIDTH, 2 * WIDTH), nn.Linear(6 * WIDTH, 4 * WIDTH))
            self.rounds = nn.ModuleList([nn.ModuleList(copy.deepcopy(pair)) for _ in range(CONTEST_ROUNDS)])
            self.last = nn.Linear(4 * WIDTH, 4 * WIDTH)
            into = [4 * WIDTH, *widths]
            self.modulated = nn.ModuleList([Modulated(width, condition) for width in into])
            pairs = zip(into[:-1], widths, strict=True)
            self.stages = nn.ModuleList([nn.Conv2d(a, 4 * b, 3, padding=1) for a, b in pairs])
            self.picture = nn.Conv2d(widths[-1], channels, 3, padding=1)

        def forward(self, noise, y):
            given = torch.cat([noise, self.labels(y)], 1)
            chosen = given
            for layer in self.chosen:
                chosen = functional.leaky_relu(layer(chosen), 0.1)
            condition = torch.cat([given, chosen], 1)
            local = self.local(given).view(-1, start * start, 4 * WIDTH)
            local = self.each(functional.leaky_relu(local, 0.1)) + self.everywhere(condition)[:, None]
            x = local = functional.leaky_relu(local, 0.1)
            for wins, settled in self.rounds:
                won = torch.softmax(wins(x), 1) * start
                x = functional.leaky_relu(settled(torch.cat([local, won], 2)), 0.1)
            x = self.last(x).transpose(1, 2).reshape(-1, 4 * WIDTH, start, start)
            for modulated, stage in zip(self.modulated[:-1], self.stages, strict=True):
                x = stage(functional.leaky_relu(modulated(x, condition), 0.1))
                x = functional.pixel_shuffle(x, 2)
            return torch.tanh(self.picture(functional.leaky_relu(self.modulated[-1](x, condition), 0.1)))

    class Discriminator(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Conv2d(4 * channels, 2 * WIDTH, 3, padding=1)
            into = [2 * WIDTH] + [4 * WIDTH] * (stages - 2)
            self.stages = nn.ModuleList([nn.Conv2d(a, 4 * WIDTH, 4, stride=2, padding=1) for a in into])
            self.spread = nn.Conv2d(4 * WIDTH + 1, 4 * WIDTH, 3, padding=1)
            self.dense = nn.Linear(start * start * 4 * WIDTH, 4 * WIDTH)
            self.score, self.labels = nn.Linear(4 * WIDTH, 1), nn.Linear(4 * WIDTH, labels)
            self.match = nn.Linear(4 * WIDTH, labels, bias=False)

        def forward(self, x):
            x = functional.leaky_relu(self.first(functional.pixel_unshuffle(x, 2)), 0.2)
            for stage in self.stages:
                x = functional.leaky_relu(stage(x), 0.2)
            spread = (x - neighbours(x)).abs().mean((1, 2, 3), keepdim=True)
            x = torch.cat([x, spread.expand(-1, 1, *x.shape[2:])], 1)
            x = functional.leaky_relu(self.spread(x), 0.2)
            x = functional.leaky_relu(self.dense(x.flatten(1)), 0.2)
            return self.score(x), self.labels(x), self.match(x)

    return Generator(), Discriminator()


def neighbours(rows):
    """Rows 0 and 1 change places, 2 and 3, and so on."""
    return rows.view(-1, 2, *rows.shape[1:]).flip(1).reshape(rows.shape)


class PyTorch:
    """The same GAN in PyTorch."""

    def __init__(self, shape, labels):
        import torch

        self.torch, self.compiled = torch, COURSE.compile
        torch.manual_seed(0)
        self.generator, self.discriminator = networks(torch, shape, labels)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        players = (self.generator, self.discriminator)
        self.optimizers = [
            torch.optim.Adam(player.parameters(), rate, COURSE.betas, eps=1e-7)
            for player, rate in zip(players, COURSE.rates, strict=True)
        ]

    def score(self, answer, y):
        """How real a picture is *with* this label set."""
        return answer[0] + (y * answer[2]).sum(1, keepdim=True)

    def classification(self, y, logits):
        """Cross-entropy summed over the labels, a mean over the batch."""
        entropy = self.torch.nn.functional.binary_cross_entropy_with_logits
        return entropy(logits, y, reduction="none").sum(1).mean()

    def terms(self, x, y, noise):
        """The loss terms of `gan.step`, in its order and under its names."""
        relu = self.torch.relu
        others = neighbours(y)
        wanted = others.view(-1, 2, 2, y.shape[1])[:, :1].expand(-1, 2, -1, -1).reshape(y.shape)
        fake = self.generator(noise, wanted)
        x = x.requires_grad_()
        real_answer, fake_answer = self.discriminator(x), self.discriminator(fake)
        real, drawn = self.score(real_answer, y), self.score(fake_answer, wanted)
        slope = self.torch.autograd.grad(real.sum(), x, create_graph=True)[0]
        differs = (y != others).any(1, keepdim=True).float()
        twins = fake.view(-1, 2, 2, *fake.shape[1:]).flip(1).reshape(fake.shape)
        return {
            "D real": relu(1 - real).mean(),
            "D fake": relu(1 + drawn).mean(),
            "G adversarial": -drawn.mean(),
            "D mismatch": (differs * relu(1 + self.score(real_answer, others))).mean(),
            "D labels": self.classification(y, real_answer[1]),
            "G labels": self.classification(wanted, fake_answer[1]),
            "G variety": (fake - twins).abs().mean(),
            "D penalty": slope.square().sum((1, 2, 3)).mean(),
        }

    def losses(self, terms):
        """What generator and discriminator pay."""
        weights = self.compiled
        rejected = (terms["D fake"] + terms["D mismatch"]) / 2
        discriminator = terms["D real"] + rejected + terms["D labels"] + weights["penalty_weight"] * terms["D penalty"]
        generator = terms["G adversarial"] + weights["generated_classification_weight"] * terms["G labels"]
        return generator - weights["variety_weight"] * terms["G variety"], discriminator

    def gradients(self, terms):
        """Of each player's loss, for its own weights."""
        grad = self.torch.autograd.grad
        players = (self.generator, self.discriminator)
        return [
            grad(loss, list(player.parameters()), retain_graph=True)
            for loss, player in zip(self.losses(terms), players, strict=True)
        ]

    def step(self, x, y):
        """One step of both players."""
        torch = self.torch
        x = x.permute(0, 3, 1, 2).float() / 127.5 - 1
        found = self.gradients(self.terms(x, y, torch.randn(len(x), NOISE_SIZE)))
        for optimizer, player, each in zip(self.optimizers, (self.generator, self.discriminator), found, strict=True):
            for weight, gradient in zip(player.parameters(), each, strict=True):
                weight.grad = gradient
            optimizer.step()
        with torch.no_grad():
            averaged, now = list(self.average.parameters()), list(self.generator.parameters())
            torch._foreach_lerp_(averaged, now, 1 - MOVING_AVERAGE)

    def epoch(self, x, y):
        """A function that trains with each picture once."""
        tensors = self.torch.tensor(x), self.torch.tensor(y)
        batches = list(zip(*(tensor.split(COURSE.batch_size) for tensor in tensors), strict=True))

        def train():
            for pictures, label_sets in batches:
                self.step(pictures, label_sets)

        return train


SIDES = {"ours": Ours, "PyTorch": PyTorch}


def copy_weights(ours, peer):
    """Gives the networks of `peer` the weights of `ours`: layers of one kind were made in the same order."""
    torch = peer.torch
    kinds = {keras.layers.Dense: torch.nn.Linear, keras.layers.Conv2D: torch.nn.Conv2d}
    for name in ("generator", "discriminator"):
        for of_keras, of_torch in kinds.items():
            given = [layer for layer in getattr(ours, name).layers if isinstance(layer, of_keras)]
            given.sort(key=lambda layer: int(layer.name.partition("_")[2] or 0))
            takes = [layer for layer in getattr(peer, name).modules() if isinstance(layer, of_torch)]
            for number, (layer, target) in enumerate(zip(given, takes, strict=True)):
                kernel, *bias = layer.get_weights()
                if of_keras is keras.layers.Dense and name == "discriminator" and number == 0:
                    # rows of (place, channel) become (channel, place)
                    kernel = kernel.reshape(16, -1, kernel.shape[1]).swapaxes(0, 1).reshape(kernel.shape)
                if of_keras is keras.layers.Conv2D:
                    if name == "generator" and number < len(given) - 1:  # its channels become pixels
                        kernel, *bias = (pixels_last(weight, -1) for weight in (kernel, *bias))
                    if name == "discriminator" and number == 0:  # its channels were pixels
                        kernel = pixels_last(kernel, 2)
                    kernel = kernel.transpose(3, 2, 0, 1)
                target.weight.data = torch.tensor(kernel.T if kernel.ndim == 2 else kernel)
                for vector in bias:
                    target.bias.data = torch.tensor(vector)


def pixels_last(weight, axis):
    """Channels in the order (pixel, channel), as Keras trades them for pixels, in PyTorch's (channel, pixel)."""
    moved = np.moveaxis(weight, axis, 0)
    moved = moved.reshape(4, -1, *moved.shape[1:]).swapaxes(0, 1).reshape(moved.shape)
    return np.moveaxis(moved, 0, axis)


def same_work(size):
    """How far loss terms and gradients are apart on one batch, as shares of what they are, with equal weights."""
    x, y = examples(size)
    x, y = x[: COURSE.batch_size], y[: COURSE.batch_size]
    shape, labels, _ = SIZES[size]
    ours, peer = Ours(shape, labels).model, PyTorch(shape, labels)
    copy_weights(ours, peer)
    noise = tf.random.stateless_normal((len(x), NOISE_SIZE), seed=[ours.seed, step.NOISE])
    with tf.GradientTape(persistent=True) as tape:
        terms = step.terms(ours, *step.share(to_network(x), tf.constant(y)))
        paid = reversed(step.weighted(ours, terms))
    players = (ours.generator, ours.discriminator)
    pairs = zip(paid, players, strict=True)
    gradients = [tape.gradient(loss, player.trainable_variables) for loss, player in pairs]
    pictures = peer.torch.tensor(x).permute(0, 3, 1, 2).float() / 127.5 - 1
    found = peer.terms(pictures, peer.torch.tensor(y), peer.torch.tensor(noise.numpy()))
    apart = {name: abs(found[name].item() / float(value) - 1) for name, value in terms.items()}
    for name, own, others in zip(("generator", "discriminator"), gradients, peer.gradients(found), strict=True):
        length = float(sum(gradient.square().sum() for gradient in others)) ** 0.5
        apart[f"length of the {name}'s gradient"] = abs(float(tf.linalg.global_norm(own)) / length - 1)
    return apart


def serve(side, size):
    """Runs in a process of its own, an epoch a turn."""
    shape, labels, _ = SIZES[size]
    x, y = examples(size)
    turns.serve(SIDES[side](shape, labels).epoch(x, y), len(x))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    parser.add_argument("--serve", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--size", choices=SIZES, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments.serve, arguments.size)
    figures = {"machine": record.machine(), "batch": COURSE.batch_size}
    for size in SIZES:
        command = [sys.executable, __file__, "--size", size, "--serve"]
        found = turns.compare(command, list(SIDES), ROUNDS)
        figures[size] = {"pictures_per_second": found.pop("per_second"), **found, "apart": same_work(size)}
    record.report(figures, arguments.json)


if __name__ == "__main__":
    main()
