"""Is it worth to learn example-F1 by REINFORCE, beside deciding for it from what the model knows already?

    python benchmarks/reinforce.py --seed 0 --json benchmarks/results/reinforce.json

adds the figures of one seed (of data, first weights, orders and draws) to the JSON file. Sigmoids and a decoder are
trained by their own loss as in `label_dependence.py`. Then each goes on for as many epochs again at a tenth of the
rate: by its own loss, or on F1 with each baseline. Before and after, its answers are decided in five ways: greedily;
with one threshold fitted on validation, for micro-F1 ("tuned") or for example-F1 ("tuned for F1"); exactly for what the
model says ("best F1"); and exactly for its marginals, as if of independent labels, after a temperature that was fitted
on validation for F1 ("best F1, tempered"). The decoder's marginals are what the sigmoids beside it say. Scores are
example-F1 and subset accuracy on the test split.

"F1 of draws" is what REINFORCE makes larger. "noise" is how much the gradient of a batch varies from draw to draw
before the model goes on: the standard deviation over 16 draws, as a multiple of the length of their mean.
"""

import time

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import label_dependence
import numpy as np
import record
import scipy.special
import tensorflow as tf

from mlc_tf.evaluation import decisions, metrics, thresholds
from mlc_tf.models import rnn
from mlc_tf.models.label_sets import Reinforce
from mlc_tf.models.label_sets.reinforce import BASELINES

DATA = ("listings, bag", "emotions")
MODELS = ("sigmoids", "decoder, random order, sigmoid loss")
RATE, DRAWS = label_dependence.RATE / 10, 8
GRADIENTS = 16
CUTS = np.linspace(0.05, 0.95, 91)
TEMPERATURES = np.geomspace(0.5, 8, 17)


def tempered_f1(p, temperature):
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return decisions.best_f1_of_independent(scipy.special.expit(scipy.special.logit(p) / temperature))


def scores(model, task, seed):
    dataset = task.dataset
    validation, test = (task.batches(split) for split in (dataset.validation, dataset.test))
    p, p_validation = (model.marginals(split, label_dependence.DRAWS, seed) for split in (test, validation))
    cut, temperature = (
        options[np.argmax([metrics.example_f1(dataset.validation.y, decide(p_validation, one)) for one in options])]
        for decide, options in ((thresholds.decide, CUTS), (tempered_f1, TEMPERATURES))
    )
    drawn = model.sample(test, label_dependence.DRAWS, seed)
    y = dataset.test.y
    answers = {
        "greedy": model.search(test, 1)[0][:, 0],
        "tuned": thresholds.decide(p, thresholds.global_threshold(dataset.validation.y, p_validation)),
        "tuned for F1": thresholds.decide(p, cut),
        "best F1": decisions.best_f1(drawn)
        if isinstance(model, label_dependence.Decoder)
        else decisions.best_f1_of_independent(p),
        "best F1, tempered": tempered_f1(p, temperature),
    }
    found = {
        name: {"example-F1": metrics.example_f1(y, one), "subset accuracy": metrics.subset_accuracy(y, one)}
        for name, one in answers.items()
    }
    return found | {"F1 of draws": float(np.mean([metrics.example_f1(y, drawn[:, k]) for k in range(DRAWS)]))}


def noise(model, baseline, task, seed):
    """How much the gradient of one batch varies from draw to draw."""
    learner = Reinforce(model, baseline, DRAWS, seed)
    x, y = next(iter(task.batches(task.dataset.train, seed)))
    found = []
    for _ in range(GRADIENTS):
        with tf.GradientTape() as tape:
            loss = learner.compute_loss(x, y, model(x, training=False))
        gradients = tape.gradient(loss, model.trainable_variables, unconnected_gradients="zero")
        found.append(np.concatenate([np.ravel(tf.convert_to_tensor(one)) for one in gradients]))
    return float(np.linalg.norm(np.std(found, axis=0, ddof=1)) / np.linalg.norm(np.mean(found, axis=0)))


def gone_on(model, way, task, seed):
    """Trains it further, and returns the seconds that took."""
    batches = task.batches(task.dataset.train, seed + 1)
    learner = model if way == "own loss" else Reinforce(model, way, DRAWS, seed)
    learner.compile(rnn.optimizer(task.epochs * len(batches), RATE))
    started = time.perf_counter()
    learner.fit(batches, epochs=task.epochs, verbose=0)
    return time.perf_counter() - started


def measure(seed):
    figures = {}
    for name in DATA:
        try:
            task = label_dependence.TASKS[name](seed)
        except label_dependence.DataError as error:
            print(f"{name} is passed over: {error}")
            continue
        figures[name] = {}
        for kind in MODELS:
            model = label_dependence.MODELS[kind](task, seed)
            label_dependence.trained(model, task, seed)
            before, rows = model.get_weights(), {}
            rows["before"] = scores(model, task, seed)
            for way in ("own loss", *BASELINES):
                model.set_weights(before)
                varies = {} if way == "own loss" else {"noise": noise(model, way, task, seed)}
                seconds = gone_on(model, way, task, seed)
                rows[way] = scores(model, task, seed) | {"seconds": seconds} | varies
            figures[name][kind] = rows
            for way, row in rows.items():
                print(name, kind, way, record.rounded(row), flush=True)
            keras.backend.clear_session()
    return figures


if __name__ == "__main__":
    record.measure_a_seed(__doc__, measure, settings={"rate": RATE, "draws": DRAWS})
