"""A picture and a sentence, of which neither tells the label set: how to join the two, and what if one is missing?

    python benchmarks/fusion.py --seed 0 --json benchmarks/results/fusion.json

adds the figures of one seed (of scenes, first weights, orders) to the JSON file. Every network is trained by the same
number of updates, those named "twice" or "four times" by so many times as many. Scores are the subset accuracy on the
test split, of 8,000 scenes, at 0.5: with both, and without the one or the other.

Of the two single networks: the mean of their probabilities, the larger one, and "votes", their odds multiplied and
divided by the label's own; each also "tuned", at one threshold that is fitted for micro-F1 on validation. "better of
two" takes for each scene the one that is right, if one is, which nobody can do who does not know the truth. With
"missing" a share of the training examples lost the picture, as many the sentence; "gate, then missing" is the network
"gate", which went on so for as many updates again ("gate, twice" did so, and lost nothing); where "shifted" is added,
each of the four places of a picture was meanwhile moved by up to a pixel, anew in each epoch.
"""

import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import scipy.special
import tensorflow as tf

from mlc_tf.data import captioned_scenes, pairs, text
from mlc_tf.data.captioned_scenes import PLACE
from mlc_tf.evaluation import metrics, thresholds
from mlc_tf.models import cnn, fusion, rnn

EPOCHS, BATCH, RATE, SIZE, UNITS, MISSING = 16, 64, 3e-3, 64, 32, 0.2
TEST = 8_000  # scenes: a share of them is known to about 0.005
WAYS = {  # how joined, what share is missing, and how many times the updates
    **{join: (join, 0.0, 1) for join in fusion.JOINS},
    "features, four times": ("features", 0.0, 4),
    "gate, twice": ("gate", 0.0, 2),
    "features, missing": ("features", MISSING, 1),
    "gate, missing": ("gate", MISSING, 1),
    "gate, missing, twice": ("gate", MISSING, 2),
    "gate, then missing": ("gate", MISSING, 1),
    "gate, then missing, shifted": ("gate", MISSING, 1),
}


class Scenes:
    """The two data sets of one seed: arrays of a split, and batches for training."""

    def __init__(self, seed):
        self.pictures, self.sentences = captioned_scenes.load_data(test=TEST, seed=seed)
        self.vectorizer = text.vectorizer(self.sentences.train.x)
        self.labels = len(self.pictures.label_names)

    def arrays(self, name):
        """Of a split: pictures, token numbers padded behind, and label sets."""
        pictures, sentences = getattr(self.pictures, name), getattr(self.sentences, name)
        return pictures.x, text.tokens(sentences.x, self.vectorizer).to_tensor().numpy(), pictures.y

    def batches(self, seed, of=slice(None)):
        """Of both, or of the first or the second only."""
        pictures, sentences = self.pictures.train, self.sentences.train
        batches = pairs.batches(pictures.x, sentences.x, pictures.y, self.vectorizer, BATCH, seed)
        return batches.map(lambda both, y: (both[of], y))


def shifted(pictures, key):
    """The pictures `(batch, 16, 16, 1)` with each of their four places moved by up to a pixel either way."""
    places = tf.transpose(tf.reshape(pictures, (-1, 2, PLACE, 2, PLACE)), (0, 1, 3, 2, 4))  # (batch, 2, 2, 8, 8)
    framed = tf.pad(tf.reshape(places, (-1, PLACE, PLACE)), [[0, 0], [1, 1], [1, 1]])
    moves = tf.random.stateless_uniform((tf.shape(framed)[0], 2), key, 0, 3, tf.int32)[..., None] + tf.range(PLACE)
    moved = tf.gather(tf.gather(framed, moves[:, 0], axis=1, batch_dims=1), moves[:, 1], axis=2, batch_dims=1)
    back = tf.transpose(tf.reshape(moved, tf.shape(places)), (0, 1, 3, 2, 4))
    return tf.reshape(back, tf.shape(pictures))


def with_shifted(batch, key):
    (pictures, tokens), y = batch
    return (shifted(pictures, key), tokens), y


def trained(network, batches, epochs=EPOCHS):
    network.compile(rnn.optimizer(epochs * len(batches), RATE), keras.losses.BinaryCrossentropy(from_logits=True))
    started = time.perf_counter()
    network.fit(batches, epochs=epochs, verbose=0)
    return time.perf_counter() - started


def of_single(p, p_validation, y, y_validation, prior):
    """Subset accuracy of ways to make one answer of two networks' probabilities, `(2, N, K)`."""
    figures = {}
    for name, join in {
        "mean of probabilities": lambda p: p.mean(axis=0),
        "larger probability": lambda p: p.max(axis=0),
        "votes": lambda p: scipy.special.expit(scipy.special.logit(p).sum(axis=0) - scipy.special.logit(prior)),
    }.items():
        joined, on_validation = (join(np.clip(one, 1e-9, 1 - 1e-9)) for one in (p, p_validation))
        for title, cut in ((name, 0.5), (f"{name}, tuned", thresholds.global_threshold(y_validation, on_validation))):
            figures[title] = {"both": metrics.subset_accuracy(y, thresholds.decide(joined, cut))}
    return figures


def measure(seed):
    scenes = Scenes(seed)
    pictures, tokens, y = scenes.arrays("test")
    *of_validation, y_validation = scenes.arrays("validation")
    black, silent = np.zeros_like(pictures), np.zeros_like(tokens)

    def of_picture(outputs):
        return cnn.classifier(pictures.shape[1:], outputs, seed)

    def of_text(outputs):
        return rnn.classifier(scenes.vectorizer.vocabulary_size(), outputs, units=UNITS, embedding=UNITS, seed=seed)

    def right(logits):
        return ((logits > 0) == y).all(axis=1)

    figures, logits, on_validation = {}, [], []
    singles = {"picture alone": (of_picture, pictures), "sentence alone": (of_text, tokens)}
    for of, (name, (build, x)) in enumerate(singles.items()):
        network = build(scenes.labels)
        seconds = trained(network, scenes.batches(seed, of))
        logits.append(network.predict(x, verbose=0))
        on_validation.append(network.predict(of_validation[of], verbose=0))
        figures[name] = {"both": right(logits[-1]).mean(), "seconds": seconds}
        print(name, record.rounded(figures[name]), flush=True)
    p, p_validation = (scipy.special.expit(np.array(part, float)) for part in (logits, on_validation))
    figures |= of_single(p, p_validation, y, y_validation, scenes.pictures.train.y.mean(axis=0, dtype=float))
    figures["better of two"] = {"both": np.any([right(one) for one in logits], axis=0).mean()}

    after_gate = None
    for name, (join, missing, times) in WAYS.items():
        outputs = scenes.labels if join == "logits" else SIZE
        network = fusion.classifier(of_picture(outputs), of_text(outputs), scenes.labels, join, missing, seed)
        if name.startswith("gate, then"):
            network.set_weights(after_gate)
        batches = scenes.batches(seed)
        if name.endswith("shifted"):
            batches = batches.enumerate().map(lambda step, batch: with_shifted(batch, (seed, step)))
        seconds = trained(network, batches, times * EPOCHS)
        if name == "gate":
            after_gate = network.get_weights()
        found = {"both": (pictures, tokens), "picture": (pictures, silent), "sentence": (black, tokens)}
        figures[name] = {with_: right(network.predict(list(x), verbose=0)).mean() for with_, x in found.items()}
        figures[name] |= {"seconds": seconds, "weights": network.count_params()}
        print(name, record.rounded(figures[name]), flush=True)
    return figures


if __name__ == "__main__":
    ceilings = {"picture": captioned_scenes.PICTURE_CEILING, "sentence": captioned_scenes.SENTENCE_CEILING}
    settings = {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "size": SIZE, "units": UNITS, "missing": MISSING}
    record.measure_a_seed(__doc__, measure, settings=settings | {"test scenes": TEST}, ceilings=ceilings)
