"""Which recurrent network? One factor at a time, on the product listings or on Reuters.

    python benchmarks/rnn_variants.py reuters-21578 --seed 0 --json FILE

adds the figures of one seed (of the split, the first weights and the order of the batches) to the JSON file: for each
variant its weights, seconds of training, and scores at four kinds of threshold, beside those of the baselines: on
validation, to choose by (the thresholds were tuned there, which flatters them all), and on test. All variants see the
same texts in the same order, for the same number of updates, with the same learning rate.

The networks are smaller than that of `rnn_reuters.py`, and read the first 60 words of a story: the table of a seed
takes 15 to 20 minutes on one CPU core.
"""

import argparse
import pathlib
import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import record
import rnn_reuters

from mlc_tf.data import catalogue, text
from mlc_tf.evaluation import baselines, metrics, thresholds
from mlc_tf.models import rnn
from mlc_tf.models.rnn import losses, word_vectors

SIZE, UNITS, BATCH, RATE = 100, 64, 32, 4e-3
EPOCHS = 5
MAX_LENGTH = {"product-listings": 250, "reuters-21578": 60}
VARIANTS = {
    "base": {},
    "vanilla": {"cell": "vanilla"},
    "LSTM": {"cell": "LSTM"},
    "forwards only": {"bidirectional": False},
    "last state": {"pooling": "last"},
    "mean": {"pooling": "mean"},
    "max": {"pooling": "max"},
    "attention": {"pooling": "attention"},
    "label-wise attention": {"pooling": "label-wise attention"},
    "vectors by chance": {"embedding": SIZE},
    "as in the article": {"bidirectional": False, "pooling": "last", "embedding": SIZE},
    "focal loss": {"loss": keras.losses.BinaryFocalCrossentropy(from_logits=True)},
    "asymmetric loss": {"loss": losses.AsymmetricLoss()},
}
CROSS_ENTROPY = keras.losses.BinaryCrossentropy(from_logits=True)


def scores(dataset, validation, test):
    """Scores of these probabilities on either split, at four kinds of threshold that validation chose."""
    y = dataset.validation.y
    cuts = {
        "0.5": 0.5,
        "global": thresholds.global_threshold(y, validation),
        "rare and others": thresholds.group_thresholds(y, validation, rnn_reuters.is_rare(dataset)),
        "per label": thresholds.per_label_thresholds(y, validation),
    }
    return {
        "validation": {name: metrics.scores(y, validation, cut) for name, cut in cuts.items()},
        "test": {name: metrics.scores(dataset.test.y, test, cut) for name, cut in cuts.items()},
    }


def base_for(name, dataset):
    """What all variants for these data have in common; for the few stories of Reuters what `rnn_reuters.py` uses."""
    whole = text.vectorizer(dataset.train.x, max_length=rnn_reuters.WHOLE)
    vectors = word_vectors.from_texts(dataset.train.x, whole, SIZE)
    base = {"units": UNITS, "embedding": vectors, "word_dropout": 0.1, "dropout": 0.3}
    if name == "reuters-21578":
        base["embedding"] = rnn_reuters.SCALE * vectors
        base |= {"skip_connection": True, "frequencies": dataset.train.y.mean(axis=0)}
    return base


def measure(dataset, seed, vectorizer, base, loss=CROSS_ENTROPY, **changes):
    """Trains one variant: its weights, seconds and scores."""
    network = rnn.classifier(vectorizer.vocabulary_size(), len(dataset.label_names), seed=seed, **base | changes)
    batches = text.batches(dataset.train.x, dataset.train.y, vectorizer, BATCH, seed)
    network.compile(rnn.optimizer(EPOCHS * len(batches), RATE), loss)
    started = time.perf_counter()
    network.fit(batches, epochs=EPOCHS, verbose=0)
    seconds = time.perf_counter() - started
    validation, test = (rnn.probabilities(network, split.x, vectorizer) for split in (dataset.validation, dataset.test))
    return {"parameters": network.count_params(), "seconds": seconds, **scores(dataset, validation, test)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", choices=MAX_LENGTH)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="file to add the figures to")
    arguments = parser.parse_args()
    dataset = catalogue.load(arguments.data, seed=arguments.seed)
    vectorizer = text.vectorizer(dataset.train.x, max_length=MAX_LENGTH[arguments.data])
    base = base_for(arguments.data, dataset)
    figures = {
        "label prior": scores(dataset, *baselines.label_prior(dataset)),
        "linear": scores(dataset, *baselines.linear(dataset)),
    }
    for name, changes in VARIANTS.items():
        found = figures[name] = measure(dataset, arguments.seed, vectorizer, base, **changes)
        print(f"{name:>20}: {found['seconds']:4.0f} s, micro-F1 {found['test']['global']['micro-F1']:.4f}", flush=True)
    if arguments.json:
        settings = {
            "epochs": EPOCHS,
            "max_length": MAX_LENGTH[arguments.data],
            "batch": BATCH,
            "rate": RATE,
            "size": SIZE,
            "units": UNITS,
        }
        record.add_seed(arguments.json, arguments.seed, figures, settings=settings)


if __name__ == "__main__":
    main()
