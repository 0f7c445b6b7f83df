"""The exercises of lesson 04, a multi-label GAN."""

import numpy as np

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(4)
_P = _GENERATOR.uniform(0.05, 0.95, (6, 5))
_Y = (_GENERATOR.random((6, 5)) < 0.3).astype(np.float32)

_REAL = _GENERATOR.normal(size=(12, 2))
_DRAWN = _REAL[0] + 0.1 * _GENERATOR.normal(size=(30, 2))  # a collapsed generator,
_DRAWN[::5] += 10.0  # some of whose pictures are nothing real
_DISTANCES = np.linalg.norm(_REAL[:, None] - _DRAWN[None], axis=2)
_RADII = np.sort(np.linalg.norm(_REAL[:, None] - _REAL[None], axis=2), axis=1)[:, 3]
# Balls with all pictures inside, with some, and with none; as many pictures as balls, so that no axis betrays itself.
_SQUARE = np.array([[0.6, 0.2, 0.4, 0.5], [0.9, 3.0, 4.0, 5.0], [3.0, 4.0, 5.0, 6.0], [1.5, 0.5, 1.0, 1.8]])
_SQUARE_RADII = np.array([0.7, 1.0, 0.35, 2.0])

_Z_1, _Z_2 = _GENERATOR.normal(size=(2, 8))


def _terms(p, y):
    return -y * np.log(p) - (1 - y) * np.log(1 - p)


def _unfinished_terms(p, y):
    return -y * np.log(p) - (1 - y) * (1 - p)


def _inside(distances, radii):
    return distances < radii[:, None]


def _arc(a, b, angle):
    return np.cos(angle) * a + np.sin(angle) * b


def _exact_arc(a, b, t):
    angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


EXERCISES = {
    "classification loss": Exercise(
        inputs=((_P, _Y), (_P[:2, :3], _Y[:2, :3])),
        right=lambda p, y: np.mean(np.sum(_terms(p, y), axis=1)),
        mistakes={
            "this is a mean over the labels, which makes each label's voice K times weaker: sum over axis 1, then take "
            "the mean over the batch.": lambda p, y: np.mean(_terms(p, y)),
            "the second logarithm is missing, as in the article: an absent label costs -log(1 - p).": lambda p, y: (
                np.mean(np.sum(_unfinished_terms(p, y), axis=1))
            ),
            "the sign is turned, as in the article's first formula: a network that lowers it learns to be wrong.": (
                lambda p, y: -np.mean(np.sum(_terms(p, y), axis=1))
            ),
            "the sign is turned and the second logarithm is missing: this is the article's first formula.": (
                lambda p, y: -np.mean(np.sum(_unfinished_terms(p, y), axis=1))
            ),
            "the second logarithm is missing; and this is a mean over the labels, where a sum is wanted.": (
                lambda p, y: np.mean(_unfinished_terms(p, y))
            ),
            "the sign is turned; and this is a mean over the labels, where a sum is wanted.": (
                lambda p, y: -np.mean(_terms(p, y))
            ),
            "the second term has the wrong sign: both logarithms are negative, and both need a minus.": lambda p, y: (
                np.mean(np.sum(-y * np.log(p) + (1 - y) * np.log(1 - p), axis=1))
            ),
            "this is the sum over the batch as well: take the mean over the pictures, or it grows with "
            "the batch.": lambda p, y: np.sum(_terms(p, y)),
            "the axes are exchanged: a row is a picture. Sum along its labels (axis 1), then take the mean over the "
            "pictures.": lambda p, y: np.mean(np.sum(_terms(p, y), axis=0)),
            "this counts present labels only; a claimed label that is absent has to cost too.": lambda p, y: np.mean(
                np.sum(-y * np.log(p), axis=1)
            ),
            "this counts absent labels only: the term -y log p is missing.": lambda p, y: np.mean(
                np.sum(-(1 - y) * np.log(1 - p), axis=1)
            ),
            "the factor 1 - y is missing: here a present label pays -log(1 - p) too.": lambda p, y: np.mean(
                np.sum(-y * np.log(p) - np.log(1 - p), axis=1)
            ),
            "`y` and 1 - `y` have changed places: a present label pays -log p.": lambda p, y: np.mean(
                np.sum(_terms(p, 1 - y), axis=1)
            ),
            "a squared error is no cross-entropy: it has a logarithm for each label.": lambda p, y: np.mean(
                np.sum((p - y) ** 2, axis=1)
            ),
            "this is the logarithm to base 2. The loss has the natural one, `np.log`.": lambda p, y: (
                np.mean(np.sum(_terms(p, y), axis=1)) / np.log(2)
            ),
        },
        success="Summed over the labels: each has a full voice.",
    ),
    "coverage": Exercise(
        inputs=((_SQUARE, _SQUARE_RADII), (_DISTANCES[:7, :7], _RADII[:7])),
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
            "inside means *nearer* than the radius: here the comparison is turned round.": lambda distances, radii: (
                np.mean((distances > radii[:, None]).any(axis=1))
            ),
            "each ball has its own radius: `radii` belongs to the rows of `distances`, so give it the shape "
            "(N, 1), `radii[:, None]`.": lambda distances, radii: np.mean((distances < radii).any(axis=1)),
            "`radii` belongs to the rows of `distances` (`radii[:, None]`), and `any` goes along the generated "
            "pictures (axis 1).": lambda distances, radii: np.mean((distances < radii).any(axis=0)),
            "without an axis `any` asks once for all the balls together: ask for each ball (`axis=1`).": (
                lambda distances, radii: np.mean(_inside(distances, radii).any())
            ),
            "this is the number of balls that are reached: a share is their mean.": lambda distances, radii: np.sum(
                _inside(distances, radii).any(axis=1)
            ),
            "this is how many pictures a ball has on average: many in one ball make up for empty ones. A ball is "
            "reached or not: `any`.": lambda distances, radii: np.mean(_inside(distances, radii).sum(axis=1)),
            "this says of each ball whether it is reached. The share is the mean of that.": lambda distances, radii: (
                _inside(distances, radii).any(axis=1)
            ),
        },
        success="A generator that draws one perfect picture over and over reaches next to none.",
    ),
    "arc": Exercise(
        inputs=((_Z_1, _Z_2, 0.0), (_Z_1, _Z_2, 0.3), (_Z_1, _Z_2, 1.0)),
        right=lambda a, b, t: _arc(a, b, np.pi / 2 * t),
        mistakes={
            "this is the straight line, too short in the middle by √2.": lambda a, b, t: (1 - t) * a + t * b,
            "the other way round: at t = 0 it should be `z_1`, and cos 0 = 1.": lambda a, b, t: _arc(
                b, a, np.pi / 2 * t
            ),
            "a quarter of a circle is an angle of π / 2; this goes half round.": lambda a, b, t: _arc(a, b, np.pi * t),
            "a quarter of a circle is an angle of π / 2; this goes all the way round.": lambda a, b, t: _arc(
                a, b, 2 * np.pi * t
            ),
            "NumPy counts angles in radians: a quarter of a circle is π / 2, not 90.": lambda a, b, t: _arc(
                a, b, 90 * t
            ),
            "at t = 1 the angle should be a quarter of a circle: multiply `t` by π / 2.": lambda a, b, t: _arc(a, b, t),
            "cosine and sine squared are shares that add up to 1, as on the straight line. For the length the "
            "*squares* of the two factors have to add up to 1.": lambda a, b, t: (
                np.cos(np.pi / 2 * t) ** 2 * a + np.sin(np.pi / 2 * t) ** 2 * b
            ),
            "the second factor is not 1 less the first: their *squares* add up to 1, so it is the sine.": (
                lambda a, b, t: np.cos(np.pi / 2 * t) * a + (1 - np.cos(np.pi / 2 * t)) * b
            ),
            "the length is right, the pace is not: `t` should be the share of the *angle*, so use cosine and sine.": (
                lambda a, b, t: np.sqrt(1 - t) * a + np.sqrt(t) * b
            ),
            "that is the arc for the angle that these two really have. Take it for a right one: with 100 numbers it "
            "nearly is.": _exact_arc,
        },
        success="Every point of the arc is as long as noise usually is.",
    ),
    "which weight": Question(
        right="b",
        answers={
            "a": "then the discriminator would not read real pictures well, and it does.",
            "b": "The discriminator can read, but the generator pays next to nothing for being misread. A mean over 80 "
            "labels has this effect.",
            "c": "sharp and varied is what that loss asks for, and the pictures are both.",
            "d": "the discriminator says the same of the generated pictures, and it reads real ones well.",
        },
    ),
    "better than real": Question(
        right="d",
        answers={
            "a": "ahead of real is no merit by itself. What would one perfect picture for each wish score?",
            "b": "all the training pictures would cover as much as they do in the second row.",
            "c": "the judge finds nearly everything that was asked, and little else: see the first column.",
            "d": "It stays where real pictures are easiest to read and most alike. Only coverage tells what it leaves "
            "out.",
        },
    ),
}
