"""How good is one recurrent network on Reuters, beside a tuned linear model on the same stories?

    python benchmarks/rnn_reuters.py --seed 0 --json benchmarks/results/rnn_reuters_0.json

writes the figures of one seed to the JSON file. The seed draws the 1,000 validation stories from the 7,770 for
training, and gives the network its first weights and the order of its batches. No outside text, no pre-trained vectors.
Thresholds are fitted on the validation stories; the test stories are read once, at the end. The figures at the top are
those of the last of three ways to decide, for both models: two thresholds, and no story without a topic.
"""

import argparse
import dataclasses
import pathlib
import re
import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import scipy.special
import sklearn.feature_extraction.text
import sklearn.multiclass
import sklearn.svm

from mlc_tf.data import Dataset, reuters, text
from mlc_tf.evaluation import metrics, thresholds
from mlc_tf.models import rnn
from mlc_tf.models.rnn import word_vectors

VOCABULARY, MAX_LENGTH, BATCH = 10_000, 400, 32
WHOLE = 1_000_000  # tokens: word vectors are learnt from stories that are not cut
SIZE, SCALE, UNITS = 300, 5.0, 128
EPOCHS, RATE = 8, 3e-3
WORD_DROPOUT, DROPOUT = 0.1, 0.5
NUMBER = re.compile(r"\d[\d,.]*")
RARE = 30  # training stories; topics with fewer share a threshold of their own


def linear(stories):
    """Probabilities for the validation and the test stories: TF-IDF, a linear support vector machine for each topic."""
    tfidf = sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True, min_df=2).fit(stories.train.x)
    machine = sklearn.multiclass.OneVsRestClassifier(sklearn.svm.LinearSVC(C=1.0))
    machine.fit(tfidf.transform(stories.train.x), stories.train.y)
    splits = (stories.validation, stories.test)
    return [scipy.special.expit(machine.decision_function(tfidf.transform(split.x))) for split in splits]


def with_one_number(stories):
    """The stories with the same word, 0, for each number."""
    splits = [
        dataclasses.replace(split, x=np.array([NUMBER.sub(" 0 ", one) for one in split.x], dtype=object))
        for split in (stories.train, stories.validation, stories.test)
    ]
    return Dataset(stories.name, *splits, stories.label_names)


def for_network(stories, seed):
    """The stories as the network reads them, their vectorizer, and what the network is made with."""
    stories = with_one_number(stories)
    x = stories.train.x
    vectorizer = text.vectorizer(x, VOCABULARY, MAX_LENGTH)
    vectors = word_vectors.from_texts(x, text.vectorizer(x, VOCABULARY, WHOLE), SIZE)
    options = {"units": UNITS, "embedding": SCALE * vectors, "skip_connection": True, "word_votes": True}
    options |= {"word_dropout": WORD_DROPOUT, "dropout": DROPOUT, "seed": seed}
    return stories, vectorizer, options


def recurrent(stories, seed):
    """The network's probabilities for the validation and the test stories, its weights, and seconds of training."""
    started = time.perf_counter()
    stories, vectorizer, options = for_network(stories, seed)
    train, labels = stories.train, len(stories.label_names)
    network = rnn.classifier(vectorizer.vocabulary_size(), labels, frequencies=train.y.mean(axis=0), **options)
    batches = text.batches(train.x, train.y, vectorizer, BATCH, seed)
    network.compile(rnn.optimizer(EPOCHS * len(batches), RATE), keras.losses.BinaryCrossentropy(from_logits=True))
    network.fit(batches, epochs=EPOCHS, verbose=2)
    seconds = time.perf_counter() - started
    found = [rnn.probabilities(network, split.x, vectorizer) for split in (stories.validation, stories.test)]
    return found, network.count_params(), seconds


def is_rare(stories):
    """Which topics have fewer than `RARE` training stories, `(K,)`."""
    return stories.train.y.sum(axis=0) < RARE


def scores(stories, validation, test):
    """Test scores of three ways to decide, each with more that is known of the topics than the one before."""
    rare = is_rare(stories)
    two = thresholds.group_thresholds(stories.validation.y, validation, rare)
    one = thresholds.global_threshold(stories.validation.y, validation)
    each_has_one = stories.train.y.any(axis=1).all()
    found = {}
    for name, cut, at_least_one in (
        ("one threshold", one, False),
        ("two thresholds", two, False),
        ("two thresholds, at least one topic", two, each_has_one),
    ):
        y, present = stories.test.y, thresholds.decide(test, cut, at_least_one)
        on_validation = thresholds.decide(validation, cut, at_least_one)
        found[name] = {
            "test_micro_f1": metrics.micro_f1(y, present),
            "test_macro_f1": metrics.macro_f1(y, present),
            "test_subset_accuracy": metrics.subset_accuracy(y, present),
            "test_hamming_loss": metrics.hamming_loss(y, present),
            "validation_micro_f1": metrics.micro_f1(stories.validation.y, on_validation),
        }
    named = {"one": one, "rare topics": two[rare][0], "other topics": two[~rare][0]}
    return {**found[name], "threshold": named, "ways to decide": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    stories = reuters.load_data(seed=arguments.seed)
    of_linear = scores(stories, *linear(stories))
    of_network, parameters, seconds = recurrent(stories, arguments.seed)
    figures = {
        "seed": arguments.seed,
        **scores(stories, *of_network),
        "linear_micro_f1": of_linear["test_micro_f1"],
        "linear_macro_f1": of_linear["test_macro_f1"],
        "linear_subset_accuracy": of_linear["test_subset_accuracy"],
        "linear": of_linear,
        "parameters": parameters,
        "train_seconds": seconds,
        "stories": [len(split) for split in (stories.train, stories.validation, stories.test)],
        "machine": record.machine(),
    }
    record.report(figures, arguments.json)


if __name__ == "__main__":
    main()
