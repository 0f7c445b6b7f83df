"""The exercises of lesson 04, a multi-label GAN."""

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.course.exercises import Exercise, Question

_mean, _relu = keras.ops.mean, keras.ops.relu

_GENERATOR = np.random.default_rng(4)
_SCORES = _GENERATOR.normal(0.0, 1.5, (2, 6, 1)).astype(np.float32)
# On average beyond the margins, and in two of the rows only one of the scores is beyond its own.
_SURE = np.array([[[3.0], [1.5], [0.2]], [[0.5], [-3.0], [-2.0]]], np.float32)
_REAL = _GENERATOR.normal(size=(12, 2))
_DRAWN = _REAL[0] + 0.1 * _GENERATOR.normal(size=(30, 2))  # a collapsed generator,
_DRAWN[::5] += 10.0  # some of whose pictures are nothing real
_DISTANCES = np.linalg.norm(_REAL[:, None] - _DRAWN[None], axis=2)
_RADII = np.sort(np.linalg.norm(_REAL[:, None] - _REAL[None], axis=2), axis=1)[:, 3]
# Four balls, with all of five pictures inside, with some, and with none.
_FEW_DISTANCES = np.array([[6, 2, 4, 5, 3], [9, 30, 40, 50, 20], [30, 40, 50, 60, 45], [15, 12, 16, 18, 14]]) / 10
_FEW_RADII = np.array([0.7, 1.0, 0.35, 2.0])

_Z_1, _Z_2 = _GENERATOR.normal(size=(2, 8))


def _losses(real, fake, real_labels, fake_labels, lambda_d, lambda_g, adversarial=None):
    adversarial = -_mean(fake) if adversarial is None else adversarial
    of_scores = _mean(_relu(1 - real)) + _mean(_relu(1 + fake))
    return of_scores + lambda_d * real_labels, adversarial + lambda_g * fake_labels


def _without_gradient(answer):
    """A hint if no gradient flows from a loss to one of the things it is made of."""
    real, fake = map(tf.constant, _SCORES)
    real_labels, fake_labels = tf.constant(2.0), tf.constant(3.5)
    try:
        with tf.GradientTape(persistent=True) as tape:
            tape.watch([real, fake, real_labels, fake_labels])
            loss_d, loss_g = answer(real, fake, real_labels, fake_labels, 1.0, 0.1)
        slopes = tape.gradient(loss_d, [real, fake, real_labels]) + tape.gradient(loss_g, [fake, fake_labels])
    except Exception:  # a method that only arrays have, or a loss that is no tensor
        slopes = [None]
    if all(slope is not None for slope in slopes):
        return None
    return "the values are right, but write it with TensorFlow: no gradient flows through NumPy, nor through `float`."


def _inside(distances, radii):
    return distances < radii[:, None]


def _arc(a, b, angle):
    return np.cos(angle) * a + np.sin(angle) * b


def _exact_arc(a, b, t):
    angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))
    return (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)


EXERCISES = {
    "two losses": Exercise(
        inputs=((*_SCORES, 2.0, 3.5, 1.0, 0.1), (*_SURE, 0.7, 5.0, 0.5, 2.0)),
        right=_losses,
        mistakes={
            "the generator has no margin: with the hinge it pays minus the mean score, however well it does.": (
                lambda real, fake, *rest: _losses(real, fake, *rest, adversarial=_mean(_relu(1 - fake)))
            ),
            "the classification loss of real pictures does not hang on the generator: it would never hear of its own "
            "pictures' labels. It pays that of the generated ones.": lambda real, fake, a, b, d, g: (
                _losses(real, fake, a, b, d, g)[0],
                _losses(real, fake, a, a, d, g)[1],
            ),
            "the discriminator pays the classification loss of generated pictures here: it would learn to read from "
            "pictures that may not show what was asked for.": lambda real, fake, a, b, d, g: (
                _losses(real, fake, b, b, d, g)[0],
                _losses(real, fake, a, b, d, g)[1],
            ),
            "the discriminator pays for generated pictures' labels too. The AC-GAN does that; in this lesson it pays "
            "for real pictures alone.": lambda real, fake, a, b, d, g: (
                _losses(real, fake, a + b, b, d, g)[0],
                _losses(real, fake, a, b, d, g)[1],
            ),
            "The sign of the generator's adversarial loss is turned: it would lower the score of its pictures.": (
                lambda real, fake, *rest: _losses(real, fake, *rest, adversarial=_mean(fake))
            ),
            "the margins are exchanged: a real picture is free of charge from a score of 1 on, a generated one from -1 "
            "down.": lambda real, fake, *rest: (_losses(fake, real, *rest)[0], _losses(real, fake, *rest)[1]),
            "without `relu` a score beyond the margin earns something, and the discriminator raises it for "
            "ever.": lambda real, fake, a, b, d, g: (
                _mean(1 - real) + _mean(1 + fake) + d * a,
                _losses(real, fake, a, b, d, g)[1],
            ),
            "`relu` goes entry by entry, *before* the mean: here good scores make up for bad ones.": (
                lambda real, fake, a, b, d, g: (
                    _relu(1 - _mean(real)) + _relu(1 + _mean(fake)) + d * a,
                    _losses(real, fake, a, b, d, g)[1],
                )
            ),
            "one `relu` goes round both terms, so a real picture beyond its margin pays for a generated one: each term "
            "has a `relu` of its own.": lambda real, fake, a, b, d, g: (
                _mean(_relu(1 - real + 1 + fake)) + d * a,
                _losses(real, fake, a, b, d, g)[1],
            ),
            "the two weights are exchanged: `lambda_d` is the discriminator's.": lambda real, fake, a, b, d, g: _losses(
                real, fake, a, b, g, d
            ),
            "the classification losses have no weights here.": lambda real, fake, a, b, d, g: _losses(
                real, fake, a, b, 1.0, 1.0
            ),
            "these are the two losses in the other order: the discriminator's comes first.": lambda *arguments: _losses(
                *arguments
            )[::-1],
            "the generator does not pay what the discriminator gains: each has a classification loss of its "
            "own.": lambda *arguments: (_losses(*arguments)[0], -_losses(*arguments)[0]),
            "real and generated pictures count half each here. That is a loss half as large beside the labels; here "
            "they are added.": lambda real, fake, a, b, d, g: (
                (_losses(real, fake, a, b, d, g)[0] + d * a) / 2,
                _losses(real, fake, a, b, d, g)[1],
            ),
            "these are sums over the batch: take the mean, or the loss grows with the batch.": (
                lambda real, fake, a, b, d, g: (
                    len(real) * (_losses(real, fake, a, b, d, g)[0] - d * a) + d * a,
                    -len(fake) * _mean(fake) + g * b,
                )
            ),
            "the classification loss is missing: nobody would be paid for the labels.": (
                lambda real, fake, a, b, d, g: _losses(real, fake, a, b, 0.0, 0.0)
            ),
        },
        success="Each pays for what it can change.",
        flaw=_without_gradient,
    ),
    "coverage": Exercise(
        inputs=((_FEW_DISTANCES, _FEW_RADII), (_DISTANCES[:7], _RADII[:7])),
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
            "a ball is reached when *any* picture is inside, so when the nearest one is: not all, nor their mean.": (
                lambda distances, radii: np.mean(_inside(distances, radii).all(axis=1))
            ),
            "inside means *nearer* than the radius: here the comparison is turned round.": lambda distances, radii: (
                np.mean((distances > radii[:, None]).any(axis=1))
            ),
            "each ball has its own radius, and here all have their mean: `radii[:, None]` has one for each row.": (
                lambda distances, radii: np.mean((distances < radii.mean()).any(axis=1))
            ),
            "you divided by M, the number of generated pictures: the share is one of the N balls.": (
                lambda distances, radii: _inside(distances, radii).any(axis=1).sum() / distances.shape[1]
            ),
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
            "that is the arc for the angle that these two really have. Take it for a right angle: with 100 numbers it "
            "nearly is.": _exact_arc,
        },
        success="Every point of the arc is as long as noise usually is.",
    ),
    "which weight": Question(
        right="b",
        answers={
            "a": "then the discriminator would not read real pictures well, and it does.",
            "b": "The discriminator can read, but the generator pays next to nothing for being misread. A mean over 80 "
            "labels in *its* loss alone has this effect.",
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
