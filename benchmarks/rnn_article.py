"""The listing of the article on RNNs: as it stands, put right in PyTorch, and in Keras (lesson 06, step 8).

    pip install -r benchmarks/requirements.txt
    python benchmarks/rnn_article.py --seed 0 --json benchmarks/results/rnn_article.json

teaches each to tag the product listings, with an equal number of epochs, and adds their figures to the JSON file:

- "as it stands": the GRU is given `(texts, time, numbers)` where it expects `(time, texts, numbers)`. That is an
  error, whose text is kept.
- "as many texts as words": as it stands, with so many texts at a time that the shapes fit.
- "axes put right": the one fault that no run survives is mended, the others are not: one update an epoch, on all texts;
  numbers drawn by lot for each word, which never learn; the last state of a padded text; sigmoid before the loss.
- "put right" in PyTorch and in Keras, as lesson 06 shows both.

Scores are of the test split, at the threshold that is best on validation, beside those of the baselines.
"""

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record
import torch
from torch.nn.utils.rnn import pack_padded_sequence

from mlc_tf.course import profiles
from mlc_tf.data import product_listings, text
from mlc_tf.evaluation import baselines, metrics, thresholds
from mlc_tf.models import rnn

EPOCHS, BATCH, RATE, SIZE, UNITS = 10, 64, 1e-3, 128, 128


class AsItStands(torch.nn.Module):
    """What the article builds; `batch_first` is what it leaves out."""

    def __init__(self, size, labels, batch_first):
        super().__init__()
        self.gru = torch.nn.GRU(size, UNITS, batch_first=batch_first)
        self.output = torch.nn.Linear(UNITS, labels)

    def forward(self, x):
        """From numbers `(texts, time, size)` to probabilities `(texts, labels)`."""
        _, last = self.gru(x, torch.zeros(1, x.shape[0], UNITS))
        return torch.sigmoid(self.output(last[-1]))


class PutRight(torch.nn.Module):
    """What lesson 06 makes of it."""

    def __init__(self, vocabulary_size, labels):
        super().__init__()
        self.embedding = torch.nn.Embedding(vocabulary_size, SIZE, padding_idx=0)
        self.gru = torch.nn.GRU(SIZE, UNITS, batch_first=True)
        self.output = torch.nn.Linear(UNITS, labels)

    def forward(self, tokens):
        """From tokens `(texts, time)`, 0 behind the last word, to logits `(texts, labels)`."""
        lengths = (tokens != 0).sum(dim=1)
        words = pack_padded_sequence(self.embedding(tokens), lengths, batch_first=True, enforce_sorted=False)
        _, last = self.gru(words)
        return self.output(last[-1])


def as_it_stands(tokens, y, vocabulary_size, seed, batch_first, at_once):
    """Probabilities for each split, from a network that learns in one update an epoch.

    Args:
        tokens: of each split, `(N, time)`, all of one length; the first is for training, `y` its label sets.
        at_once: how many texts are trained on, and predicted together; what is left over is answered with texts again.
    """
    torch.manual_seed(seed)
    vectors = torch.randn(vocabulary_size, SIZE)
    model = AsItStands(SIZE, y.shape[1], batch_first)
    optimizer, loss_of = torch.optim.Adam(model.parameters(), RATE), torch.nn.BCELoss()
    x, y = vectors[tokens[0][:at_once]], torch.from_numpy(y[:at_once])
    for _epoch in range(EPOCHS):
        optimizer.zero_grad()
        loss_of(model(x), y).backward()
        optimizer.step()
    return [predicted(lambda part: model(vectors[part]), split, at_once) for split in tokens[1:]]


def put_right(tokens, y, vocabulary_size, seed):
    """Probabilities for each split but the first, from the listing put right, in PyTorch."""
    torch.manual_seed(seed)
    model = PutRight(vocabulary_size, y.shape[1])
    optimizer, loss_of = torch.optim.Adam(model.parameters(), RATE), torch.nn.BCEWithLogitsLoss()
    x, y = torch.from_numpy(tokens[0]), torch.from_numpy(y)
    for _epoch in range(EPOCHS):
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            optimizer.step()
    return [predicted(lambda part: torch.sigmoid(model(part)), split, 512) for split in tokens[1:]]


def predicted(answer, tokens, at_once):
    """The answers to all texts, so many at a time; the last part is filled up with the first texts."""
    count = len(tokens)
    tokens = np.concatenate([tokens, tokens[: -count % at_once]])
    with torch.no_grad():
        return np.concatenate([answer(part).numpy() for part in torch.from_numpy(tokens).split(at_once)])[:count]


def in_keras(splits, vectorizer, seed):
    """Probabilities for each split but the first, from the same network in Keras."""
    train, *others = splits
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.layers.Embedding(vectorizer.vocabulary_size(), SIZE, mask_zero=True),
            keras.layers.GRU(UNITS),
            keras.layers.Dense(train.y.shape[1]),
        ]
    )
    network.compile(keras.optimizers.Adam(RATE), keras.losses.BinaryCrossentropy(from_logits=True))
    network.fit(text.batches(train.x, train.y, vectorizer, BATCH, seed), epochs=EPOCHS, verbose=0)
    return [rnn.probabilities(network, split.x, vectorizer) for split in others]


def measure(seed):
    """Test scores by name, and the error of the listing as it stands."""
    listings = product_listings.load_data(
        train=profiles.settings("06_a_recurrent_classifier", "quick").listings, seed=seed
    )
    vectorizer = text.vectorizer(listings.train.x)
    splits = (listings.train, listings.validation, listings.test)
    rows = [text.tokens(split.x, vectorizer) for split in splits]
    longest = max(int(part.bounding_shape()[1]) for part in rows)
    tokens = [part.to_tensor(shape=(None, longest)).numpy().astype(np.int64) for part in rows]
    given = tokens, listings.train.y, vectorizer.vocabulary_size(), seed
    figures = {}
    try:
        as_it_stands(*given, batch_first=False, at_once=len(tokens[0]))
    except RuntimeError as error:
        figures["as it stands"] = {"error": str(error)}
    found = {
        "label prior": baselines.label_prior(listings),
        "linear": baselines.linear(listings),
        "as many texts as words": as_it_stands(*given, batch_first=False, at_once=longest),
        "axes put right": as_it_stands(*given, batch_first=True, at_once=len(tokens[0])),
        "put right, PyTorch": put_right(*given),
        "put right, Keras": in_keras(splits, vectorizer, seed),
    }
    for name, (p, test_p) in found.items():
        cut = thresholds.global_threshold(listings.validation.y, p)
        scores = metrics.scores(listings.test.y, test_p, cut)
        figures[name] = {"micro_f1": scores["micro-F1"], "subset_accuracy": scores["subset accuracy"]}
        print(f"{name:>24}: {figures[name]}", flush=True)
    return figures


if __name__ == "__main__":
    record.measure_a_seed(__doc__, measure, epochs=EPOCHS, rate=RATE, pytorch=torch.__version__)
