"""Does the GAN of lesson 04 draw what it is asked for, like the real thing, and with its variety?

    python benchmarks/gan_scenes.py --seed 0 --json benchmarks/results/gan_scenes_0.json

trains as lesson 04 does and writes the figures of one seed (of the scenes, the judge and the GAN) to the JSON file.
The scores come from a judge that was trained on real training scenes alone. `..._real` is what real training scenes
score in the place of generated ones: all that a perfect copy of the training data could reach. Of every two pictures
the one is kept that the discriminator likes best, as lesson 04 comes to do; `drawn_once` has the figures without that.
"""

import argparse
import json
import pathlib
import time

import record

from mlc_tf import training
from mlc_tf.course import profiles
from mlc_tf.data import digit_scenes, images
from mlc_tf.evaluation import generated_pictures
from mlc_tf.models import cnn
from mlc_tf.models.gan import configurations

COMPARED = 4_000  # pictures on either side of a distance


def measure(seed):
    settings = profiles.settings("04_a_multi_label_gan", "quick")
    scenes = digit_scenes.load_data(size=16, train=settings.scenes, test=COMPARED, seed=seed)
    judge = train_classifier(scenes.train.x, scenes.train.y, settings.judge_steps, seed)

    batches = images.batches(scenes.train.x, scenes.train.y, configurations.CONFIGURATIONS["course"].batch_size, seed)
    steps = settings.epochs * len(batches)
    model = configurations.build("course", scenes.train.x.shape[1:], scenes.train.y.shape[1], seed, steps)
    started = time.perf_counter()
    training.fit(model, batches, settings.epochs)
    seconds = time.perf_counter() - started

    real, copy = (generated_pictures.features(judge, x) for x in (scenes.test.x, scenes.train.x[:COMPARED]))
    of_real = {
        **{f"{name}_real": score for name, score in generated_pictures.fidelity_and_diversity(real, copy).items()},
        # The judge is the same network as a pupil, trained likewise on real scenes.
        "train_on_real_micro_f1": generated_pictures.label_fidelity(judge, scenes.test.x, scenes.test.y)["micro-F1"],
    }

    def drawn(best_of):
        generated = model.generate(scenes.test.y, seed, best_of=best_of)
        fidelity = generated_pictures.label_fidelity(judge, generated, scenes.test.y)
        alike = generated_pictures.fidelity_and_diversity(real, generated_pictures.features(judge, generated))
        lessons = model.generate(scenes.train.y, seed + 1, best_of=best_of)
        pupil = train_classifier(lessons, scenes.train.y, settings.judge_steps, seed)
        taught = generated_pictures.label_fidelity(pupil, scenes.test.x, scenes.test.y)
        return {
            "label_micro_f1": fidelity["micro-F1"],
            "label_subset_accuracy": fidelity["subset accuracy"],
            **alike,
            "frechet_ratio": alike["frechet"] / of_real["frechet_real"],
            "coverage_ratio": alike["coverage"] / of_real["coverage_real"],
            "train_on_generated_micro_f1": taught["micro-F1"],
        }

    return {"train_seconds": seconds, **drawn(best_of=2), **of_real, "drawn_once": drawn(best_of=1)}


def train_classifier(x, y, steps, seed):
    """A classifier of these pictures, the judge or a pupil."""
    model = cnn.classifier(x.shape[1:], y.shape[1], seed)
    cnn.train(model, images.batches(x, y, 64, seed), steps)
    return model


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=pathlib.Path, help="write the figures to this file too")
    arguments = parser.parse_args()
    figures = record.rounded({"seed": arguments.seed, **measure(arguments.seed), "machine": record.machine()})
    print(json.dumps(figures, indent=1))
    if arguments.json:
        record.write(arguments.json, figures)


if __name__ == "__main__":
    main()
