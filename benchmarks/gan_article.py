"""The layers of the GAN article at its own picture sizes, 28 x 28 x 1 and 32 x 32 x 3, beside those of the course.

    python benchmarks/gan_article.py --seed 0 --json benchmarks/results/gan_article.json

trains both on digit scenes of either size, with as many pictures, and adds the figures of the seed to the JSON file,
those of validation scenes, by a judge that was trained on real training scenes. "real" and "does not listen" are what
real scenes score with their own label sets and with those of others. The article's GAN is put together rightly: label
sets as input, a real/fake score, one range for all pictures, both losses (lesson 04, step 13).
"""

import numpy as np
import record
from gan_scenes import features, fidelity, train_classifier, train_gan

from mlc_tf.data import digit_scenes
from mlc_tf.evaluation import generated_pictures
from mlc_tf.models.gan import configurations

SIZES = {"28x28x1": (28, 1), "32x32x3": (32, 3)}
EPOCHS, JUDGE_STEPS = 4, 1_000


def measure(size, channels, seed):
    scenes = digit_scenes.load_data(size=size, channels=channels, train=8_000, validation=2_000, seed=seed)
    train, held_out = scenes.train, scenes.validation
    judge = train_classifier(train.x, train.y, JUDGE_STEPS, seed)
    of_real = features(judge, held_out.x, held_out.y)
    compared = generated_pictures.fidelity_and_diversity
    found = {
        "real": {"mean_pixel": held_out.x.mean()}
        | fidelity(judge, held_out.x, held_out.y)
        | compared(of_real, features(judge, train.x[: len(held_out)], train.y[: len(held_out)])),
        "does not listen": fidelity(judge, held_out.x, np.roll(held_out.y, 1, axis=0)),
    }
    for kind in ("article", "course"):
        model = train_gan(configurations.CONFIGURATIONS[kind], train, EPOCHS, seed)
        drawn = model.generate(held_out.y, seed)
        parts = {"generator": model.generator, "discriminator": model.discriminator}
        found[kind] = {
            "parameters": {part: network.count_params() for part, network in parts.items()},
            "mean_pixel": drawn.mean(),
            **fidelity(judge, drawn, held_out.y),
            **compared(of_real, features(judge, drawn, held_out.y)),
        }
    return found


def of_all_sizes(seed):
    return {name: measure(*size, seed) for name, size in SIZES.items()}


if __name__ == "__main__":
    record.measure_a_seed(__doc__, of_all_sizes, epochs=EPOCHS)
