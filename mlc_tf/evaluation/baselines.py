"""Baselines, and the honest table that puts a model beside them.

A score means nothing alone: with one label in ninety, predicting nothing at all has a Hamming loss of 0.01. Each
baseline takes a `Dataset`, learns from its training split, never from the test split, and returns probabilities for
`(validation, test)`, each `(N, K)` float32. Lesson 02 introduces everything here.
"""

import io
import itertools
import re

import numpy as np
import rich.console
import rich.table
import scipy.special
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifier
from sklearn.preprocessing import StandardScaler

from mlc_tf.data import Dataset, text
from mlc_tf.evaluation.metrics import micro_f1, scores
from mlc_tf.evaluation.thresholds import check_probabilities, decide, global_threshold, per_label_thresholds

PENALTIES = (0.3, 3.0, 30.0, 300.0)  # of ridge regression
# Thai and Lao, Burmese, Khmer, Japanese, Chinese.
_WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


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
    TF-IDF of the words that a network of the course sees, pictures as pixels from 0 to 1, features standardised. Of
    the penalties in `PENALTIES` it takes the one with the best micro-F1 on the validation split.

    The margin m becomes sigmoid(2 m): 0.5 where the margin is 0, in the right order, but not calibrated. A label
    that no training example has gets 0; one that all have gets 1.

    Raises:
        ValueError: when no validation example has a label: then all penalties score the same.
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
    """The three splits as matrices `(N, F)`."""
    x = [dataset.train.x, dataset.validation.x, dataset.test.x]
    if x[0].ndim == 1:
        vectorizer = TfidfVectorizer(analyzer=_words, sublinear_tf=True, dtype=np.float32)
        texts = [text.lower_case_and_split_signs(list(part)).numpy() for part in x]
        vectorizer.fit(texts[0])
        return [vectorizer.transform(part) for part in texts]
    if x[0].ndim == 4:
        return [pictures.reshape(len(pictures), -1).astype(np.float32) / 255 for pictures in x]
    scaler = StandardScaler().fit(x[0])
    return [scaler.transform(features) for features in x]


def _words(standardized: str) -> list[str]:
    """The words of a text; of what is written without blanks between words each sign, and each two in a row."""
    words = []
    for word in _WITHOUT_BLANKS.sub(r" \g<0> ", standardized).split():
        if _WITHOUT_BLANKS.match(word):
            words += [*word, *map("".join, itertools.pairwise(word))]
        else:
            words.append(word)
    return words


def honest_table(
    dataset: Dataset,
    validation_probabilities: np.ndarray,
    test_probabilities: np.ndarray,
    name: str = "model",
) -> list[dict[str, str | float]]:
    """Print the model's test scores beside those of the baselines. Thresholds are fitted on the validation split only.

    Args:
        dataset: what the model was trained on.
        validation_probabilities, test_probabilities: the model's, `(N, K)`.
        name: what the table calls the model.

    Returns:
        The rows of the table: "predictor", "threshold" and the six of `mlc_tf.evaluation.metrics.scores`.

    Raises:
        ValueError: when the probabilities do not fit the splits, and when a validation or test split has no label.
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
        f"\nHamming loss: lower is better; the others: higher. Thresholds other than 0.5 are fitted on the\n"
        f"validation split ({len(dataset.validation):,} examples); nothing is fitted on the test split."
    )
    return rows


def _format(rows: list[dict[str, str | float]]) -> str:
    """The rows under their column names, as plain text."""
    table = rich.table.Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for name in rows[0]:
        justify = "left" if name in ("predictor", "threshold") else "right"
        table.add_column("\n".join(name.rsplit(" ", 1)), justify=justify, vertical="bottom")
    for row in rows:
        digits = {"Hamming loss": 4}  # with many labels all Hamming losses are small
        table.add_row(
            *(cell if isinstance(cell, str) else f"{cell:.{digits.get(key, 3)}f}" for key, cell in row.items())
        )
    options = {"color_system": None, "markup": False, "emoji": False, "force_jupyter": False}  # text, in a notebook too
    console = rich.console.Console(file=io.StringIO(), width=200, **options)
    console.print(table)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())
