"""A picture and a sentence, of which neither tells the label set: how to join the two, and what if one is missing?

    python benchmarks/fusion.py --seed 0 --json benchmarks/results/fusion.json

adds the figures of one seed (of scenes, first weights, orders) to the JSON file. Every network is trained by the same
number of updates, those named "four times" by four times as many. Scores are the subset accuracy on the test split, of
8,000 scenes, at 0.5; "better of two" takes for each scene the one of the two single networks that is right, if one is,
which nobody can do who does not know the truth. With "missing" a share of the training examples lost the picture, as
many the sentence.
"""

import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import tensorflow as tf

from mlc_tf.data import captioned_scenes, images, text
from mlc_tf.models import cnn, fusion, rnn

EPOCHS, BATCH, RATE, SIZE, UNITS, MISSING = 12, 64, 3e-3, 64, 32, 0.2
TEST = 8_000  # scenes: a share of them is known to about 0.005


class Scenes:
    """The two data sets of one seed as arrays, and as batches of pairs."""

    def __init__(self, seed):
        self.pictures, self.sentences = captioned_scenes.load_data(test=TEST, seed=seed)
        self.vectorizer = text.vectorizer(self.sentences.train.x)
        self.labels = len(self.pictures.label_names)

    def arrays(self, name):
        """Pictures, token numbers padded behind, and label sets of a split."""
        pictures, sentences = getattr(self.pictures, name), getattr(self.sentences, name)
        return pictures.x, text.tokens(sentences.x, self.vectorizer).to_tensor().numpy(), pictures.y

    def batches(self, seed, of=("pictures", "tokens")):
        """Both pipelines have the order that follows from the seed: row by row they belong together."""
        pictures, tokens, y = self.arrays("train")
        both = [images.batches(part, y, BATCH, seed) for part in (pictures, tokens.astype(np.float32))]

        def joined(one, other):
            found = {"pictures": one[0], "tokens": tf.cast(other[0], tf.int32)}
            return tuple(found[name] for name in of) if len(of) > 1 else found[of[0]], one[1]

        return tf.data.Dataset.zip(*both).map(joined)


def trained(network, batches, epochs=EPOCHS):
    network.compile(rnn.optimizer(epochs * len(batches), RATE), keras.losses.BinaryCrossentropy(from_logits=True))
    started = time.perf_counter()
    network.fit(batches, epochs=epochs, verbose=0)
    return time.perf_counter() - started


def measure(seed):
    scenes = Scenes(seed)
    pictures, tokens, y = scenes.arrays("test")
    black, silent = np.zeros_like(pictures), np.zeros_like(tokens)

    def of_picture(outputs):
        return cnn.classifier(pictures.shape[1:], outputs, seed)

    def of_text(outputs):
        return rnn.classifier(scenes.vectorizer.vocabulary_size(), outputs, units=UNITS, embedding=UNITS, seed=seed)

    def right(logits):
        return ((logits > 0) == y).all(axis=1)

    figures, single = {}, {}
    for name, network, x in (
        ("picture alone", of_picture(scenes.labels), pictures),
        ("sentence alone", of_text(scenes.labels), tokens),
    ):
        seconds = trained(network, scenes.batches(seed, ["pictures" if x is pictures else "tokens"]))
        single[name] = network.predict(x, verbose=0)
        figures[name] = {"both": right(single[name]).mean(), "seconds": seconds}
        print(name, record.rounded(figures[name]), flush=True)
    p = [1 / (1 + np.exp(-logits)) for logits in single.values()]
    figures["mean of probabilities"] = {"both": right(np.mean(p, axis=0) - 0.5).mean()}
    figures["better of two"] = {"both": np.any([right(logits) for logits in single.values()], axis=0).mean()}

    ways = [(join, join, 0.0, EPOCHS) for join in fusion.JOINS] + [
        ("features, four times", "features", 0.0, 4 * EPOCHS),
        ("features, missing", "features", MISSING, EPOCHS),
        ("gate, missing", "gate", MISSING, EPOCHS),
        ("gate, missing, four times", "gate", MISSING, 4 * EPOCHS),
    ]
    for name, join, missing, epochs in ways:
        outputs = scenes.labels if join == "logits" else SIZE
        network = fusion.classifier(of_picture(outputs), of_text(outputs), scenes.labels, join, missing, seed)
        seconds = trained(network, scenes.batches(seed), epochs)
        found = {"both": (pictures, tokens), "picture": (pictures, silent), "sentence": (black, tokens)}
        figures[name] = {with_: right(network.predict(list(x), verbose=0)).mean() for with_, x in found.items()}
        figures[name] |= {"seconds": seconds, "weights": network.count_params()}
        print(name, record.rounded(figures[name]), flush=True)
        keras.backend.clear_session()
    return {name: {what: float(value) for what, value in found.items()} for name, found in figures.items()}


if __name__ == "__main__":
    ceilings = {"picture": captioned_scenes.PICTURE_CEILING, "sentence": captioned_scenes.SENTENCE_CEILING}
    about = {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "size": SIZE, "units": UNITS, "missing": MISSING}
    record.measure_a_seed(__doc__, measure, settings=about, ceilings=ceilings)
