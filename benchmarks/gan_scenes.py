"""What is each part of lesson 04's GAN worth, and does it draw what it is asked for, like the real thing, as varied?

    python benchmarks/gan_scenes.py --seed 0 --kind "no contest" --json benchmarks/results/gan_scenes.json

trains this kind as lesson 04 trains its GAN (without `--kind`: every kind, one after another), on scenes, with a judge
and from weights that the seed makes, and adds its figures to the JSON file. All figures are those of *validation*
scenes, as the lesson chooses by them. The judge is trained on real training scenes alone; what these score in the place
of generated ones, and what the judge scores as a pupil of theirs, stands under "real": all that a perfect copy of the
training data could reach. Empty scenes, one like the other, are left out where samples are compared.
`gan_scenes_longer.json` is "course" with `--epochs 12`.
"""

import argparse
import dataclasses
import functools
import json
import pathlib

import numpy as np
import record

from mlc_tf import training
from mlc_tf.course import profiles
from mlc_tf.data import digit_scenes, images
from mlc_tf.evaluation import generated_pictures
from mlc_tf.models import cnn
from mlc_tf.models.gan import configurations, networks

LESSON = "04_a_multi_label_gan"
COMPARED = 4_000  # scenes on either side of a distance, before empty ones are left out
COURSE = configurations.CONFIGURATIONS["course"]


def with_losses(**changes):
    return dataclasses.replace(COURSE, compile=COURSE.compile | changes)


KINDS = {
    "course": COURSE,
    "loud labels": with_losses(generated_classification_weight=5.0),
    "no pay": with_losses(variety_weight=0.0),
    "no contest": dataclasses.replace(COURSE, generator=functools.partial(networks.generator, rounds=0)),
}


def measure(seed, kinds, epochs):
    """The figures of each kind, and those of real scenes."""
    settings = profiles.settings(LESSON, "quick")
    scenes = digit_scenes.load_data(size=16, train=settings.scenes, validation=COMPARED, seed=seed)
    train, held_out = scenes.train, scenes.validation
    judge = train_classifier(train.x, train.y, settings.judge_steps, seed)
    of_real = features(judge, held_out.x, held_out.y)
    compared = generated_pictures.fidelity_and_diversity
    found = {
        "real": {
            **fidelity(judge, held_out.x, held_out.y),
            **compared(of_real, features(judge, train.x[:COMPARED], train.y[:COMPARED])),
            "rarest_place": places(held_out.x, held_out.y).min(),
        }
    }
    for kind in kinds:
        model = train_gan(KINDS[kind], train, epochs, seed)
        found[kind] = {}
        for best_of in (1, 2, 8):
            drawn = model.generate(held_out.y, seed, best_of=best_of)
            found[kind][f"best_of_{best_of}"] = {
                **fidelity(judge, drawn, held_out.y),
                **compared(of_real, features(judge, drawn, held_out.y)),
                "rarest_place": places(drawn, held_out.y).min(),
            }
        pupil = train_classifier(model.generate(train.y, seed + 1), train.y, settings.judge_steps, seed)
        found[kind]["pupil_micro_f1"] = fidelity(pupil, held_out.x, held_out.y)["label_micro_f1"]
    return found


def train_gan(configuration, train, epochs, seed):
    """A GAN trained on this split."""
    batches = images.batches(train.x, train.y, configuration.batch_size, seed)
    model = configurations.build(configuration, train.x.shape[1:], train.y.shape[1], seed, epochs * len(batches))
    training.fit(model, batches, epochs)
    return model


def train_classifier(x, y, steps, seed):
    """A classifier of these pictures, the judge or a pupil."""
    model = cnn.classifier(x.shape[1:], y.shape[1], seed)
    cnn.train(model, images.batches(x, y, 64, seed), steps)
    return model


def fidelity(judge, pictures, y):
    """What the judge finds of what was asked."""
    found = generated_pictures.label_fidelity(judge, pictures, y)
    return {"label_micro_f1": found["micro-F1"], "label_subset_accuracy": found["subset accuracy"]}


def features(judge, pictures, y):
    """The judge's features of the scenes that are not to be empty."""
    return generated_pictures.features(judge, pictures[y.any(axis=1)])


def places(pictures, y):
    """Of scenes with one digit, the share of those that have it in each of the four places."""
    ink = pictures[y.sum(axis=1) == 1].reshape(-1, 2, 8, 2, 8).sum(axis=(2, 4))  # (n, 2, 2)
    return np.bincount(ink.reshape(-1, 4).argmax(axis=1), minlength=4) / len(ink)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS, help="this kind alone")
    parser.add_argument("--epochs", type=int, default=profiles.settings(LESSON, "quick").epochs, help="of each GAN")
    parser.add_argument("--json", type=pathlib.Path, help="add the figures to this file")
    arguments = parser.parse_args()
    figures = measure(arguments.seed, [arguments.kind] if arguments.kind else KINDS, arguments.epochs)
    print(json.dumps(record.rounded(figures), indent=1))
    if arguments.json:
        record.add_seed(arguments.json, arguments.seed, figures, epochs=arguments.epochs)


if __name__ == "__main__":
    main()
