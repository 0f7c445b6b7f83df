"""Does the contest of places help on photographs, too? CIFAR-100, with its 100 fine and 20 coarse labels.

    python benchmarks/contest_of_places.py --seed 0 --json benchmarks/results/contest_of_places.json

trains the GAN of lesson 04 with the contest of places in its generator and without, with as many updates, and adds
the figures of the seed to the JSON file: those of *validation* pictures, by a judge that was trained on real training
pictures alone. "real" has what it reads in these pictures, and how near as many training pictures come to them. So few
updates draw blurs; which of two blurs is nearer to photographs is all that is asked. (Scenes: `gan_scenes.py`.)
"""

import record
from gan_cifar100 import BATCH_SIZE, coarse_of_fine, kinds_right, look, part, train_classifier
from gan_scenes import KINDS

from mlc_tf import training
from mlc_tf.data import cifar100, images
from mlc_tf.evaluation import generated_pictures
from mlc_tf.models.gan import configurations

UPDATES, JUDGE_STEPS, COMPARED = 600, 2_000, 4_000


def measure(seed):
    """The figures of either generator, and those of real pictures."""
    dataset = cifar100.load_data()
    train, held_out = dataset.train, part(dataset.validation, COMPARED)
    parents = coarse_of_fine(train.y)
    judge = train_classifier(train.x, train.y, JUDGE_STEPS, seed)
    of_real, answers = look(judge, held_out.x)
    compared = generated_pictures.fidelity_and_diversity
    copies = generated_pictures.features(judge, part(train, COMPARED).x)
    found = {"real": kinds_right(held_out.y, answers, parents) | compared(of_real, copies)}
    for kind in ("course", "no contest"):
        batches = images.batches(train.x, train.y, BATCH_SIZE, seed).take(UPDATES)
        labels = train.y.shape[1]
        model = configurations.build(KINDS[kind], train.x.shape[1:], labels, seed, UPDATES)
        training.fit(model, batches, epochs=1)
        drawn, answers = look(judge, model.generate(held_out.y, seed))
        found[kind] = kinds_right(held_out.y, answers, parents) | compared(of_real, drawn)
    return found


if __name__ == "__main__":
    record.measure_a_seed(__doc__, measure, updates=UPDATES)
