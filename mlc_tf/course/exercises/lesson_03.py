"""The exercises of lesson 03, adversarial training."""

import numpy as np

from mlc_tf.course.exercises import Exercise, Question

_SCORES = np.array([-6.0, -2.0, -0.5, 0.0, 0.5, 2.0, 6.0])

_WEIGHTS = ((1.0, 0.5, 0.1), (-2.0, 1.5, 0.2), (0.7, -1.2, 0.5))  # theta, psi, rate

_GENERATOR = np.random.default_rng(3)
_FEW, _OTHERS = np.array([0.0, 1.0, 5.0]), np.array([6.0, 2.0, -1.0])
_NEAR, _FAR = _GENERATOR.normal(0, 1, 50), _GENERATOR.normal(3, 1, 50)
_NARROW, _WIDE = _GENERATOR.normal(0, 1, 40), _GENERATOR.normal(0, 2, 40)

_TWO_GRADIENTS = np.array([[3.0, 4.0], [0.0, -0.5]])  # of length 5 and 0.5
_GRADIENTS = _GENERATOR.normal(0, 1, (20, 2))
_SHORT_GRADIENTS = _GENERATOR.normal(0, 0.2, (10, 5))


def _sigmoid(scores):
    return 1 / (1 + np.exp(-scores))


def _step(theta, psi, rate, generator=1, discriminator=1):
    """Down and up along log(1 - sigmoid(psi theta)); the last two turn or stop a player."""
    slope = -_sigmoid(psi * theta)
    return theta - generator * rate * slope * psi, psi + discriminator * rate * slope * theta


def _one_after_the_other(theta, psi, rate):
    """The discriminator first."""
    _, psi = _step(theta, psi, rate)
    return _step(theta, psi, rate)[0], psi


def _generator_first(theta, psi, rate):
    theta, _ = _step(theta, psi, rate)
    return theta, _step(theta, psi, rate)[1]


def _at_rate_1(theta, psi, rate):
    return _step(theta, psi, 1.0)


def _exchanged(theta, psi, rate):
    return _step(theta, psi, rate)[::-1]


def _along(slope):
    """A step with another slope in the score; `slope` is a function of theta and psi."""
    return lambda theta, psi, rate: (
        theta - rate * slope(theta, psi) * psi,
        psi + rate * slope(theta, psi) * theta,
    )


def _greedy(a, b):
    """The mean way, when each number in turn takes the nearest that is left."""
    left, ways = list(b), []
    for number in a:
        place = min(left, key=lambda place: abs(number - place))
        left.remove(place)
        ways.append(abs(number - place))
    return np.mean(ways)


def _matched(a, b):
    return np.sort(a) - np.sort(b)


def _sorts_in_place(answer):
    """A hint if the arrays that an answer is given are in another order afterwards."""
    a, b = _NEAR.copy(), _FAR.copy()
    answer(a, b)
    if np.array_equal(a, _NEAR) and np.array_equal(b, _FAR):
        return None
    return "the value is right, but `a.sort()` sorts the array of whoever calls; `np.sort(a)` gives a sorted copy."


def _lengths(gradients):
    return np.sqrt(np.sum(gradients**2, axis=1))


EXERCISES = {
    "minimax slope": Exercise(
        inputs=((_SCORES,), (_SCORES / 3,)),
        right=lambda s: -_sigmoid(s),
        mistakes={
            "a minus is missing: log(1 - sigmoid(s)) falls as the score rises, so its slope is negative.": _sigmoid,
            "this is the derivative of the sigmoid alone, with a minus; the logarithm divides it by 1 - sigmoid(s).": (
                lambda s: -_sigmoid(s) * (1 - _sigmoid(s))
            ),
            "this is the derivative of the sigmoid itself. Outside it there is a logarithm of 1 minus it.": (
                lambda s: _sigmoid(s) * (1 - _sigmoid(s))
            ),
            "the inner derivative is missing: the derivative of log(u) is u' / u, here with u = 1 - sigmoid(s).": (
                lambda s: 1 / (1 - _sigmoid(s))
            ),
            "the inner derivative is -sigmoid(s) (1 - sigmoid(s)); here its factor 1 - sigmoid(s) is missing.": (
                lambda s: -_sigmoid(s) / (1 - _sigmoid(s))
            ),
            "of the inner derivative only the minus is here: u = 1 - sigmoid(s) has the derivative "
            "-sigmoid(s) (1 - sigmoid(s)).": lambda s: -1 / (1 - _sigmoid(s)),
            "this is the loss itself, log(1 - sigmoid(s)); wanted is its derivative.": lambda s: -np.logaddexp(0, s),
            "this is the loss itself, with the sign turned; wanted is the derivative of log(1 - sigmoid(s)).": (
                lambda s: np.logaddexp(0, s)
            ),
            "this is the slope of -log sigmoid(s), the non-saturating loss; wanted is that of log(1 - sigmoid(s)).": (
                lambda s: _sigmoid(s) - 1
            ),
            "this is the slope of log sigmoid(s); wanted is that of log(1 - sigmoid(s)).": lambda s: 1 - _sigmoid(s),
            "here the score s stands where sigmoid(s) should: it is the probability that is taken from 1.": (
                lambda s: -1 / (1 - s)
            ),
            "two faults: the score s stands where sigmoid(s) should, and the inner derivative is missing.": (
                lambda s: 1 / (1 - s)
            ),
        },
        success="Where the discriminator is sure, sigmoid(s) is near 0, and so is the slope.",
    ),
    "one step of both players": Exercise(
        inputs=_WEIGHTS,
        right=_step,
        mistakes={
            "both players lower it, so the discriminator helps the generator. It has to raise what the other lowers.": (
                lambda theta, psi, rate: _step(theta, psi, rate, 1, -1)
            ),
            "both players raise it, so the generator helps the discriminator. It has to lower what the other raises.": (
                lambda theta, psi, rate: _step(theta, psi, rate, -1, 1)
            ),
            "the signs are exchanged: here the generator raises log(1 - sigmoid(s)), the discriminator lowers it.": (
                lambda theta, psi, rate: _step(theta, psi, rate, -1, -1)
            ),
            "the inner derivatives are exchanged: s = psi * theta changes by psi with theta, and by theta with psi.": (
                lambda theta, psi, rate: (
                    theta + rate * _sigmoid(psi * theta) * theta,
                    psi - rate * _sigmoid(psi * theta) * psi,
                )
            ),
            "the inner derivatives are missing: s = psi * theta changes by psi with theta, and by theta with psi.": (
                lambda theta, psi, rate: (
                    theta + rate * _sigmoid(psi * theta),
                    psi - rate * _sigmoid(psi * theta),
                )
            ),
            "two faults: the inner derivatives are missing (psi for theta, theta for psi), and both players lower it, "
            "though the discriminator has to raise it.": lambda theta, psi, rate: (
                theta + rate * _sigmoid(psi * theta),
                psi + rate * _sigmoid(psi * theta),
            ),
            "the generator moves after the discriminator, by its new weight. Take both slopes first, then move both.": (
                _one_after_the_other
            ),
            "the discriminator moves after the generator, by its new weight. Take both slopes first, then move both.": (
                _generator_first
            ),
            "only the generator moves.": lambda theta, psi, rate: _step(theta, psi, rate, 1, 0),
            "only the discriminator moves.": lambda theta, psi, rate: _step(theta, psi, rate, 0, 1),
            "these are the changes; wanted are the new weights: the old ones and the changes.": (
                lambda theta, psi, rate: tuple(np.subtract(_step(theta, psi, rate), (theta, psi)))
            ),
            "these are the changes, without the rate; wanted are the new weights: the old ones and the rate times "
            "these.": lambda theta, psi, rate: tuple(np.subtract(_at_rate_1(theta, psi, rate), (theta, psi))),
            "the rate is missing: each change is the rate times the slope.": _at_rate_1,
            "the two results are exchanged: theta first, then psi.": _exchanged,
            "here the generator follows the non-saturating loss. In this game it lowers log(1 - sigmoid(s)) itself.": (
                lambda theta, psi, rate: (
                    theta + rate * _sigmoid(-psi * theta) * psi,
                    _step(theta, psi, rate)[1],
                )
            ),
            "this moves along the score itself; the slope of log(1 - sigmoid(s)) at that score is missing.": (
                _along(lambda theta, psi: -1.0)
            ),
            "the slope is taken at theta; it is wanted at the score of the generated points, psi * theta.": (
                _along(lambda theta, psi: -_sigmoid(theta))
            ),
            "the slope is taken at psi; it is wanted at the score of the generated points, psi * theta.": (
                _along(lambda theta, psi: -_sigmoid(psi))
            ),
            "each slope is taken at the player's own weight; it is wanted at the score psi * theta, and times the "
            "inner derivative: psi for theta, theta for psi.": lambda theta, psi, rate: (
                theta + rate * _sigmoid(theta),
                psi - rate * _sigmoid(psi),
            ),
            "each slope is taken at the other player's weight; it is wanted at the score psi * theta, and times the "
            "inner derivative: psi for theta, theta for psi.": lambda theta, psi, rate: (
                theta + rate * _sigmoid(psi),
                psi - rate * _sigmoid(theta),
            ),
        },
        success="Both slopes are of one moment, and each player follows its own.",
    ),
    "Wasserstein distance": Exercise(
        inputs=((_FEW, _OTHERS), (_NEAR, _FAR), (_NARROW, _WIDE), (_FAR, _NEAR)),
        right=lambda a, b: np.mean(np.abs(_matched(a, b))),
        mistakes={
            "this pairs the numbers in the order in which they were drawn; the cheapest matching pairs the smallest "
            "with the smallest: sort both.": lambda a, b: np.mean(np.abs(a - b)),
            "only the second sample is sorted: sort both.": lambda a, b: np.mean(np.abs(a - np.sort(b))),
            "only the first sample is sorted: sort both.": lambda a, b: np.mean(np.abs(np.sort(a) - b)),
            "this is the distance of the means: 0 for two samples of different width around the same mean.": (
                lambda a, b: np.abs(np.mean(a) - np.mean(b))
            ),
            "the absolute value is missing: ways to the left and to the right cancel, and what is left is the "
            "difference of the means.": lambda a, b: np.mean(_matched(a, b)),
            "the absolute value is missing: ways to the right and to the left cancel, and what is left is the second "
            "mean less the first.": lambda a, b: -np.mean(_matched(a, b)),
            "the absolute value is missing: ways to the left and to the right cancel, and what is left is the "
            "difference of the sums.": lambda a, b: np.sum(_matched(a, b)),
            "this is the mean over all pairs; each number goes to one place only: sort both, and pair them in order.": (
                lambda a, b: np.mean(np.abs(a[:, None] - b[None, :]))
            ),
            "this is the sum; the work for a sample counts each number with weight 1 / n: take the mean.": (
                lambda a, b: np.sum(np.abs(_matched(a, b)))
            ),
            "this is the root of the mean square, called W2. For W1 take the mean of the distances as they are.": (
                lambda a, b: np.sqrt(np.mean(_matched(a, b) ** 2))
            ),
            "this is the mean of the *squared* distances. For W1 take the mean of the distances as they are.": (
                lambda a, b: np.mean(_matched(a, b) ** 2)
            ),
            "this is the Euclidean length of the differences. For W1 take the mean of the distances as they are.": (
                lambda a, b: np.linalg.norm(_matched(a, b))
            ),
            "this is the longest way of all; wanted is the mean.": lambda a, b: np.max(np.abs(_matched(a, b))),
            "these are the ways of all n numbers; W1 is one number, their mean.": (lambda a, b: np.abs(_matched(a, b))),
            "here every number goes to its nearest neighbour, and several may go to one place. In a matching each "
            "place is taken once.": lambda a, b: np.abs(a[:, None] - b[None, :]).min(axis=1).mean(),
            "each number takes the nearest that is left, so the last ones go far: sort both instead.": _greedy,
            "this pairs the smallest with the largest, the dearest matching: pair the smallest with the smallest.": (
                lambda a, b: np.mean(np.abs(np.sort(a) - np.sort(b)[::-1]))
            ),
            "`argsort` gives positions; the sorted numbers come from `np.sort`.": (
                lambda a, b: np.mean(np.abs(np.argsort(a) - np.argsort(b)))
            ),
        },
        success="The value of scipy.stats.wasserstein_distance.",
        flaw=_sorts_in_place,
    ),
    "gradient penalty": Exercise(
        inputs=((_TWO_GRADIENTS,), (_GRADIENTS,), (_SHORT_GRADIENTS,)),
        right=lambda gradients: np.mean((_lengths(gradients) - 1) ** 2),
        mistakes={
            "this asks each coordinate to be 1 or -1; wanted is the length of each row, the root of the sum of its "
            "squares.": lambda gradients: np.mean((np.abs(gradients) - 1) ** 2),
            "this asks each coordinate to be 1; wanted is the length of each row, the root of the sum of its "
            "squares.": lambda gradients: np.mean((gradients - 1) ** 2),
            "1 is taken from each coordinate; take it from the length of each row.": (
                lambda gradients: np.mean(np.sum((gradients - 1) ** 2, axis=1))
            ),
            "this takes the sum of the coordinates for the length; the length is the root of the sum of their "
            "squares.": lambda gradients: np.mean((gradients.sum(axis=1) - 1) ** 2),
            "this takes the sum of the absolute coordinates for the length; the length is the root of the sum of their "
            "squares.": lambda gradients: np.mean((np.abs(gradients).sum(axis=1) - 1) ** 2),
            "under the root stands the *mean* of the squares; the length of a gradient is the root of their sum.": (
                lambda gradients: np.mean((np.sqrt(np.mean(gradients**2, axis=1)) - 1) ** 2)
            ),
            "the square root is missing: this compares the squared length with 1.": (
                lambda gradients: np.mean((_lengths(gradients) ** 2 - 1) ** 2)
            ),
            "this is one length for the whole batch: sum the squares over axis 1 alone, so that each point has its "
            "own.": lambda gradients: (np.sqrt(np.sum(gradients**2)) - 1) ** 2,
            "this is one length for the whole batch, the root of the mean square: gradients that are too long and too "
            "short cancel. Take the length of each row first.": (
                lambda gradients: (np.sqrt(np.mean(np.sum(gradients**2, axis=1))) - 1) ** 2
            ),
            "this is one length for the whole batch, divided by its size: sum the squares over axis 1 alone.": (
                lambda gradients: (np.sqrt(np.sum(gradients**2)) / len(gradients) - 1) ** 2
            ),
            "this is the length of the mean gradient, in which gradients of opposite direction cancel: take the "
            "length of each row first.": lambda gradients: (np.linalg.norm(gradients.mean(axis=0)) - 1) ** 2,
            "these are the lengths of the columns; a gradient is a *row*: sum its squares over axis 1.": (
                lambda gradients: np.mean((np.linalg.norm(gradients, axis=0) - 1) ** 2)
            ),
            "this is what each point pays; the penalty is one number, their mean.": (
                lambda gradients: (_lengths(gradients) - 1) ** 2
            ),
            "these are the lengths. How far is each from 1, and what does the batch pay for that?": _lengths,
            "take the mean over the batch, not the sum, so that lambda means the same for every batch size.": (
                lambda gradients: np.sum((_lengths(gradients) - 1) ** 2)
            ),
            "the square of the difference is missing: too long and too short would cancel.": (
                lambda gradients: np.mean(_lengths(gradients) - 1)
            ),
            "this pays the difference itself, without its sign; wanted is its square.": (
                lambda gradients: np.mean(np.abs(_lengths(gradients) - 1))
            ),
            "here the mean comes before the square, so gradients that are too long and too short cancel: square the "
            "difference of each point, then take the mean.": lambda gradients: (np.mean(_lengths(gradients)) - 1) ** 2,
            "the square belongs around the difference, not around the length.": (
                lambda gradients: np.mean(_lengths(gradients) ** 2 - 1)
            ),
            "this wants every gradient to have length 0; take 1 from the length first.": (
                lambda gradients: np.mean(_lengths(gradients) ** 2)
            ),
            "only gradients longer than 1 pay here. This penalty wants no shorter ones either.": (
                lambda gradients: np.mean(np.maximum(_lengths(gradients) - 1, 0) ** 2)
            ),
            "there is one root too many, around the mean.": (
                lambda gradients: np.sqrt(np.mean((_lengths(gradients) - 1) ** 2))
            ),
        },
        success="It is 0 only where every gradient has length 1.",
    ),
    "one picture at a time": Question(
        right="d",
        answers={
            "a": "each picture comes from another moment, and the generator has changed in between. What does it draw "
            "at *one* moment?",
            "b": "that is so only for the *best* discriminator. One that has learnt nothing pays log 4 too.",
            "c": "it may be one, but a generator of all ten digits can leave the same record.",
            "d": "A collapse that wanders and a good generator can both leave this record. Draw a hundred at once, and "
            "count.",
        },
    ),
    "a sure discriminator": Question(
        right="c",
        answers={
            "a": "it is the loss of one player, and the other one has got nowhere in 20,000 steps.",
            "b": "it is far ahead already. A still larger lead gives the generator no better direction.",
            "c": "This loss passes the slope of the score on in full. But where the score jumps or is flat, its slope "
            "says little about the way to real pictures. A discriminator that may not be steep leaves the generator "
            "a slope to follow. Step 11 tries it.",
            "d": "this changes how long the slope is, not that the discriminator is far ahead. With plain gradient "
            "descent it makes things worse (step 5).",
        },
    ),
}
