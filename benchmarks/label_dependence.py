"""Where labels depend on each other given the example: what do models of label sets bring, and what each decision?

    python benchmarks/label_dependence.py --seed 0 --json benchmarks/results/label_dependence.json

adds the figures of one seed (of data, splits, first weights, orders and draws) to the JSON file; `--data NAME ...`
measures some of the data sets only. On each of them sigmoids, a chain, decoders and a label powerset are trained with
the same kind of network by the same number of updates. Each is then asked for the decision for subset accuracy ("most
probable", by beam search), for Hamming loss ("marginals at 0.5"), for micro-F1 ("marginals, tuned": one threshold,
fitted on validation) and for example-F1 ("best F1"); where each training example has a label, also for the first three
with "at least one". Scores are of the test split, and under "validation" of the validation split. Of the known joint
the row "truth" decides by the true distribution. The marginals of the decoder with a sigmoid loss are what its sigmoids
say; those of the other decoders and of the chain are shares of drawn sets.

Data sets that are not here are passed over, with a word.
"""

import argparse
import dataclasses
import functools
import pathlib
import time
from collections.abc import Callable

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import rnn_reuters
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import StandardScaler

from mlc_tf.data import Dataset, Split, hidden_scenes, images, known_joint, mulan, product_listings, reuters, text
from mlc_tf.data.dataset import DataError
from mlc_tf.evaluation import decisions, metrics, thresholds
from mlc_tf.models import cnn, dense, rnn
from mlc_tf.models.label_sets import Chain, Decoder, Powerset
from mlc_tf.models.places import with_places

DRAWS, WIDTH = 100, 10
UNITS, STATE = 8, 64  # of a chain for each label, of a decoder
RATE, BATCH = 3e-3, 64


@dataclasses.dataclass(frozen=True)
class Task:
    """A data set, and how its examples are read: `network(outputs)` builds a network, `batches(split, seed)` feeds."""

    dataset: Dataset
    network: Callable[[int], keras.Model]
    batches: Callable
    epochs: int
    state: int = STATE
    places: bool = False  # whether a decoder looks at the words


def with_features(dataset, change):
    """The data set with features that are made of its examples."""
    splits = [Split(change(split.x), split.y) for split in (dataset.train, dataset.validation, dataset.test)]
    return Dataset(dataset.name, *splits, dataset.label_names)


def of_arrays(dataset, network, epochs):
    def batches(split, seed=None):
        return images.batches(split.x, split.y, BATCH, seed)

    return Task(dataset, network, batches, epochs)


def of_features(dataset, epochs, seed, **network):
    features = dataset.train.x.shape[1]
    return of_arrays(dataset, lambda outputs: dense.classifier(features, outputs, seed=seed, **network), epochs)


def of_texts(dataset, epochs, batch_size, vectorizer, **network):
    def built(outputs):
        return rnn.classifier(vectorizer.vocabulary_size(), outputs, **network)

    def batches(split, seed=None):
        return text.batches(split.x, split.y, vectorizer, batch_size, seed)

    return Task(dataset, built, batches, epochs, state=128, places=True)


def known(seed, dependent=True):
    return of_features(known_joint.load_data(dependent, seed=seed), epochs=8, seed=seed)


def bag_of_listings(seed):
    listings = product_listings.load_data(seed=seed)
    words = CountVectorizer(binary=True, min_df=2, token_pattern=r"[\w'-]+").fit(listings.train.x)
    bags = with_features(listings, lambda texts: words.transform(texts).toarray().astype(np.float32))
    return of_features(bags, epochs=12, seed=seed)


def listings_in_order(seed):
    listings = product_listings.load_data(seed=seed)
    vectorizer = text.vectorizer(listings.train.x)
    options = {"units": 96, "embedding": 96, "dropout": 0.3, "seed": seed}
    return of_texts(listings, 10, BATCH, vectorizer, **options)


def hidden(seed):
    scenes = hidden_scenes.load_data(seed=seed)
    shape = scenes.train.x.shape[1:]
    return of_arrays(scenes, lambda outputs: cnn.classifier(shape, outputs, seed), epochs=16)


def emotions(seed):
    sounds = mulan.load_data("emotions", seed=seed)
    scaled = with_features(sounds, StandardScaler().fit(sounds.train.x).transform)
    return of_features(scaled, epochs=30, seed=seed, hidden_units=(128,), dropout=0.5)


def stories(seed):
    """Reuters, read by the network of `rnn_reuters.py`."""
    dataset, vectorizer, options = rnn_reuters.for_network(reuters.load_data(seed=seed), seed)
    return of_texts(dataset, rnn_reuters.EPOCHS, rnn_reuters.BATCH, vectorizer, **options)


TASKS = {
    "known joint": known,
    "known joint, independent": lambda seed: known(seed, dependent=False),
    "listings, bag": bag_of_listings,
    "listings, in order": listings_in_order,
    "hidden scenes": hidden,
    "emotions": emotions,
    "Reuters": stories,
}


def sigmoids(task, seed):
    y = task.dataset.train.y
    return Chain(task.network(y.shape[1]), y.shape[1], 1, looks_back=False, frequencies=y.mean(axis=0))


def chain(task, seed):
    y = task.dataset.train.y
    network, frequencies = task.network(y.shape[1] * UNITS), y.mean(axis=0)
    return Chain(network, y.shape[1], UNITS, order=frequent_first(y), frequencies=frequencies)


def decoder(task, seed, order, sigmoid_loss=0.0):
    y = task.dataset.train.y
    network = task.network(task.state + y.shape[1])
    return Decoder(
        with_places(network) if task.places else network,
        y.shape[1],
        task.state,
        order=frequent_first(y) if order == "frequent first" else order,
        longest=int(y.sum(axis=1).max()),
        frequencies=y.mean(axis=0),
        sigmoid_loss=sigmoid_loss,
        seed=seed,
    )


def powerset(task, seed):
    sets = Powerset.sets_of(task.dataset.train.y)
    return Powerset(task.network(len(sets)), sets)


def frequent_first(y):
    return np.argsort(-y.mean(axis=0), kind="stable")


MODELS = {
    "sigmoids": sigmoids,
    "chain": chain,
    "decoder, frequent first": functools.partial(decoder, order="frequent first"),
    "decoder, random order": functools.partial(decoder, order="random"),
    "decoder, random order, sigmoid loss": functools.partial(decoder, order="random", sigmoid_loss=1.0),
    "decoder, any order": functools.partial(decoder, order="any"),
    "powerset": powerset,
}


def trained(model, task, seed):
    """The model's losses on the training and the validation split in the last epoch."""
    batches = task.batches(task.dataset.train, seed)
    model.compile(rnn.optimizer(task.epochs * len(batches), RATE))
    history = model.fit(batches, epochs=task.epochs, verbose=0)
    return history.history["loss"][-1], model.evaluate(task.batches(task.dataset.validation), verbose=0)


def score(y, decided):
    return {
        "subset accuracy": metrics.subset_accuracy(y, decided),
        "Hamming loss": metrics.hamming_loss(y, decided),
        "micro-F1": metrics.micro_f1(y, decided),
        "example-F1": metrics.example_f1(y, decided),
    }


def of_splits(dataset, knows):
    """The scores of each decision on the test split, and on the validation split, on which the threshold is fitted.

    `knows(split)` are the marginals, label sets with their weights (the most probable ones, and drawn ones or None
    where the labels are independent), and answers that are decided already.
    """
    found, at_least_one = {}, dataset.train.y.any(axis=1).all()
    for name in ("validation", "test"):
        split = getattr(dataset, name)
        p, (sets, weights), drawn, answers = knows(split)
        if name == "validation":
            cut = thresholds.global_threshold(split.y, p)
        answers |= {
            "most probable": decisions.most_probable(sets, weights),
            "marginals at 0.5": thresholds.decide(p, 0.5),
            "marginals, tuned": thresholds.decide(p, cut),
            "best F1": decisions.best_f1_of_independent(p) if drawn is None else decisions.best_f1(*drawn),
        }
        if at_least_one:
            answers |= {
                "most probable, at least one": decisions.most_probable(sets, weights, at_least_one=True),
                "marginals at 0.5, at least one": thresholds.decide(p, 0.5, at_least_one=True),
                "marginals, tuned, at least one": thresholds.decide(p, cut, at_least_one=True),
            }
        found[name] = {decision: score(split.y, answer) for decision, answer in answers.items()}
    return found["test"] | {"validation": found["validation"]}


def of_model(model, task, seed):
    def knows(split):
        batches = task.batches(split)
        sets, log_p = model.search(batches, WIDTH)
        greedy = model.search(batches, 1)[0][:, 0]
        if isinstance(model, Chain) and not model.looks_back:  # the probabilities say it all
            return model.marginals(batches), (sets, np.exp(log_p)), None, {"greedy": greedy}
        drawn = model.sample(batches, DRAWS, seed)
        some, _ = next(iter(batches))
        drawn_only = model.direct_marginals(model(some)) is None
        p = drawn.mean(axis=1) if drawn_only else model.marginals(batches)
        return p, (sets, np.exp(log_p)), (drawn,), {"greedy": greedy}

    return of_splits(task.dataset, knows)


def of_truth(dataset, dependent):
    """What no model can do better, but by chance."""

    def knows(split):
        weights = known_joint.truth(split.x, dependent)
        joint = np.tile(known_joint.SETS, (len(weights), 1, 1)), weights
        return weights @ known_joint.SETS, joint, joint, {}

    return of_splits(dataset, knows)


def show(name, found):
    print(name)
    for decision, on_validation in found["validation"].items():
        numbers = (*found[decision].values(), on_validation["subset accuracy"])
        print(f"   {decision:32}", *(f"{value:.3f}" for value in numbers), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="file to which the figures of this seed are added")
    parser.add_argument("--data", nargs="+", choices=TASKS, default=list(TASKS))
    parser.add_argument("--models", nargs="+", choices=MODELS, help="only these, printed and not recorded")
    arguments = parser.parse_args()
    for name in arguments.data:
        try:
            task = TASKS[name](arguments.seed)
        except DataError as error:
            print(f"{name} is passed over: {error}")
            continue
        dataset = task.dataset
        rows = f"{len(dataset.train):,} examples, {len(Powerset.sets_of(dataset.train.y)):,} label sets"
        columns = "subset accuracy, Hamming loss, micro-F1, example-F1; subset accuracy on validation"
        print(f"\n{name}: {rows}; {columns}", flush=True)
        figures = {}
        if name.startswith("known"):
            figures["truth"] = of_truth(dataset, name == "known joint")
            show("truth", figures["truth"])
        for kind in arguments.models or MODELS:
            model, started = MODELS[kind](task, arguments.seed), time.perf_counter()
            losses = trained(model, task, arguments.seed)
            seconds = time.perf_counter() - started
            found = of_model(model, task, arguments.seed)
            deciding = time.perf_counter() - started - seconds
            show(f"{kind}: {seconds:.0f} s, deciding {deciding:.0f} s, loss {losses[0]:.4f}, {losses[1]:.4f}", found)
            figures[kind] = {**found, "seconds": seconds, "deciding_seconds": deciding}
            if kind != "decoder, any order":  # whose loss compares with no other
                figures[kind]["validation_loss"] = losses[1]
            keras.backend.clear_session()
        if arguments.json and not arguments.models:
            settings = {"draws": DRAWS, "width": WIDTH, "rate": RATE}
            record.add_seed(arguments.json, arguments.seed, {name: figures}, settings=settings)


if __name__ == "__main__":
    main()
