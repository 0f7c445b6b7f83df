"""Where labels are few: what does an encoder bring that has learnt from other labels, or from texts without labels?

    python benchmarks/transfer.py --seed 0 --json benchmarks/results/transfer.json

adds the figures of one seed (of listings or splits, first weights, orders) to the JSON file. From 30 to 3,000 texts are
labelled: product listings with ten of their tags, and Reuters' stories (where they are there) with its ten most
frequent topics. A network begins with nothing; with the encoder of one that learnt the other fifteen tags from 8,000
listings; or with that of a language model, of 8,000 or 100,000 listings, or of Reuters' own 6,770 stories. Each goes on
for 100, 300 and 900 updates, each time from the start, and for 2,700 where 900 were best on validation: the whole of
it, with the word vectors as they are or brought to one length; where 300 texts are labelled also with the encoder
frozen, unfrozen gradually, and with its recurrent layer alone, without its word vectors. The linear model, TF-IDF and
ridge regression, has no updates ("0"); it takes words or words and pairs, and its penalty, by validation.

Figures are mean average precision ("MAP") and micro-F1, at one threshold that is fitted on validation, of the test
split, by the number of updates; "validation MAP" is there to choose it. The validation split is larger than the
training split of most sizes: for choosing, all have the same.
"""

import dataclasses
import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import rnn_reuters
import scipy.special
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import RidgeClassifier

from mlc_tf.data import Dataset, Split, product_listings, reuters, text
from mlc_tf.data.dataset import DataError
from mlc_tf.evaluation import baselines, metrics, thresholds
from mlc_tf.models import rnn
from mlc_tf.models.rnn import pretraining

TARGETS = 10
SIZES = (30, 100, 300, 1_000, 3_000)
MODES_SIZE = 300
UPDATES, MORE_UPDATES = (100, 300, 900), 2_700
BATCH, RATE = 32, 3e-3
UNITS, WORDS, DROPOUT = 64, 64, 0.3
MODES = {
    "whole": {},
    "one length": {},
    "unfrozen gradually": {"states": (1.0, 0.2), "words": (1.0, 0.4)},
    "frozen": {"states": (0.0, 0.0), "words": (0.0, 0.0)},
    "recurrent layer alone": {},
}
FEW_WORDS = 60  # of a story; its first ones say what it is about


@dataclasses.dataclass(frozen=True)
class Task:
    """Texts with the labels that are to be learnt, how they are read, and what encoders can learn from before.

    `others` is a training split of other labels, or None; `unlabelled` are texts by the name of their source, and for
    how many epochs they are read.
    """

    dataset: Dataset
    vectorizer: text.Vectorizer
    others: Split | None
    unlabelled: dict[str, tuple[np.ndarray, int]]


def with_labels(dataset, chosen):
    """The data set with these labels only."""
    splits = [Split(split.x, split.y[:, chosen]) for split in (dataset.train, dataset.validation, dataset.test)]
    return Dataset(dataset.name, *splits, [dataset.label_names[label] for label in chosen])


def listings(seed):
    dataset = product_listings.load_data(seed=seed)
    labels = np.random.default_rng(seed).permutation(len(dataset.label_names))
    more = product_listings.load_data(train=100_000, seed=1_000 + seed).train.x
    unlabelled = {"language model, 8,000": (dataset.train.x, 10), "language model, 100,000": (more, 1)}
    others = with_labels(dataset, labels[TARGETS:]).train
    return Task(with_labels(dataset, labels[:TARGETS]), text.vectorizer(more), others, unlabelled)


def stories(seed):
    dataset = rnn_reuters.with_one_number(reuters.load_data(seed=seed))
    frequent = np.argsort(-dataset.train.y.mean(axis=0), kind="stable")[:TARGETS]
    found = with_labels(dataset, frequent)
    order = np.random.default_rng(seed).permutation(len(found.train))  # they come by date
    mixed = dataclasses.replace(found, train=Split(found.train.x[order], found.train.y[order]))
    vectorizer = text.vectorizer(dataset.train.x, rnn_reuters.VOCABULARY, FEW_WORDS)
    return Task(mixed, vectorizer, None, {"language model, own texts": (dataset.train.x, 4)})


TASKS = {"listings": listings, "Reuters": stories}


def network(task, y, seed):
    options = {"units": UNITS, "embedding": WORDS, "dropout": DROPOUT, "frequencies": y.mean(axis=0), "seed": seed}
    return rnn.classifier(task.vectorizer.vocabulary_size(), y.shape[1], **options)


def fit(model, optimizer, batches, updates):
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
    model.fit(batches.repeat(), steps_per_epoch=updates, verbose=0)


def sources(task, seed):
    """Networks whose encoder has learnt, by name, and the seconds that took."""
    found, seconds = {}, {}
    if task.others is not None:
        started, others = time.perf_counter(), task.others
        teacher = network(task, others.y, seed)
        batches = text.batches(others.x, others.y, task.vectorizer, BATCH, seed)
        fit(teacher, rnn.optimizer(10 * len(batches), RATE), batches, 10 * len(batches))
        found["other labels"], seconds["other labels"] = teacher, time.perf_counter() - started
    for name, (texts, epochs) in task.unlabelled.items():
        started = time.perf_counter()
        reader = network(task, task.dataset.train.y, seed)
        model = pretraining.LanguageModel(reader, seed)
        batches = text.batches(texts, np.zeros((len(texts), 1)), task.vectorizer, BATCH, seed)
        model.compile(rnn.optimizer(epochs * len(batches), RATE))
        loss = model.fit(batches, epochs=epochs, verbose=0).history["loss"][-1]
        found[name], seconds[name] = reader, time.perf_counter() - started
        print(f"{name}: {loss:.3f} nats a word, {seconds[name]:.0f} s", flush=True)
    return found, seconds


def scores(dataset, p_validation, p_test):
    cut = thresholds.global_threshold(dataset.validation.y, p_validation)
    decided = thresholds.decide(p_test, cut)
    return {
        "MAP": metrics.mean_average_precision(dataset.test.y, p_test),
        "micro-F1": metrics.micro_f1(dataset.test.y, decided),
        "validation MAP": metrics.mean_average_precision(dataset.validation.y, p_validation),
    }


def best(options):
    return max(options, key=lambda one: one["validation MAP"])


def linear(dataset):
    """The best of the options by validation, as `baselines.linear`, which looks at words only."""
    train, found = dataset.train, []
    constant = np.isin(train.y.mean(axis=0), (0, 1))
    for longest in (1, 2):
        tfidf = TfidfVectorizer(ngram_range=(1, longest), sublinear_tf=True, token_pattern=r"[\w'-]+").fit(train.x)
        for penalty in baselines.PENALTIES:
            ridge = RidgeClassifier(penalty).fit(tfidf.transform(train.x), train.y)
            margins = [ridge.decision_function(tfidf.transform(part.x)) for part in (dataset.validation, dataset.test)]
            p = [np.where(constant, train.y.mean(axis=0), scipy.special.expit(2 * part)) for part in margins]
            found.append(scores(dataset, *p))
    return best(found)


def recurrent(task, dataset, source, mode, updates, seed):
    """The scores after so many updates, of a network that begins with the encoder of `source`, or with nothing."""
    model = network(task, dataset.train.y, seed)
    if mode == "recurrent layer alone":
        (_, states), (_, own_states) = pretraining.encoder(source), pretraining.encoder(model)
        own_states.set_weights(states.get_weights())
    elif source is not None:
        pretraining.carry_over(source, task.vectorizer, model, task.vectorizer, one_length=mode == "one length")
    optimizer = pretraining.optimizer(model, updates, RATE, **MODES[mode])
    train = dataset.train
    fit(model, optimizer, text.batches(train.x, train.y, task.vectorizer, BATCH, seed), updates)
    parts = (dataset.validation, dataset.test)
    found = scores(dataset, *(rnn.probabilities(model, part.x, task.vectorizer) for part in parts))
    keras.backend.clear_session()
    return found


def after_updates(task, dataset, source, mode, seed):
    """The scores by the number of updates."""
    found = {updates: recurrent(task, dataset, source, mode, updates, seed) for updates in UPDATES}
    if best(found.values()) is found[UPDATES[-1]]:
        found[MORE_UPDATES] = recurrent(task, dataset, source, mode, MORE_UPDATES, seed)
    return found


def curves(task, seed):
    starts, seconds = sources(task, seed)
    methods = {"nothing": (None, "whole")}
    methods |= {f"{name}, {mode}": (source, mode) for name, source in starts.items() for mode in MODES}
    found = {"linear": {}} | {name: {} for name in methods}
    for size in SIZES:
        few = dataclasses.replace(task.dataset, train=Split(task.dataset.train.x[:size], task.dataset.train.y[:size]))
        found["linear"][size] = {0: linear(few)}
        for name, (source, mode) in methods.items():
            if mode in ("whole", "one length") or size == MODES_SIZE:
                found[name][size] = after_updates(task, few, source, mode, seed)
        for name, by_size in found.items():
            for updates, one in by_size.get(size, {}).items():
                print(f"{size:6} {name:45} {updates:6} {one['validation MAP']:.3f} {one['MAP']:.3f}", flush=True)
    return {**found, "seconds of learning before": seconds}


def measure(seed):
    found = {}
    for name, load in TASKS.items():
        try:
            task = load(seed)
        except DataError as error:
            print(f"{name} is passed over: {error}")
        else:
            found[name] = curves(task, seed)
    return found


if __name__ == "__main__":
    settings = {"updates": [*UPDATES, MORE_UPDATES], "batch": BATCH, "rate": RATE, "units": UNITS, "embedding": WORDS}
    record.measure_a_seed(__doc__, measure, settings=settings)
