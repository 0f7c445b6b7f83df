"""How far does the GAN of lesson 04 get on photographs, CIFAR-100 with 100 fine and 20 coarse labels?

    python benchmarks/gan_cifar100.py --minutes 40 --json benchmarks/results/gan_cifar100.json

trains the configuration "course" for so many minutes (those of scoring come on top), and writes the figures to the
JSON file and a sheet of samples beside it, `.png`. The number of steps is chosen from the speed that a model to throw
away reaches first, as the learning rates fall to 0 along the whole training.

The scores come from a judge that was trained on real training pictures alone. No score of generated pictures means
anything by itself: beside each stands that of real ones. `real_...` are pictures that the judge has not seen,
`training_...` those it was trained on: all that a perfect copy of the training data could reach. The *curve* is
measured on validation pictures, and on generated ones drawn once. Everything else is measured on test pictures, and of
every two generated ones the one is kept that the discriminator likes best.

With `--minutes 0` no GAN is trained, and only what the judge finds in real pictures is written; so was
`gan_cifar100_judge.json`, later, with a judge trained anew.

In `classification` stand, on real test pictures: the judge, which decides each of 120 labels by itself; a network
with the same trunk that knows that there is one fine label (softmax) and looks the coarse one up; the pupil that has
seen generated pictures only; and two baselines that see no picture.
"""

import argparse
import json
import pathlib
import time

import keras
import matplotlib.figure
import numpy as np
import record
from gan_scenes import train_classifier

from mlc_tf import training
from mlc_tf.data import cifar100, images
from mlc_tf.evaluation import baselines, generated_pictures, metrics, thresholds
from mlc_tf.models import cnn
from mlc_tf.models.gan import configurations

NAME, BATCH_SIZE = "course", 64
FINE = cifar100.FINE
POINTS = 10  # of the curve
CURVE_PICTURES, TEST_PICTURES = 4_000, 5_000  # on either side of a distance
TIMED_STEPS, USED = 40, 0.95  # the rest of the minutes is a margin
ROWS, COLUMNS = 6, 8  # of the sheet of samples


class Curve(keras.callbacks.Callback):
    """Adds the scores of freshly generated pictures, and the seconds of training alone, to the logs of each epoch.

    Args:
        judge: see `train_classifier`.
        real: the split whose label sets the GAN is asked for, and to which its pictures are compared.
        parents: the coarse label of each fine one.
        seed: of the noise, the same in every epoch.
    """

    def __init__(self, judge, real, parents, seed):
        super().__init__()
        self.judge, self.y, self.parents, self.seed = judge, real.y, parents, seed
        self.real_features = generated_pictures.features(judge, real.x)

    def on_epoch_begin(self, epoch, logs=None):
        """Starts the clock."""
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Stops it, and scores."""
        logs["seconds"] = time.perf_counter() - self.started
        found, answers = look(self.judge, self.model.generate(self.y, self.seed))
        logs["frechet"] = generated_pictures.frechet_distance(self.real_features, found)
        logs.update(kinds_right(self.y, answers, self.parents))


def look(model, pictures):
    """The features that a classifier finds in the pictures `(N, 128)`, and its probabilities `(N, labels)`."""
    found = generated_pictures.features(model, pictures)
    return found, np.asarray(keras.ops.sigmoid(model.get_layer("logits")(found)))


def kinds_right(y, answers, parents):
    """How often the most probable fine label is right, and the most probable coarse one, and how often they agree."""
    fine, coarse = answers[:, :FINE].argmax(axis=1), answers[:, FINE:].argmax(axis=1)
    return {
        "fine_accuracy": float(np.mean(fine == y[:, :FINE].argmax(axis=1))),
        "coarse_accuracy": float(np.mean(coarse == y[:, FINE:].argmax(axis=1))),
        "agreement": float(np.mean(parents[fine] == coarse)),
    }


def sets_right(y, decided):
    return {
        "micro_f1": metrics.micro_f1(y, decided),
        "macro_f1": metrics.macro_f1(y, decided),
        "subset_accuracy": metrics.subset_accuracy(y, decided),
    }


def all_right(y, answers, threshold, parents):
    return {**kinds_right(y, answers, parents), **sets_right(y, thresholds.decide(answers, threshold))}


def fitted_threshold(model, validation):
    return thresholds.global_threshold(validation.y, look(model, validation.x)[1])


def one_hot(fine, parents):
    """The label matrix of fine labels `(N,)` with their coarse ones."""
    y = np.zeros((len(fine), FINE + cifar100.COARSE), np.float32)
    rows = np.arange(len(fine))
    y[rows, fine], y[rows, FINE + parents[fine]] = 1, 1
    return y


def coarse_of_fine(y):
    """The coarse label of each fine one, `(100,)`, as the training label sets have them."""
    parents = np.zeros(FINE, int)
    parents[y[:, :FINE].argmax(axis=1)] = y[:, FINE:].argmax(axis=1)
    return parents


def part(split, size):
    """The first pictures of a split; their order is that of the archive, which is a random one."""
    return type(split)(split.x[:size], split.y[:size])


def train_softmax(x, y, steps, seed):
    """The network of `train_classifier`, with one answer out of the fine labels; trained as `cnn.train` does."""
    model = cnn.classifier(x.shape[1:], FINE, seed)
    falling = keras.optimizers.schedules.CosineDecay(3e-3, decay_steps=steps)
    model.compile(keras.optimizers.Adam(falling), keras.losses.CategoricalCrossentropy(from_logits=True))
    batches = images.batches(x, y[:, :FINE], BATCH_SIZE, seed).repeat()
    model.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)
    return model


def choose_steps(train, minutes, augment, folder):
    """Steps in these minutes, a multiple of the points of the curve; those of an interrupted training hold on."""
    kept = folder / "steps.json" if folder else None
    if kept and kept.exists():
        return json.loads(kept.read_text())
    model = configurations.build(NAME, train.x.shape[1:], train.y.shape[1], augment=augment)
    batches = images.batches(train.x, train.y, BATCH_SIZE, seed=0).repeat()
    training.fit(model, batches.take(5), epochs=1)  # traces the step
    started = time.perf_counter()
    training.fit(model, batches.take(TIMED_STEPS), epochs=1)
    speed = TIMED_STEPS / (time.perf_counter() - started)
    steps = POINTS * max(1, int(minutes * 60 * USED * speed) // POINTS)
    if kept:
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(steps))
    return steps


def train_gan(dataset, curve, steps, augment, seed, folder):
    """The trained model and the history of its epochs."""
    model = configurations.build(
        NAME, dataset.train.x.shape[1:], dataset.train.y.shape[1], seed, steps, augment=augment
    )
    # An "epoch" is a tenth of the steps, however many passes over the pictures that is: the pipeline is repeated, each
    # time in another order, and cut. An order that is cut off leaves out pictures at random; the next one starts anew.
    batches = images.batches(dataset.train.x, dataset.train.y, BATCH_SIZE, seed).repeat().take(steps // POINTS)
    return model, training.fit(model, batches, POINTS, folder, callbacks=[curve])


def fidelity(judge, pictures, threshold, parents):
    """Is what was asked for to be seen? `pictures`: by name, pictures and the label sets asked for, or their own."""
    return {name: all_right(y, look(judge, x)[1], threshold, parents) for name, (x, y) in pictures.items()}


def likeness(judge, dataset, test, generated):
    """Are the pictures as a whole like the test pictures? Beside: as many real ones."""
    real = generated_pictures.features(judge, test.x)
    others = {"generated": generated, "training": dataset.train.x, "real": dataset.validation.x}
    scores = {}
    for name, pictures in others.items():
        found = generated_pictures.features(judge, pictures[: len(test)])
        scores[name] = {**generated_pictures.fidelity_and_diversity(real, found), "pictures": len(found)}
    return scores


def classification(judge, model, dataset, steps, seed, parents):
    """Scores on all real test pictures of classifiers with the same trunk and as many steps, and of baselines."""
    train, validation, test = dataset.train, dataset.validation, dataset.test
    pupil = train_classifier(model.generate(train.y, seed + 1, best_of=2), train.y, steps, seed + 1)
    scores = {
        name: all_right(test.y, look(taught, test.x)[1], fitted_threshold(taught, validation), parents)
        for name, taught in (("trained on real", judge), ("trained on generated", pupil))
    }
    softmax = train_softmax(train.x, train.y, steps, seed)
    decided = one_hot(cnn.predict(softmax, test.x).argmax(axis=1), parents)
    scores["softmax and look-up"] = {**kinds_right(test.y, decided, parents), **sets_right(test.y, decided)}
    scores["all zeros"] = sets_right(test.y, baselines.all_zeros(dataset)[1])
    on_validation, on_test = baselines.label_prior(dataset)
    threshold = thresholds.global_threshold(validation.y, on_validation)
    scores["label prior"] = sets_right(test.y, thresholds.decide(on_test, threshold))
    return scores


def improving(frechet, steps):
    """Whether the distance still falls at the end: its slope along the last third of the curve."""
    last = frechet[-max(2, len(frechet) // 3) :]
    slope = np.polyfit(np.arange(len(last)) * steps / POINTS / 1_000, last, 1)[0]
    return {"last_frechet": last, "change_in_1000_steps": float(slope)}


def save_sheet(model, dataset, parents, seed, path):
    """A row for each of some fine labels, drawn by lot: a real picture, then generated ones."""
    chosen = np.random.default_rng(seed).choice(FINE, ROWS, replace=False)
    wanted = one_hot(np.repeat(chosen, COLUMNS), parents)
    drawn = model.generate(wanted, seed, best_of=2).reshape(ROWS, COLUMNS, 32, 32, 3)
    figure = matplotlib.figure.Figure(figsize=(1.3 * (COLUMNS + 1), 1.55 * ROWS), layout="constrained")
    all_axes = figure.subplots(ROWS, COLUMNS + 1)
    for label, axes, pictures in zip(chosen, all_axes, drawn, strict=True):
        name = dataset.label_names[label].removeprefix("fine: ").replace("_", " ")
        real = dataset.test.x[dataset.test.y[:, label] == 1][0]
        for axis, picture in zip(axes, [real, *pictures], strict=True):
            axis.imshow(picture)
            axis.set_title(name, fontsize=9)
            axis.set_axis_off()
        axes[0].set_title(f"real {name}", fontsize=9, fontweight="bold")
    figure.savefig(path, dpi=110)


def measure(arguments):
    started = time.perf_counter()
    seed, augment, folder = arguments.seed, tuple(arguments.augment), arguments.folder
    dataset = cifar100.load_data()
    parents = coarse_of_fine(dataset.train.y)
    judge = train_classifier(dataset.train.x, dataset.train.y, arguments.judge_steps, seed)
    threshold = fitted_threshold(judge, dataset.validation)
    judged = time.perf_counter()
    test, seen = part(dataset.test, TEST_PICTURES), part(dataset.train, TEST_PICTURES)
    real = {"real": (test.x, test.y), "training": (seen.x, seen.y)}
    if not arguments.minutes:
        return {
            "settings": {"judge_steps": arguments.judge_steps, "seed": seed},
            "machine": record.machine(),
            "fidelity": {**fidelity(judge, real, threshold, parents), "threshold": threshold},
            "seconds": {"judge": judged - started},
        }

    steps = choose_steps(dataset.train, arguments.minutes, augment, folder)
    curve_split = part(dataset.validation, CURVE_PICTURES)
    curve = Curve(judge, curve_split, parents, seed)
    copies = generated_pictures.features(judge, dataset.train.x[:CURVE_PICTURES])
    curve_training = generated_pictures.frechet_distance(curve.real_features, copies)
    model, history = train_gan(dataset, curve, steps, augment, seed, folder)
    trained = time.perf_counter()

    generated = model.generate(test.y, seed, best_of=2)
    figures = {
        "settings": {
            "configuration": NAME,
            "minutes": arguments.minutes,
            "steps": steps,
            "batch_size": BATCH_SIZE,
            "augment": augment,
            "judge_steps": arguments.judge_steps,
            "seed": seed,
        },
        "machine": record.machine(),
        "curve": {
            "steps": [steps // POINTS * (point + 1) for point in range(POINTS)],
            **history,
            "training_frechet": curve_training,
            "real": kinds_right(curve_split.y, look(judge, curve_split.x)[1], parents),
        },
        "improving": improving(history["frechet"], steps),
        "likeness": likeness(judge, dataset, test, generated),
        "fidelity": {
            **fidelity(judge, {"generated": (generated, test.y), **real}, threshold, parents),
            "threshold": threshold,
        },
        "classification": classification(judge, model, dataset, arguments.judge_steps, seed, parents),
    }
    save_sheet(model, dataset, parents, seed, arguments.json.with_suffix(".png"))
    figures["seconds"] = {
        "judge": judged - started,
        "gan": sum(history["seconds"]),  # without those of the scores of the curve; of all runs, if it was resumed
        "gan_with_curve": trained - judged,
        "all": time.perf_counter() - started,
    }
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, required=True, help="of training the GAN; 0: the judge alone")
    parser.add_argument("--json", type=pathlib.Path, required=True, help="file for the figures; the samples lie beside")
    parser.add_argument("--seed", type=int, default=0, help="of everything (default: %(default)s)")
    parser.add_argument("--judge-steps", type=int, default=6_000, help="of each classifier (default: %(default)s)")
    parser.add_argument("--augment", nargs="*", default=[], help="shift, colour, cut (default: none)")
    parser.add_argument("--folder", type=pathlib.Path, help="keeps the training here, to go on if it is interrupted")
    arguments = parser.parse_args()
    arguments.json.parent.mkdir(parents=True, exist_ok=True)  # now, not after an hour
    record.write(arguments.json, measure(arguments))
    print(arguments.json.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
