"""What feeding a network costs beside training it, as ratios measured in one run.

    python benchmarks/feeding.py --json benchmarks/results/feeding.json

For pictures (digit scenes, a small convolutional network) and texts (product listings, a small GRU): seconds of an
epoch of batches with nothing done to them, over seconds of an epoch of training on them. For pictures, our pipeline
against the usual one, which slices the arrays into single examples and stacks them again. And for texts, `fit` on the
same batches with TensorFlow's tuning of pipelines, which is its default, against ours, without it: the mean over
epochs, as some have to wait for the tuning to end, and some have not.
"""

import argparse
import pathlib
import statistics
import time

import mlc_tf  # isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import record
import tensorflow as tf

import mlc_tf.data.images
import mlc_tf.data.text
from mlc_tf.data import digit_scenes, product_listings

BATCH_SIZE = 64
REPEATS = 5
EPOCHS = 12  # of each pipeline, in turns


def seconds(action, repeats=REPEATS):
    """The median time of `action`, after one run that does not count: it traces and fills caches."""
    action()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def drain(batches):
    for _ in batches:
        pass


def sliced(x, y):
    """The usual pipeline, for comparison."""
    examples = tf.data.Dataset.from_tensor_slices((x, y)).shuffle(len(x), seed=0)
    return examples.batch(BATCH_SIZE).prefetch(tf.data.AUTOTUNE)


def tuned(batches):
    """The same batches as TensorFlow makes them by default."""
    options = tf.data.Options()
    options.autotune.enabled = True
    return batches.with_options(options)


def picture_network(labels):
    layers = [keras.Input((28, 28, 1)), keras.layers.Rescaling(1 / 255)]
    for channels in (32, 64, 64):
        layers += [keras.layers.Conv2D(channels, 3, padding="same", activation="relu"), keras.layers.MaxPooling2D()]
    return keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Dense(labels)])


def text_network(labels, vocabulary_size):
    embedding = keras.layers.Embedding(vocabulary_size, 64, mask_zero=True)
    return keras.Sequential([embedding, keras.layers.GRU(64), keras.layers.Dense(labels)])


def feeding_and_training(batches, network):
    """Seconds of an epoch: the batches alone, and training on them."""
    network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    return seconds(lambda: drain(batches)), seconds(lambda: network.fit(batches, epochs=1, verbose=0), repeats=3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    arguments = parser.parse_args()

    scenes, listings = digit_scenes.load_data().train, product_listings.load_data().train
    picture_batches = mlc_tf.data.images.batches(scenes.x, scenes.y, BATCH_SIZE, seed=0)
    vectorizer = mlc_tf.data.text.vectorizer(listings.x)
    text_batches = mlc_tf.data.text.batches(listings.x, listings.y, vectorizer, BATCH_SIZE, seed=0)

    pictures = feeding_and_training(picture_batches, picture_network(scenes.y.shape[1]))
    network = text_network(listings.y.shape[1], vectorizer.vocabulary_size())
    texts = feeding_and_training(text_batches, network)
    of_kinds = {"tuned": tuned(text_batches), "ours": text_batches}
    epochs = {kind: [] for kind in of_kinds}
    for _ in range(EPOCHS):
        for kind, batches in of_kinds.items():
            started = time.perf_counter()
            network.fit(batches, epochs=1, verbose=0)
            epochs[kind].append(time.perf_counter() - started)
    figures = {
        "pictures_feeding_over_training": pictures[0] / pictures[1],
        "texts_feeding_over_training": texts[0] / texts[1],
        "pictures_sliced_over_ours": seconds(lambda: drain(sliced(scenes.x, scenes.y))) / pictures[0],
        "texts_tuned_over_ours": statistics.mean(epochs["tuned"]) / statistics.mean(epochs["ours"]),
    }
    record.report(figures, arguments.json)


if __name__ == "__main__":
    main()
