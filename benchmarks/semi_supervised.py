"""Where few pictures have labels: do those without help, by a GAN's game or in a simpler way?

    python benchmarks/semi_supervised.py --seed 0 --json benchmarks/results/semi_supervised.json

adds one seed (of the scenes, the share that has labels, and the networks) to the JSON file. For each share of the
scenes that has labels, the same network is taught in each of the ways of `training.semi_supervised`, with the same
number of updates. Beside it stand the classifier that lesson 05 teaches the labelled ones alone, and consistency where
the pictures without labels are the labelled ones again (so it is the same, where all have labels).

Scores are of the test split. Labels are few for the threshold, too: it is the best one for the same share of the
validation split. `--choose` scores on the whole validation split of other scenes (seed 100), prints, and writes
nothing: the settings of the game were chosen by such scores.
"""

import argparse
import pathlib
import time

import record
from gan_helps import SCENES, SEED_TO_CHOOSE, SHARES, load, of_baselines, score

from mlc_tf.data import Dataset
from mlc_tf.models import cnn
from mlc_tf.training import few_labels, semi_supervised

UPDATES = 1_200
OTHER_NETWORK = "labels alone, cnn"  # what "real" is in training.few_labels
SHIFTS_ALONE = "consistency, labelled"  # where the pictures without labels are the labelled ones


def taught(way, labelled, pictures, seed):
    if way == SHIFTS_ALONE:
        return semi_supervised.classifier("consistency", labelled, labelled.x, UPDATES, seed)
    if way != OTHER_NETWORK:
        return semi_supervised.classifier(way, labelled, pictures, UPDATES, seed)
    network = cnn.classifier(labelled.x.shape[1:], labelled.y.shape[1], seed)
    cnn.train(network, few_labels.batches("real", labelled, seed=seed), UPDATES)
    return network


def measure(scenes, judged_on, share, seed):
    """Micro-F1 and seconds of training of each way, and of the baselines, where this share of the scenes has labels."""
    labelled, held_out = (few_labels.share_of(split, share, seed) for split in (scenes.train, scenes.validation))
    few = Dataset("few", labelled, held_out, judged_on, scenes.label_names)
    scores, seconds = of_baselines(few, labelled), {}
    for way in (OTHER_NETWORK, *semi_supervised.WAYS, *([SHIFTS_ALONE] if share < 1 else [])):
        started = time.perf_counter()
        network = taught(way, labelled, scenes.train.x, seed)
        seconds[way] = round(time.perf_counter() - started, 1)
        found = (cnn.probabilities(network, split.x) for split in (held_out, judged_on))
        scores[way] = score(held_out.y, judged_on.y, *found)
    scores.setdefault(SHIFTS_ALONE, scores["consistency"])
    scores = {name: round(float(found), 4) for name, found in scores.items()}
    print(f"{len(labelled):>6} labelled: {scores}; seconds {seconds}", flush=True)
    return {"micro_f1": scores, "seconds": seconds}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="file to which the figures of this seed are added")
    parser.add_argument("--choose", type=float, nargs="+", metavar="SHARE", help="print scores of other scenes instead")
    arguments = parser.parse_args()
    if arguments.choose:
        scenes = load(SEED_TO_CHOOSE, test=1)
        for share in arguments.choose:
            measure(scenes, scenes.validation, share, SEED_TO_CHOOSE)
        return
    scenes = load(arguments.seed, test=4_000)
    figures = {str(share): measure(scenes, scenes.test, share, arguments.seed) for share in SHARES}
    if arguments.json:
        settings = {"pictures": SCENES, "updates": UPDATES, "game_weight": semi_supervised.GAME_WEIGHT}
        record.add_seed(arguments.json, arguments.seed, figures, settings=settings)


if __name__ == "__main__":
    main()
