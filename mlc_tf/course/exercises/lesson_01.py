"""The exercises of lesson 01, multi-label data."""

import numpy as np

from mlc_tf.course.exercises import Exercise, Question

_GENERATOR = np.random.default_rng(1)
# Every label occurs, so that no ratio below divides by zero. The sizes N and K differ, and some examples have no label.
_LABELS = np.vstack([_GENERATOR.random((30, 4)) < (0.7, 0.4, 0.2, 0.1), np.eye(4)]).astype(np.float32)
_SMALL = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [0, 0, 0], [1, 0, 0]], np.float32)


# Patients with unequal numbers of pictures, some in both parts; no number of patients is also one of pictures.
_KEPT = np.array([1, 1, 2, 3, 3, 3, 5, 8, 8, 9])
_HELD_OUT = np.array([1, 1, 3, 4, 6, 6, 6])
_PARTS = ((_KEPT, _HELD_OUT), (np.array([7, 7, 2, 5]), np.array([2, 7, 7, 7, 4])))


def _joint(y):
    return y.T @ y


def _counts(y):
    return y.sum(axis=0)


def _without_diagonal(y):
    shares = _joint(y) / _counts(y)[:, None]
    np.fill_diagonal(shares, 0)
    return shares


def _row_ratio(y):
    with np.errstate(divide="ignore"):  # an example without a label
        return y.sum(axis=1).max() / y.sum(axis=1)


EXERCISES = {
    "density": Exercise(
        inputs=((_SMALL,), (_LABELS,)),
        right=lambda y: y.sum(axis=1).mean() / y.shape[1],
        mistakes={
            "this is the cardinality, a number of labels. Density is the *share* of the K labels that is present.": (
                lambda y: y.sum(axis=1).mean()
            ),
            "you divided by N, the number of examples, once too often. Divide the cardinality by K.": (
                lambda y: y.sum(axis=1).mean() / len(y)
            ),
            "you divided by N, and once more by the number of all cells. Divide the cardinality by K.": (
                lambda y: y.sum(axis=1).mean() / y.size
            ),
            "you divided the number of ones by K alone: that is how many examples a label has, on average. The matrix "
            "has N times K cells.": lambda y: y.sum() / y.shape[1],
            "you divided by K twice. The cardinality is a mean over the *examples*, of sums along `axis=1`.": (
                lambda y: y.sum() / y.shape[1] ** 2
            ),
            "this is the number of ones in the whole matrix. Which share of its cells is that?": lambda y: y.sum(),
            "this is the share of examples with at least one label. Count every label an example has.": (
                lambda y: y.any(axis=1).mean()
            ),
            "this leaves out the examples without a label; they count too.": (
                lambda y: y.sum() / y.any(axis=1).sum() / y.shape[1]
            ),
            "this is the share of zeros; wanted is the share of ones.": lambda y: 1 - y.mean(),
            "this is a share for each label; the density is one number, their mean.": lambda y: y.mean(axis=0),
            "this is a share for each example; the density is one number, their mean.": lambda y: y.mean(axis=1),
        },
        success="It is the cardinality divided by K, which is the mean of the whole label matrix: the share of ones.",
    ),
    "imbalance ratio": Exercise(
        inputs=((_SMALL,), (_LABELS[:, [2, 0, 3, 1]],)),  # in the second the most frequent label is not the first
        right=lambda y: _counts(y).max() / _counts(y),
        mistakes={
            "upside down: a rare label should get a *large* ratio, the most frequent one exactly 1.": (
                lambda y: _counts(y) / _counts(y).max()
            ),
            "you compare with N, the number of examples. Compare with the count of the most frequent label.": (
                lambda y: len(y) / _counts(y)
            ),
            "you compare with K, the number of labels. Compare with the count of the most frequent label.": (
                lambda y: y.shape[1] / _counts(y)
            ),
            "you compare with the number of all ones. Compare with the count of the most frequent label.": (
                lambda y: y.sum() / _counts(y)
            ),
            "you compare with the mean count. Compare with the count of the most frequent label.": (
                lambda y: _counts(y).mean() / _counts(y)
            ),
            "you compare with the first label, which need not be the most frequent one.": (
                lambda y: _counts(y)[0] / _counts(y)
            ),
            "you compare with the rarest label, so this says how much more *frequent* a label is.": (
                lambda y: _counts(y) / _counts(y).min()
            ),
            "you compare with the rarest label; compare with the most frequent one.": (
                lambda y: _counts(y).min() / _counts(y)
            ),
            "this compares the examples without a label with those that have it. Compare labels with one another.": (
                lambda y: (len(y) - _counts(y)) / _counts(y)
            ),
            "you summed along the rows, which gives a number for each example. A label is a *column*: `axis=0`.": (
                _row_ratio
            ),
            "right, but sorted: keep the order of the labels.": lambda y: np.sort(_counts(y).max() / _counts(y)),
            "these are the shares. How many times rarer than the most frequent label is each?": (
                lambda y: y.mean(axis=0)
            ),
            "these are the counts. How many times rarer than the most frequent label is each?": _counts,
            "this is one number, MeanIR. Wanted is a ratio for each label, before the mean.": (
                lambda y: (_counts(y).max() / _counts(y)).mean()
            ),
            "this is one number, the ratio of the rarest label. Wanted is a ratio for each label.": (
                lambda y: _counts(y).max() / _counts(y).min()
            ),
        },
        success="Ratios of the counts of columns, the most frequent label at 1.",
    ),
    "conditional": Exercise(
        inputs=((_SMALL,), (_LABELS,)),
        right=lambda y: _joint(y) / _counts(y)[:, None],
        mistakes={
            "transposed: every row i should be divided by the count of label i. An array of shape (K,) divides the "
            "columns; with `[:, None]` it divides the rows.": lambda y: _joint(y) / _counts(y)[None, :],
            "you divided by N: that is how often i and j occur together at all, P(i and j), not P(j given i).": (
                lambda y: _joint(y) / len(y)
            ),
            "these are the counts of pairs. Divide row i by the number of examples with label i.": _joint,
            "above the line stands a count, below it a share: divide counts by counts.": (
                lambda y: _joint(y) / y.mean(axis=0)[:, None]
            ),
            "you divided each row by its sum, in which an example with three labels counts three times. Divide it by "
            "the number of examples with label i.": lambda y: _joint(y) / _joint(y).sum(axis=1)[:, None],
            "you divided each column by its sum, in which an example with three labels counts three times. Divide row "
            "i by the number of examples with label i.": lambda y: _joint(y) / _joint(y).sum(axis=0),
            "this divides by the counts of *both* labels. Only those with label i are asked about.": (
                lambda y: _joint(y) / np.outer(_counts(y), _counts(y))
            ),
            "this is the lift, which comes next. Divide row i by the number of examples with label i, and no more.": (
                lambda y: len(y) * _joint(y) / np.outer(_counts(y), _counts(y))
            ),
            "this is the share among the examples with label i *or* j. Only those with label i are asked about.": (
                lambda y: _joint(y) / (_counts(y)[:, None] + _counts(y) - _joint(y))
            ),
            "right but for the diagonal: of the examples with label i, all have label i.": _without_diagonal,
            "these are pairs of examples, N x N. Pairs of labels are `y.T @ y`, K x K.": lambda y: y @ y.T,
        },
        success="The diagonal is 1, and the matrix is not symmetric: P(j | i) is not P(i | j).",
    ),
    "leaked": Exercise(
        inputs=_PARTS,
        right=lambda kept, held_out: np.isin(held_out, kept).mean(),
        mistakes={
            "you count each patient once. Count *pictures*: a patient with three held-out ones counts three times.": (
                lambda kept, held_out: len(set(held_out) & set(kept)) / len(set(held_out))
            ),
            "the other way round: this is the share of *training* pictures whose patient is held out, too.": (
                lambda kept, held_out: np.isin(kept, held_out).mean()
            ),
            "this is the share of training *patients* who are held out, too; wanted is one of held-out *pictures*.": (
                lambda kept, held_out: len(set(held_out) & set(kept)) / len(set(kept))
            ),
            "above the line are patients, below it pictures: count the held-out *pictures* of those patients.": (
                lambda kept, held_out: len(set(held_out) & set(kept)) / len(held_out)
            ),
            "this only says whether there is any such picture. Which share of the held-out pictures are they?": (
                lambda kept, held_out: np.isin(held_out, kept).any()
            ),
            "this is the share of held-out pictures whose patient is new. Wanted are the others.": (
                lambda kept, held_out: 1 - np.isin(held_out, kept).mean()
            ),
            "this is how many held-out pictures they are; divide by the number of all held-out pictures.": (
                lambda kept, held_out: np.isin(held_out, kept).sum()
            ),
            "this is how many patients are in both parts. Count their held-out pictures, as a share of all held out.": (
                lambda kept, held_out: len(set(held_out) & set(kept))
            ),
            "this is an answer for each held-out picture; wanted is one number, the share of those that leak.": (
                lambda kept, held_out: np.isin(held_out, kept)
            ),
            "you divide by the number of training pictures. The share is of the held-out ones.": (
                lambda kept, held_out: np.isin(held_out, kept).sum() / len(kept)
            ),
            "you divide by the number of all pictures. The share is of the held-out ones.": (
                lambda kept, held_out: np.isin(held_out, kept).sum() / (len(kept) + len(held_out))
            ),
            "you divide by the patients of both parts together. Count held-out *pictures*, above the line and below.": (
                lambda kept, held_out: len(set(held_out) & set(kept)) / len(set(held_out) | set(kept))
            ),
        },
        success="Ask it of every split, with what must be new in place of the patient.",
    ),
    "attraction": Question(
        right="b",
        answers={
            "a": "chance is not one half for every tag. How many of *any* listings have this one?",
            "b": "The lift is 0.6 / 0.6 = 1, as for independent tags: a frequent tag goes with everything.",
            "c": "that share has no news: the lift is the same in both directions, and all that it needs is given.",
        },
    ),
    "new patients": Question(
        right="d",
        answers={
            "a": "perhaps it will, but how would you see that it helps? The score that you decide by is high already.",
            "b": "the shares of labels are not the trouble: such a split still puts pictures of one patient into both "
            "parts.",
            "c": "each of the ten asks the same wrong question, and so does their mean.",
            "d": "The patient is what must be new. Now the validation pictures ask what the hospital will ask.",
        },
    ),
}
