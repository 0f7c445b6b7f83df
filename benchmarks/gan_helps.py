"""Do generated pictures make a better classifier where labels are few? And other ways to get more out of them?

    python benchmarks/gan_helps.py --seed 0 --json benchmarks/results/gan_helps.json

adds one seed (of the scenes, the share that has labels, the GAN and the classifiers) to the JSON file. For each share
of the training scenes a GAN is trained on that share alone, then the same classifier, with the same number of updates,
in each of the ways of `training.few_labels`. Scores are of the test split; each threshold is the best of the validation
split, which all ways share. Whether the GAN is shown shifted pictures was chosen by `--choose`, which scores on the
validation split of other scenes (seed 100) and prints, and writes nothing.
"""

import argparse
import pathlib
import time

import numpy as np
import record

from mlc_tf import training
from mlc_tf.data import Dataset, Split, digit_scenes, images
from mlc_tf.evaluation import baselines, metrics, thresholds
from mlc_tf.models import cnn
from mlc_tf.models.gan import configurations
from mlc_tf.training import few_labels

SHARES = (0.01, 0.05, 0.2, 1.0)
SEED_TO_CHOOSE = 100
SCENES = 12_000
# Of each GAN and each classifier: more than in the lesson, which has no time; "shifted" and "mixup" learn slowly.
GAN_STEPS, UPDATES = 1_500, 2_000


def load(seed, test):
    return digit_scenes.load_data(size=16, train=SCENES, test=test, seed=seed)


def drawn_by_gan(real, seed, **changes):
    """As many pictures as the whole training split has, by a GAN that saw the real ones alone, and their label sets."""
    model = configurations.build("course", real.x.shape[1:], real.y.shape[1], seed, GAN_STEPS, **changes)
    batches = images.batches(real.x, real.y, configurations.CONFIGURATIONS["course"].batch_size, seed)
    training.fit(model, batches.repeat().take(GAN_STEPS), epochs=1)
    wanted = real.y[np.random.default_rng(seed).integers(len(real), size=SCENES)]
    return Split(model.generate(wanted, seed, best_of=2), wanted)


def taught(batches, scenes, judged_on, seed):
    """Micro-F1 of a classifier taught by these batches."""
    classifier = cnn.classifier(scenes.train.x.shape[1:], scenes.train.y.shape[1], seed)
    cnn.train(classifier, batches, UPDATES)
    found = (cnn.probabilities(classifier, split.x) for split in (scenes.validation, judged_on))
    return score(scenes.validation.y, judged_on.y, *found)


def score(validation_y, y, validation_probabilities, probabilities):
    """Micro-F1 with the threshold that is best on the validation split."""
    cut = thresholds.global_threshold(validation_y, validation_probabilities)
    return metrics.micro_f1(y, thresholds.decide(probabilities, cut))


def of_baselines(scenes, real):
    few = Dataset("few", real, scenes.validation, scenes.test, scenes.label_names)
    both = {"label prior": baselines.label_prior, "linear": baselines.linear}
    return {name: score(few.validation.y, few.test.y, *baseline(few)) for name, baseline in both.items()}


def measure(seed):
    scenes = load(seed, test=4_000)
    by_share = {}
    for share in SHARES:
        started = time.perf_counter()
        real = few_labels.share_of(scenes.train, share, seed)
        generated = drawn_by_gan(real, seed)
        scores = of_baselines(scenes, real)
        for way in few_labels.WAYS:
            batches = few_labels.batches(way, real, generated, seed=seed)
            scores[way] = taught(batches, scenes, scenes.test, seed)
        by_share[str(share)] = {name: round(float(score), 4) for name, score in scores.items()}
        print(f"{len(real):>6} labelled, {time.perf_counter() - started:4.0f} s: {by_share[str(share)]}", flush=True)
    return by_share


def choose(shares):
    """Prints how well generated pictures teach, by validation scores, without and with augmentation of the GAN."""
    scenes = load(SEED_TO_CHOOSE, test=1)
    for share in shares:
        real = few_labels.share_of(scenes.train, share, SEED_TO_CHOOSE)
        for augment in ((), ("shift",)):
            generated = drawn_by_gan(real, SEED_TO_CHOOSE, augment=augment)
            scores = {}
            for way in ("real", "generated", "both"):
                batches = few_labels.batches(way, real, generated, seed=SEED_TO_CHOOSE)
                found = taught(batches, scenes, scenes.validation, SEED_TO_CHOOSE)
                scores[way] = round(found, 3)
            print(f"{len(real):>6} labelled, augment={augment}: {scores}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="file to which the figures of this seed are added")
    parser.add_argument("--choose", type=float, nargs="+", metavar="SHARE", help="try augmentation instead")
    arguments = parser.parse_args()
    if arguments.choose:
        return choose(arguments.choose)
    figures = measure(arguments.seed)
    if arguments.json:
        settings = {"pictures": SCENES, "generated": SCENES, "gan_steps": GAN_STEPS, "classifier_steps": UPDATES}
        record.add_seed(arguments.json, arguments.seed, figures, settings=settings)


if __name__ == "__main__":
    main()
