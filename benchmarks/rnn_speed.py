"""How fast is a recurrent classifier trained, against the article's own network in PyTorch?

    python -m pip install --requirement benchmarks/requirements.txt
    python benchmarks/rnn_speed.py --json benchmarks/results/rnn_speed.json

Both sides: embedding, one GRU that reads forwards, its last state, a dense layer, cross-entropy from logits, Adam; the
same sizes, the same texts of Reuters. The article's network is put right: embedding, `batch_first`, mini-batches,
logits. (a) all texts at one length; (b) the texts as they are, cut at one length: ours in batches of like length, with
a mask, PyTorch padded to the cut. The two take turns, and a ratio is the median over the rounds. Then: what a document
costs ours, in time and in memory, as documents, length and labels grow.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import psutil
import record
import tensorflow as tf
import turns

from mlc_tf.data import reuters, text
from mlc_tf.data.pipelines import prefetched
from mlc_tf.models import rnn
from mlc_tf.models.rnn.optimization import Adam

VOCABULARY, SIZE, UNITS, BATCH = 20_000, 128, 128, 64
FIXED, CUT = 128, 250
DOCUMENTS = 2_048
ROUNDS = 5
GROWTH = {"documents": (512, 1_024, 2_048), "length": (64, 128, 256, 512), "labels": (10, 100, 300, 1_000)}


def examples(documents, length, labels, seed=0):
    """Tokens of one length `(documents, length)` and label sets `(documents, labels)`, by chance."""
    chance = np.random.default_rng(seed)
    tokens = chance.integers(2, VOCABULARY, (documents, length), np.int32)
    return tokens, chance.random((documents, labels)).astype(np.float32).round()


class Ours:
    """The course's network, trained by `fit`."""

    def __init__(self, labels):
        self.network = rnn.classifier(VOCABULARY, labels, "GRU", UNITS, False, "last", SIZE)
        self.network.compile(Adam(1e-3), keras.losses.BinaryCrossentropy(from_logits=True))

    def batches(self, tokens, y):
        """Batches of texts of one length."""
        return prefetched(tf.data.Dataset.from_tensor_slices((tokens, y)).batch(BATCH).cache())

    def epoch(self, batches):
        """Trains with each batch once."""
        self.network.fit(batches, verbose=0)


class PyTorch:
    """The article's network, put right."""

    def __init__(self, labels):
        import torch

        class Network(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.embedding = torch.nn.Embedding(VOCABULARY, SIZE)
                self.rnn = torch.nn.GRU(SIZE, UNITS, batch_first=True)
                self.fc = torch.nn.Linear(UNITS, labels)

            def forward(self, tokens):
                _, last = self.rnn(self.embedding(tokens))
                return self.fc(last[-1])

        self.torch, self.network = torch, Network()
        self.loss = torch.nn.BCEWithLogitsLoss()
        self.optimizer = torch.optim.Adam(self.network.parameters(), 1e-3)

    def batches(self, tokens, y):
        """Batches of texts of one length."""
        tensors = self.torch.tensor(tokens, dtype=self.torch.int64), self.torch.tensor(y)
        return list(zip(*(tensor.split(BATCH) for tensor in tensors), strict=True))

    def epoch(self, batches):
        """Trains with each batch once."""
        self.network.train()
        for tokens, y in batches:
            self.optimizer.zero_grad()
            self.loss(self.network(tokens), y).backward()
            self.optimizer.step()


SIDES = {"ours": Ours, "PyTorch": PyTorch}


def serve(side, kind):
    """Runs in a process of its own, an epoch a turn."""
    if kind == "fixed":
        tokens, y = examples(DOCUMENTS, FIXED, 90)
    else:
        stories = reuters.load_data().train
        vectorizer = text.vectorizer(stories.x, VOCABULARY, CUT)
        tokens, y = text.tokens(stories.x, vectorizer), stories.y
    chosen = SIDES[side](y.shape[1])
    if kind == "fixed":
        batches = chosen.batches(tokens, y)
    elif side == "ours":
        batches = text.batches(stories.x, y, vectorizer, BATCH, seed=0)
    else:
        batches = chosen.batches(tokens.to_tensor(shape=(None, CUT)).numpy(), y)
    turns.serve(lambda: chosen.epoch(batches), len(y))


def compare(kind):
    """Documents per second of both sides, taking turns, and the median ratio of ours to PyTorch's."""
    found = turns.compare([sys.executable, __file__, "--kind", kind, "--serve"], list(SIDES), ROUNDS)
    return {"documents_per_second": found.pop("per_second"), **found}


def growth():
    """Seconds of an epoch and MiB of memory as documents, length or labels grow, the others as in (a)."""
    found = {}
    for what, values in GROWTH.items():
        costs = []
        for value in values:
            size = {"documents": DOCUMENTS // 4, "length": FIXED, "labels": 90} | {what: value}
            command = [sys.executable, __file__, "--cost", json.dumps(size)]
            line = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1]
            costs.append(json.loads(line))
        found[what] = {}
        for kind in costs[0]:
            by_size = {value: cost[kind] for value, cost in zip(values, costs, strict=True)}
            found[what][kind] = by_size
            found[what][f"{kind}, distance from a line"] = record.distance_from_line(by_size)
    return found


def cost(documents, length, labels):
    """Of an epoch of ours, in this process: seconds (the fastest of five), and the memory beyond what was there."""
    ours = Ours(labels)
    process = psutil.Process()
    before = process.memory_info().rss
    batches = ours.batches(*examples(documents, length, labels))
    ours.epoch(batches)
    seconds = []
    for _ in range(5):
        started = time.perf_counter()
        ours.epoch(batches)
        seconds.append(time.perf_counter() - started)
    return {"seconds": min(seconds), "MiB": (process.memory_info().rss - before) / 2**20}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    parser.add_argument("--serve", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--kind", choices=["fixed", "lengths"], help=argparse.SUPPRESS)
    parser.add_argument("--cost", type=json.loads, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        return serve(arguments.serve, arguments.kind)
    if arguments.cost:
        return print(json.dumps(cost(**arguments.cost)))
    figures = {
        f"fixed length {FIXED}": compare("fixed"),
        f"Reuters, cut at {CUT}": compare("lengths"),
        "growth": growth(),
        "sizes": {"vocabulary": VOCABULARY, "embedding": SIZE, "units": UNITS, "batch": BATCH, "documents": DOCUMENTS},
        "machine": record.machine(),
    }
    record.report(figures, arguments.json)


if __name__ == "__main__":
    main()
