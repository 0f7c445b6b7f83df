"""What do models of label sets cost with many labels: seconds of a training step and of an answer, and memory?

    python benchmarks/many_labels.py --json benchmarks/results/many_labels.json

Random features and label sets of about three labels of K = 10, 100 and 1,000; batches of 64; the best of five
measurements each. "relative" is in times of sigmoids, in the same run, whose answer is that of each label by itself.
Each model has a process of its own, as memory is that of a whole process at its highest (on Linux).
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import timeit

import mlc_tf  # noqa: F401  isort: skip  (before TensorFlow: it silences the start-up messages)
import keras
import numpy as np
import record

from mlc_tf.models import dense
from mlc_tf.models.label_sets import Chain, Decoder

LABELS, FEATURES, BATCH, LONGEST = (10, 100, 1000), 100, 64, 10
DRAWS, WIDTH, UNITS, STATE = 100, 10, 8, 64
MODELS = ("sigmoids", "chain", "decoder")


def made(kind, labels):
    if kind == "decoder":
        return Decoder(dense.classifier(FEATURES, STATE + labels), labels, STATE, longest=LONGEST)
    if kind == "chain":
        return Chain(dense.classifier(FEATURES, labels * UNITS), labels, UNITS)
    return Chain(dense.classifier(FEATURES, labels), labels, 1, looks_back=False)


def best_of_five(function):
    function()  # traces
    return min(timeit.repeat(function, number=1, repeat=5))


def measure(kind, labels):
    """Milliseconds a batch of training, of beam search and of drawing, and the most memory of the process in MiB."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(10 * BATCH, FEATURES)).astype(np.float32)
    y = (generator.random((len(x), labels)) < 3 / labels).astype(np.float32)
    model = made(kind, labels)
    model.compile(keras.optimizers.Adam())
    batch = x[:BATCH]
    step = best_of_five(lambda: model.fit(x, y, batch_size=BATCH, verbose=0)) / 10
    if kind == "sigmoids":
        seconds = {"step": step, "answer": best_of_five(lambda: model.marginals(batch) > 0.5)}
    else:
        search, draws = (lambda: model.search(batch, WIDTH)), (lambda: model.sample(batch, DRAWS))
        seconds = {"step": step, "answer": best_of_five(search), "draws": best_of_five(draws)}
    return {
        "weights": model.count_params(),
        "milliseconds": {name: 1000 * one for name, one in seconds.items()},
        "MiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    parser.add_argument("--one", nargs=2, metavar=("MODEL", "K"), help="measure this alone, and print it as JSON")
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(measure(arguments.one[0], int(arguments.one[1]))))
        return
    figures = {}
    for labels in LABELS:
        found = {}
        for kind in MODELS:
            command = [sys.executable, __file__, "--one", kind, str(labels)]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            found[kind] = json.loads(output.splitlines()[-1])
            print(labels, kind, record.rounded(found[kind]), flush=True)
        for kind in MODELS[1:]:
            own, other = found[kind]["milliseconds"], found["sigmoids"]["milliseconds"]
            found[kind]["relative"] = {what: own[what] / other[what] for what in other}
        figures[str(labels)] = found
    settings = {"batch": BATCH, "draws": DRAWS, "width": WIDTH, "units": UNITS, "state": STATE, "longest": LONGEST}
    record.report({"labels": figures, "settings": settings, "machine": record.machine()}, arguments.json)


if __name__ == "__main__":
    main()
