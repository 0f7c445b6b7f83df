"""The exercises of lesson 04, a multi-label GAN."""

import numpy as np

from mlc_tf.course.exercises import Exercise

_GENERATOR = np.random.default_rng(4)
_P = _GENERATOR.uniform(0.05, 0.95, (6, 5))
_Y = (_GENERATOR.random((6, 5)) < 0.3).astype(np.float32)

_REAL = _GENERATOR.normal(size=(12, 2))
_DRAWN = _REAL[0] + 0.1 * _GENERATOR.normal(size=(30, 2))  # a collapsed generator,
_DRAWN[::5] += 10.0  # some of whose pictures are nothing real
_DISTANCES = np.linalg.norm(_REAL[:, None] - _DRAWN[None], axis=2)
_RADII = np.sort(np.linalg.norm(_REAL[:, None] - _REAL[None], axis=2), axis=1)[:, 3]

_Z_1, _Z_2 = _GENERATOR.normal(size=(2, 8))


def _terms(p, y):
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def _inside(distances, radii):
    return distances < radii[:, None]


EXERCISES = {
    "classification loss": Exercise(
        inputs=((_P, _Y), (_P[:2, :3], _Y[:2, :3])),
        right=lambda p, y: np.mean(np.sum(_terms(p, y), axis=1)),
        mistakes={
            "this is a mean over the labels, which makes each label's voice K times weaker: sum over axis 1, then take "
            "the mean over the batch.": lambda p, y: np.mean(_terms(p, y)),
            "the second logarithm is missing, as in the article: an absent label costs -log(1 - p).": lambda p, y: (
                np.mean(np.sum(-y * np.log(p) - (1 - y) * (1 - p), axis=1))
            ),
            "the sign is turned, as in the article's first formula: a network that lowers it learns to be wrong.": (
                lambda p, y: -np.mean(np.sum(_terms(p, y), axis=1))
            ),
            "this is the sum over the batch as well: take the mean over the pictures, or it grows with "
            "the batch.": lambda p, y: np.sum(_terms(p, y)),
            "this counts present labels only; a claimed label that is absent has to cost too.": lambda p, y: np.mean(
                np.sum(-y * np.log(p), axis=1)
            ),
        },
        success="Summed over the labels: each has a full voice.",
    ),
    "coverage": Exercise(
        inputs=((_DISTANCES, _RADII), (_DISTANCES[:7, :9], _RADII[:7])),
        right=lambda distances, radii: np.mean(_inside(distances, radii).any(axis=1)),
        mistakes={
            "this is the share of generated pictures that lie in some ball, which says how real they look. Coverage "
            "asks it of the balls: any over the generated pictures (axis 1).": lambda distances, radii: np.mean(
                _inside(distances, radii).any(axis=0)
            ),
            "this is the mean over all pairs, density but for a factor: many pictures in one ball count many times. A "
            "ball is reached or not: first any over axis 1.": lambda distances, radii: np.mean(
                _inside(distances, radii)
            ),
            "these are the balls that are *not* reached.": lambda distances, radii: np.mean(
                ~_inside(distances, radii).any(axis=1)
            ),
            "a ball is reached when *any* picture is inside, not when all are.": lambda distances, radii: np.mean(
                _inside(distances, radii).all(axis=1)
            ),
        },
        success="A generator that draws one perfect picture over and over reaches next to none.",
    ),
    "arc": Exercise(
        inputs=((_Z_1, _Z_2, 0.0), (_Z_1, _Z_2, 0.3), (_Z_1, _Z_2, 1.0)),
        right=lambda a, b, t: np.cos(np.pi / 2 * t) * a + np.sin(np.pi / 2 * t) * b,
        mistakes={
            "this is the straight line, too short in the middle by √2.": lambda a, b, t: (1 - t) * a + t * b,
            "the other way round: at t = 0 it should be `z_1`, and cos 0 = 1.": lambda a, b, t: (
                np.sin(np.pi / 2 * t) * a + np.cos(np.pi / 2 * t) * b
            ),
            "a quarter of a circle is an angle of π / 2; NumPy counts in radians.": lambda a, b, t: (
                np.cos(np.pi * t) * a + np.sin(np.pi * t) * b
            ),
        },
        success="Every point of the arc is as long as noise usually is.",
    ),
}
