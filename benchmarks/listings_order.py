"""How far a bag of words gets on the product listings, and how far a network that reads in order.

    python benchmarks/listings_order.py --seed 0 --json benchmarks/results/listings_order.json

adds the figures of one seed (of the listings, the split and the network) to the JSON file. Both linear models and the
network see the same tokens, punctuation included; each gets the one threshold that is best on validation.
"""

import argparse
import hashlib
import pathlib
import time

import mlc_tf  # isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import sklearn.feature_extraction.text
import sklearn.linear_model
import sklearn.metrics
import sklearn.multiclass

import mlc_tf.data.product_listings
import mlc_tf.data.text

TOKEN = r"[\w'-]+|[^\w\s'-]"


def scores(dataset, validation_scores, test_scores):
    """Test scores at the threshold, of 200 between the scores, with the best micro-F1 on validation."""
    y = dataset.validation.y
    candidates = np.quantile(validation_scores, np.linspace(0.5, 1, 200, endpoint=False))

    def micro_f1(threshold):
        decided = validation_scores > threshold
        return 2 * (decided * y).sum() / (decided.sum() + y.sum())

    decided = test_scores > max(candidates, key=micro_f1)
    y = dataset.test.y
    return {
        "micro_f1": sklearn.metrics.f1_score(y, decided, average="micro", zero_division=0),
        "macro_f1": sklearn.metrics.f1_score(y, decided, average="macro", zero_division=0),
        "subset_accuracy": float((decided == y).all(axis=1).mean()),
    }


def linear(dataset, longest):
    """TF-IDF of 1- to `longest`-grams and one logistic regression per tag; C is the best of three on validation."""
    tfidf = sklearn.feature_extraction.text.TfidfVectorizer(
        ngram_range=(1, longest), token_pattern=TOKEN, sublinear_tf=True, min_df=2
    )
    train, validation, test = (
        fit(split.x)
        for fit, split in zip(
            (tfidf.fit_transform, tfidf.transform, tfidf.transform),
            (dataset.train, dataset.validation, dataset.test),
            strict=True,
        )
    )
    results = []
    for strength in (1, 10, 100):
        model = sklearn.multiclass.OneVsRestClassifier(
            sklearn.linear_model.LogisticRegression(C=strength, solver="liblinear")
        ).fit(train, dataset.train.y)
        on_validation = model.predict_proba(validation)
        precision = sklearn.metrics.average_precision_score(dataset.validation.y, on_validation, average="micro")
        results.append((precision, on_validation, model.predict_proba(test)))
    _, on_validation, on_test = max(results, key=lambda result: result[0])
    return scores(dataset, on_validation, on_test)


def gru(dataset, seed, epochs, verbose):
    """A bidirectional GRU with max-pooling, read in order."""
    keras.utils.set_random_seed(seed)
    vectorizer = mlc_tf.data.text.vectorizer(dataset.train.x)
    train = mlc_tf.data.text.batches(dataset.train.x, dataset.train.y, vectorizer, batch_size=64, seed=seed)
    steps = epochs * int(train.cardinality())
    model = keras.Sequential(
        [
            keras.layers.Embedding(vectorizer.vocabulary_size(), 128),
            keras.layers.Bidirectional(keras.layers.GRU(128, return_sequences=True)),
            keras.layers.GlobalMaxPooling1D(),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(len(dataset.label_names)),
        ]
    )
    model.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(0.0, steps, warmup_target=4e-3, warmup_steps=steps // 20)
        ),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    start = time.perf_counter()
    model.fit(train, epochs=epochs, verbose=verbose)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    for _ in train:
        pass
    seconds_of_feeding = time.perf_counter() - start

    def logits(split):
        return model.predict(mlc_tf.data.text.batches(split.x, split.y, vectorizer, batch_size=256), verbose=0)

    return scores(dataset, logits(dataset.validation), logits(dataset.test)) | {
        "training_seconds": seconds,
        "training_seconds_per_epoch": seconds / epochs,
        "feeding_seconds_per_epoch": seconds_of_feeding,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=10, help="epochs of the GRU (default: %(default)s)")
    parser.add_argument("--json", type=pathlib.Path, help="file to add the figures to")
    parser.add_argument("--verbose", type=int, default=0, help="Keras' verbosity in training (default: %(default)s)")
    arguments = parser.parse_args()
    dataset = mlc_tf.data.product_listings.load_data(seed=arguments.seed)
    result = {}
    for name, measure in {
        "TF-IDF of words, linear": lambda: linear(dataset, 1),
        "TF-IDF of 1- to 3-grams, linear": lambda: linear(dataset, 3),
        "bidirectional GRU": lambda: gru(dataset, arguments.seed, arguments.epochs, arguments.verbose),
    }.items():
        result[name] = {key: round(value, 4) for key, value in measure().items()}
        print(f"seed {arguments.seed}  {name:32}", result[name], flush=True)
    if arguments.json:
        # Which listings the figures belong to: a test tells when the grammar has changed since.
        result["sha256 of the listings"] = hashlib.sha256("\n".join(dataset.test.x).encode()).hexdigest()
        sizes = [len(dataset.train), len(dataset.validation), len(dataset.test)]
        record.add_seed(arguments.json, arguments.seed, result, sizes=sizes)


if __name__ == "__main__":
    main()
