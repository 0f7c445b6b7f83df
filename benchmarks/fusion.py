"""A picture and a sentence, of which neither tells the label set: how to join the two, and what if one is missing?

    python benchmarks/fusion.py --seed 0 --json benchmarks/results/fusion.json

adds the figures of one seed (of scenes, first weights, orders) to the JSON file. Every network is trained by the same
number of updates, those named "twice" or "four times" by so many times as many. Scores are the subset accuracy on the
test split, of 8,000 scenes, at 0.5: with both, and without the one or the other; "better of two" takes for each scene
the one of the two single networks that is right, if one is, which nobody can do who does not know the truth. With
"missing" a share of the training examples lost the picture, as many the sentence; "gate, then missing" is the network
"gate", which went on so for as many updates again.
"""

import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record

from mlc_tf.data import captioned_scenes, pairs, text
from mlc_tf.models import cnn, fusion, rnn

EPOCHS, BATCH, RATE, SIZE, UNITS, MISSING = 16, 64, 3e-3, 64, 32, 0.2
TEST = 8_000  # scenes: a share of them is known to about 0.005


class Scenes:
    """The two data sets of one seed: arrays of a split, and batches for training."""

    def __init__(self, seed):
        self.pictures, self.sentences = captioned_scenes.load_data(test=TEST, seed=seed)
        self.vectorizer = text.vectorizer(self.sentences.train.x)
        self.labels = len(self.pictures.label_names)

    def test(self):
        """Pictures, token numbers padded behind, and label sets."""
        sentences = self.sentences.test
        return self.pictures.test.x, text.tokens(sentences.x, self.vectorizer).to_tensor().numpy(), sentences.y

    def batches(self, seed, of=slice(None)):
        """Of both, or of the first or the second only."""
        pictures, sentences = self.pictures.train, self.sentences.train
        batches = pairs.batches(pictures.x, sentences.x, pictures.y, self.vectorizer, BATCH, seed)
        return batches.map(lambda both, y: (both[of], y))


def trained(network, batches, epochs=EPOCHS):
    network.compile(rnn.optimizer(epochs * len(batches), RATE), keras.losses.BinaryCrossentropy(from_logits=True))
    started = time.perf_counter()
    network.fit(batches, epochs=epochs, verbose=0)
    return time.perf_counter() - started


def measure(seed):
    scenes = Scenes(seed)
    pictures, tokens, y = scenes.test()
    black, silent = np.zeros_like(pictures), np.zeros_like(tokens)

    def of_picture(outputs):
        return cnn.classifier(pictures.shape[1:], outputs, seed)

    def of_text(outputs):
        return rnn.classifier(scenes.vectorizer.vocabulary_size(), outputs, units=UNITS, embedding=UNITS, seed=seed)

    def right(logits):
        return ((logits > 0) == y).all(axis=1)

    figures, single = {}, {}
    for of, (name, network, x) in enumerate(
        (
            ("picture alone", of_picture(scenes.labels), pictures),
            ("sentence alone", of_text(scenes.labels), tokens),
        )
    ):
        seconds = trained(network, scenes.batches(seed, of))
        single[name] = network.predict(x, verbose=0)
        figures[name] = {"both": right(single[name]).mean(), "seconds": seconds}
        print(name, record.rounded(figures[name]), flush=True)
    p = [1 / (1 + np.exp(-logits)) for logits in single.values()]
    figures["mean of probabilities"] = {"both": right(np.mean(p, axis=0) - 0.5).mean()}
    figures["better of two"] = {"both": np.any([right(logits) for logits in single.values()], axis=0).mean()}

    def built(join, missing=0.0):
        outputs = scenes.labels if join == "logits" else SIZE
        return fusion.classifier(of_picture(outputs), of_text(outputs), scenes.labels, join, missing, seed)

    after_gate = built("gate", MISSING)
    for name, network, epochs in (
        *((join, built(join), EPOCHS) for join in fusion.JOINS),
        ("features, four times", built("features"), 4 * EPOCHS),
        ("features, missing", built("features", MISSING), EPOCHS),
        ("gate, missing", built("gate", MISSING), EPOCHS),
        ("gate, missing, twice", built("gate", MISSING), 2 * EPOCHS),
        ("gate, then missing", after_gate, EPOCHS),
    ):
        seconds = trained(network, scenes.batches(seed), epochs)
        if name == "gate":
            after_gate.set_weights(network.get_weights())
        found = {"both": (pictures, tokens), "picture": (pictures, silent), "sentence": (black, tokens)}
        figures[name] = {with_: right(network.predict(list(x), verbose=0)).mean() for with_, x in found.items()}
        figures[name] |= {"seconds": seconds, "weights": network.count_params()}
        print(name, record.rounded(figures[name]), flush=True)
    return figures


if __name__ == "__main__":
    ceilings = {"picture": captioned_scenes.PICTURE_CEILING, "sentence": captioned_scenes.SENTENCE_CEILING}
    about = {"epochs": EPOCHS, "batch": BATCH, "rate": RATE, "size": SIZE, "units": UNITS, "missing": MISSING}
    record.measure_a_seed(__doc__, measure, settings=about, ceilings=ceilings)
