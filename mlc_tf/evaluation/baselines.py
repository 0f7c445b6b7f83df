"""Baselines, and the honest table that puts a model beside them.

A score means nothing alone: with one label in ninety, predicting nothing at all has a Hamming loss of 0.01. Each
baseline takes a `Dataset`, learns from its training split, never from the test split, and returns probabilities for
`(validation, test)`, each `(N, K)` float32. Lesson 02 introduces everything here.
"""

import textwrap

import numpy as np
import scipy.special
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from mlc_tf.data import Dataset
from mlc_tf.evaluation.metrics import micro_f1, scores
from mlc_tf.evaluation.thresholds import check_probabilities, decide, global_threshold, per_label_thresholds

PENALTIES = (0.3, 3.0, 30.0, 300.0)  # of ridge regression


def all_zeros(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Give every label probability 0: no label is ever predicted."""
    return np.zeros_like(dataset.validation.y), np.zeros_like(dataset.test.y)


def label_prior(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Give every label its frequency in the training split, whatever the example looks like."""
    prior = dataset.train.y.mean(axis=0, dtype=np.float64).astype(np.float32)  # (K,)
    return np.tile(prior, (len(dataset.validation), 1)), np.tile(prior, (len(dataset.test), 1))


def linear(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    """Fit a linear model for each label: ridge regression on -1 and +1, the classifier of the same name.

    As accurate as a support vector machine or logistic regression (Rifkin & Klautau 2004, "In defense of
    one-vs-all classification", JMLR 5), and all labels are solved for at once, in seconds. What it sees: texts as
    TF-IDF, images as pixels from 0 to 1, features standardised. Of the penalties in `PENALTIES` it takes the one
    with the best micro-F1 on the validation split.

    The margin m becomes sigmoid(2 m): 0.5 where the margin is 0, in the right order, but not calibrated. A label
    that no training example has gets 0; one that all have gets 1. Raises ValueError on any other kind of `x`.
    """
    train, validation, test = _linear_inputs(dataset)
    frequency = dataset.train.y.mean(axis=0)
    constant = (frequency == 0) | (frequency == 1)

    def probabilities(classifier, x):
        p = scipy.special.expit(2 * classifier.decision_function(x)).astype(np.float32)
        return np.where(constant, frequency, p)

    def validation_score(classifier):
        y, p = dataset.validation.y, probabilities(classifier, validation)
        return micro_f1(y, decide(p, global_threshold(y, p)))

    classifiers = [RidgeClassifier(penalty).fit(train, dataset.train.y) for penalty in PENALTIES]
    best = max(classifiers, key=validation_score)
    return probabilities(best, validation), probabilities(best, test)


def _linear_inputs(dataset: Dataset):
    """Return the three splits as matrices `(N, F)`."""
    x = [dataset.train.x, dataset.validation.x, dataset.test.x]
    if x[0].ndim == 1:
        vectorizer = TfidfVectorizer(sublinear_tf=True, min_df=2, dtype=np.float32).fit(x[0])
        return [vectorizer.transform(texts) for texts in x]
    if x[0].ndim == 4 and x[0].dtype == np.uint8:
        return [images.reshape(len(images), -1).astype(np.float32) / 255 for images in x]
    if x[0].ndim == 2:
        scaler = StandardScaler().fit(x[0])
        return [scaler.transform(features) for features in x]
    raise ValueError(
        "x: expected texts (N,), uint8 images (N, height, width, channels) or features (N, F); "
        f"found shape {x[0].shape}, type {x[0].dtype}"
    )


def honest_table(
    dataset: Dataset,
    validation_probabilities: np.ndarray,
    test_probabilities: np.ndarray,
    name: str = "model",
) -> list[dict[str, str | float]]:
    """Print the model's test scores beside those of the baselines, and return the rows.

    `validation_probabilities`, `test_probabilities`: the model's, `(N, K)`. `name`: what the table calls it (up
    to 14 characters keep the table within 100). A row has `predictor`, `threshold` and the six of
    `mlc_tf.evaluation.metrics.scores`. Thresholds are fitted on the validation split only. Raises ValueError when the
    probabilities do not fit the splits.
    """
    for probabilities, split, split_name in (
        (validation_probabilities, dataset.validation, "validation"),
        (test_probabilities, dataset.test, "test"),
    ):
        found = check_probabilities(probabilities, f"{split_name}_probabilities").shape
        if found != split.y.shape:
            raise ValueError(
                f"{split_name}_probabilities: expected shape {split.y.shape}, a row for each example of the "
                f"{split_name} split and a column for each label; found {found}"
            )

    rows = []

    def add(predictor, threshold_name, threshold, test):
        rows.append({"predictor": predictor, "threshold": threshold_name, **scores(dataset.test.y, test, threshold)})

    add("all zeros", "any", 0.5, all_zeros(dataset)[1])
    validation, test = label_prior(dataset)
    cut = global_threshold(dataset.validation.y, validation)
    add("label prior", f"global {cut:.2f}", cut, test)
    model = (validation_probabilities, test_probabilities)
    for predictor, (validation, test) in (("linear", linear(dataset)), (name, model)):
        add(predictor, "0.5", 0.5, test)
        cut = global_threshold(dataset.validation.y, validation)
        add(predictor, f"global {cut:.2f}", cut, test)
        add(predictor, "per label", per_label_thresholds(dataset.validation.y, validation), test)

    print(
        f"{dataset.name}: scores on the test split ({len(dataset.test):,} examples, {dataset.test.y.shape[1]} labels)\n"
    )
    print(_format(rows))
    print(
        f"\n↑ higher is better, ↓ lower is better. Thresholds other than 0.5 are fitted on the validation split\n"
        f"({len(dataset.validation):,} examples); nothing is fitted on the test split."
    )
    return rows


def _format(rows: list[dict[str, str | float]]) -> str:
    """Align the rows under their column names; a long name is broken into lines."""
    columns = []
    for key in rows[0]:
        if key in ("predictor", "threshold"):
            header, cells = [key], [row[key] for row in rows]
        else:
            arrow = "↓" if key == "Hamming loss" else "↑"
            header = textwrap.wrap(f"{key}\u00a0{arrow}", width=12, break_on_hyphens=False)
            digits = 4 if key == "Hamming loss" else 3  # with many labels all Hamming losses are small
            cells = [f"{row[key]:.{digits}f}" for row in rows]
        columns.append((header, cells))
    height = max(len(header) for header, _ in columns)
    aligned = []
    for number, (header, cells) in enumerate(columns):
        lines = [""] * (height - len(header)) + header
        width = max(len(line) for line in lines + cells)
        aligned.append([f"{line:<{width}}" if number < 2 else f"{line:>{width}}" for line in lines + cells])
    return "\n".join("  ".join(line).rstrip() for line in zip(*aligned, strict=True))
