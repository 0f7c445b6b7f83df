"""A GAN that draws the label set it is asked for: adversarial plus classification loss. Lesson 04.

Odena et al. 2017 (AC-GAN: a discriminator that also names the class), for label sets; with the projection of Miyato &
Koyama 2018 and the mismatched pairs of Reed et al. 2016.
"""

import inspect

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data.conversion import SCALED
from mlc_tf.models.gan import augmentation, losses, step
from mlc_tf.models.seeds import seeded

MOVING_AVERAGE = 0.998  # the share that the averaged generator keeps of itself in a step
NOT_FINITE = "is not finite"
PICTURES_AT_ONCE = 256
INSTEAD = {
    "validation_data": "a GAN has no loss that validation could lower: give `fit` the callback "
    "`mlc_tf.evaluation.generated_pictures.LabelFidelity`, which judges pictures drawn for validation label sets",
    "sample_weight": "each picture counts once, with its whole label set: to weigh some more, repeat their rows in the "
    "training data",
}
INSTEAD |= {"validation_split": INSTEAD["validation_data"], "class_weight": INSTEAD["sample_weight"]}


@keras.saving.register_keras_serializable("mlc_tf")
class MultiLabelGAN(keras.Model):
    """Generator and discriminator, trained against each other by `fit`.

    All chance of a training step follows from `seed` and the number of the step, whatever the number of devices: a
    training can be repeated, resumed, and shared. Each device has consecutive rows of a batch and compares pictures
    among them. So as long as the shares of all but the last device are divisible by 4, and the networks compare no
    pictures but as `networks.Spread` does and draw no random numbers, any number of devices trains as one does, but
    for rounding. Otherwise a step on several devices makes other pairs than one device would.

    Args:
        generator: from `[noise (batch, z), label sets (batch, K)]` to pictures in [-1, 1].
        discriminator: from such pictures to a dictionary: `"score"` `(batch, 1)`, high for real; `"labels"`
            `(batch, K)`, logits of the label confidences; and, for projection, `"match"` `(batch, K)`, what each label
            adds to the score when the picture is said to have it.
        seed: a whole number.
    """

    def __init__(self, generator: keras.Model, discriminator: keras.Model, seed: int = 0, **options):
        super().__init__(**options)
        self.generator, self.discriminator, self.seed = generator, discriminator, seed
        with seeded(seed):  # a copy draws first weights too
            self.average = keras.models.clone_model(generator)
        self.average.set_weights(generator.get_weights())
        self.average.trainable = False
        self.noise_size, self.label_count = generator.input_shape[0][1], generator.input_shape[1][1]
        self.picture_shape = tuple(generator.output_shape[1:])
        _check_pair(self.picture_shape, self.label_count, discriminator)
        self.built = True

    def compile(
        self,
        generator_optimizer,
        discriminator_optimizer,
        adversarial: str | losses.Adversarial = "hinge",
        classification_weight: float = 1.0,
        generated_classification_weight: float = 0.5,
        variety_weight: float = 0.0,
        penalty_weight: float = 0.0,
        augment: tuple[str, ...] = (),
        steps_per_execution: int = 1,
        run_eagerly: bool = False,
    ):
        """Says how to train.

        Args:
            generator_optimizer, discriminator_optimizer: Keras optimizers, one each. Where the networks compute in
                float16, they are wrapped in a `keras.optimizers.LossScaleOptimizer`.
            adversarial: a name in `losses.ADVERSARIAL`, or a loss of your own. To be saved and loaded, its functions
                need `keras.saving.register_keras_serializable`.
            classification_weight: lambda of the classification loss on real pictures, for the discriminator.
            generated_classification_weight: lambda of it on generated pictures, for the generator; 0 leaves it out.
            variety_weight: what the generator is paid for the difference between two pictures of one label set.
            penalty_weight: weight of the gradient penalty; needed with `"wasserstein"`, where 10 is usual.
            augment: differentiable augmentation, a tuple of names out of "shift", "colour", "cut".
            steps_per_execution, run_eagerly: as for `keras.Model.compile`.

        Raises:
            ValueError: when a value is outside its range.
        """
        self.execution = {"steps_per_execution": steps_per_execution, "run_eagerly": run_eagerly}
        super().compile(optimizer=None, jit_compile=False, **self.execution)
        self.adversarial = losses.adversarial(adversarial)
        weights = {
            "classification_weight": classification_weight,
            "generated_classification_weight": generated_classification_weight,
            "variety_weight": variety_weight,
            "penalty_weight": penalty_weight,
        }
        for name, value in weights.items():
            if not value >= 0 or value == float("inf"):
                raise ValueError(f"{name}: expected a number from 0 on, found {value!r}")
            setattr(self, name, float(value))
        self.weight_names = tuple(weights)
        self.augment = augmentation.check(augment)
        self.generator_optimizer = _ready(generator_optimizer, self.generator)
        self.discriminator_optimizer = _ready(discriminator_optimizer, self.discriminator)
        self.trackers = {name: keras.metrics.Mean(name) for name in self._term_names()}

    def _term_names(self) -> list[str]:
        names = ["D real", "D fake"]
        names += ["D mismatch"] if "match" in self.discriminator.output else []
        names += ["D labels"] if self.classification_weight else []
        names += ["D penalty"] if self.penalty_weight else []
        names += ["G adversarial"]
        names += ["G labels"] if self.generated_classification_weight else []
        return names + (["G variety"] if self.variety_weight else [])

    @property
    def metrics(self):
        """The loss terms by name: what the discriminator (D) and the generator (G) pay, before their weights."""
        return list(self.trackers.values()) if self.compiled else []

    def train_step(self, data):
        """One step of the generator and one of the discriminator, as `gan.step` says.

        Args:
            data: pictures `(batch, height, width, channels)`, uint8, and label sets `(batch, K)`.

        Raises:
            ValueError: when pictures or label sets are of another shape than the networks', or there is more in `data`.
        """
        self._check_batch(data)
        x, y, share = step.share(to_network(data[0]), tf.cast(data[1], tf.float32))
        with tf.GradientTape(persistent=True) as tape:
            terms = step.terms(self, x, y, share)
            discriminator_loss, generator_loss = step.weighted(self, terms)

        finite = [tf.debugging.check_numerics(value, f"{name} {NOT_FINITE}") for name, value in terms.items()]
        with tf.control_dependencies(finite):  # no weight is touched by a step that went wrong
            step.descend(tape, generator_loss, self.generator, self.generator_optimizer)
            step.descend(tape, discriminator_loss, self.discriminator, self.discriminator_optimizer)
        self._update_average()
        for name, tracker in self.trackers.items():
            tracker.update_state(terms[name])
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def _check_batch(self, data) -> None:
        if not isinstance(data, tuple) or len(data) != 2:
            raise ValueError(
                "expected batches of pictures and label sets, two parts; a GAN takes no sample_weight: "
                + INSTEAD["sample_weight"]
            )
        x, y = data
        shapes = {"pictures": (x.shape, self.picture_shape), "label sets": (y.shape, (self.label_count,))}
        for name, (found, shape) in shapes.items():
            if not found.is_compatible_with((None, *shape)):
                raise ValueError(
                    f"{name}: expected batches of shape {('batch', *shape)}, as the networks were built for; found "
                    f"{tuple(found)}. Build the GAN for these, or bring them to that shape: x[..., None] gives grey "
                    "pictures their channel"
                )
        if x.dtype != tf.uint8:
            raise ValueError(
                f"pictures: expected uint8 in 0..255, which the model scales itself; found {x.dtype.name}. {SCALED}"
            )

    def _update_average(self) -> None:
        done = tf.cast(self.generator_optimizer.iterations.value, tf.float32)
        keep = tf.minimum(MOVING_AVERAGE, (1 + done) / (10 + done))  # young averages forget faster
        for averaged, weight in zip(self.average.weights, self.generator.weights, strict=True):
            averaged.assign(keep * averaged + (1 - keep) * weight)

    def fit(self, *arguments, **options):
        """`keras.Model.fit` on pictures `(N, height, width, channels)`, uint8, and label sets `(N, K)`.

        Raises:
            ValueError: when shapes or types are others, before any weight moves; for validation data and for weights
                of pictures or classes, which a GAN has no use for.
            FloatingPointError: when a loss term is not finite, before this step touches a weight.
        """
        given = inspect.signature(super().fit).bind(*arguments, **options).arguments
        for name, instead in INSTEAD.items():
            if given.get(name) is not None:
                raise ValueError(f"{name}: {instead}")
        try:
            return super().fit(*arguments, **options)
        except tf.errors.InvalidArgumentError as error:
            devices = self.distribute_strategy.num_replicas_in_sync
            if devices > 1 and "AddN" in str(error):  # where Keras looks at the first batch
                raise ValueError(
                    f"batch size: expected one that is divisible by {devices}, as there are so many devices and Keras "
                    "takes the mean of what they get first; found one that is not. Only a last batch may be smaller"
                ) from None
            names = [name for name in self._term_names() if f"{name} {NOT_FINITE}" in str(error)]
            if not names:
                raise
            done = int(self.discriminator_optimizer.iterations)
            raise FloatingPointError(
                f"training stopped in step {done + 1} of the discriminator: the loss term {names[0]!r} {NOT_FINITE}. "
                "Three things to try: learning rates a third as high; a penalty_weight (1 with hinge, 10 with "
                "wasserstein); smaller classification weights. What was saved before is untouched."
            ) from None

    def evaluate(self, *arguments, **options):
        """Raises NotImplementedError, which says what to use instead."""
        raise NotImplementedError(f"evaluate: {INSTEAD['validation_data']}")

    def call(self, inputs):
        """Pictures in [-1, 1] `(batch, height, width, channels)` for `[noise, label sets]`, by the averaged weights."""
        return step.float32(self.average(inputs, training=False))

    def generate(
        self, label_sets: np.ndarray, seed: int = 0, noise: np.ndarray | None = None, best_of: int = 1
    ) -> np.ndarray:
        """Draws a picture for each label set.

        Args:
            label_sets: `(N, K)` of 0 and 1.
            seed: of the noise; the same seed and label sets give the same pictures.
            noise: `(N, noise size)`, to choose it yourself.
            best_of: how often to draw for each label set; the picture that the discriminator likes best is kept, by its
                score with the label set less the classification loss. Azadi et al. 2019, "Discriminator rejection
                sampling", throw pictures away likewise. Lesson 04.

        Returns:
            Pictures `(N, height, width, channels)`, uint8.

        Raises:
            ValueError: when a shape does not fit, a label set holds something else than 0 and 1, or `best_of` is no
                whole number from 1 on, or not 1 with a noise of your own.
        """
        if not isinstance(best_of, int | np.integer) or best_of < 1 or (best_of > 1 and noise is not None):
            raise ValueError(
                f"best_of: expected a whole number from 1 on, and 1 where noise is given; found {best_of!r}"
            )
        label_sets = np.asarray(label_sets, np.float32)
        shape_fits = label_sets.ndim == 2 and label_sets.shape[1] == self.label_count and len(label_sets) > 0
        if not shape_fits or not np.isin(label_sets, (0, 1)).all():
            raise ValueError(
                f"label_sets: expected a matrix (N, {self.label_count}) of 0 and 1, a row or more; "
                f"found shape {label_sets.shape}, values {label_sets.min(initial=0)} to {label_sets.max(initial=0)}"
            )
        shape = (len(label_sets), self.noise_size)
        if noise is None:
            noise = np.random.default_rng(seed).standard_normal((best_of, *shape))
        elif np.shape(noise) == shape:
            noise = np.asarray(noise)[None]
        else:
            raise ValueError(f"noise: expected shape {shape}, found {np.shape(noise)}")
        starts = range(0, len(label_sets), PICTURES_AT_ONCE)
        parts = [slice(start, start + PICTURES_AT_ONCE) for start in starts]
        return np.concatenate([self._best(noise[:, part].astype(np.float32), label_sets[part]) for part in parts])

    def _best(self, noise: np.ndarray, y: np.ndarray) -> np.ndarray:
        """A picture for each of the label sets `(n, K)`, uint8, the best of those for the noise `(best of, n, z)`."""
        drawn = [np.round((self([z, y]).numpy() + 1) * 127.5).astype(np.uint8) for z in noise]
        if len(drawn) == 1:
            return drawn[0]
        liked = []
        for pictures in drawn:
            answer = step.float32(self.discriminator(to_network(pictures), training=False))
            liked.append(step.score(answer, y)[:, 0] - losses.label_set_cross_entropy(y, answer["labels"]))
        return np.stack(drawn)[np.argmax(liked, axis=0), np.arange(len(y))]

    def get_config(self) -> dict:
        """The networks and the seed, for `save`."""
        networks = {
            name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("generator", "discriminator")
        }
        return {**networks, "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict):
        """The model of such a configuration."""
        networks = {
            name: keras.saving.deserialize_keras_object(config[name]) for name in ("generator", "discriminator")
        }
        return cls(**{**config, **networks})

    def get_compile_config(self) -> dict:
        """What `compile` was given, for `save`."""
        optimizers = {
            name: keras.saving.serialize_keras_object(getattr(self, name))
            for name in ("generator_optimizer", "discriminator_optimizer")
        }
        adversarial = next((name for name, loss in losses.ADVERSARIAL.items() if loss is self.adversarial), None)
        if adversarial is None:
            terms = vars(self.adversarial)
            adversarial = {side: keras.saving.serialize_keras_object(term) for side, term in terms.items()}
        weights = {name: getattr(self, name) for name in self.weight_names}
        return {**optimizers, "adversarial": adversarial, **weights, "augment": self.augment, **self.execution}

    def compile_from_config(self, config: dict) -> None:
        """Compiles as the saved model was."""
        config = keras.saving.deserialize_keras_object(config)
        if isinstance(config["adversarial"], dict):
            config["adversarial"] = losses.Adversarial(**config["adversarial"])
        self.compile(**config)


def to_network(pictures: tf.Tensor) -> tf.Tensor:
    """Pictures in 0..255 brought to [-1, 1], where a generator that ends in tanh draws."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1


def _ready(optimizer, network: keras.Model) -> keras.optimizers.Optimizer:
    """The optimizer with its variables: under a strategy it cannot make them inside of a step."""
    optimizer = keras.optimizers.get(optimizer)
    in_float16 = any(layer.compute_dtype == "float16" for layer in network.layers)
    # Small gradients are 0 in float16. Keras wraps `model.optimizer` likewise, but we have two.
    if in_float16 and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer


def _check_pair(picture_shape: tuple, labels: int, discriminator: keras.Model) -> None:
    expects = tuple(discriminator.input_shape[1:])
    if expects != picture_shape:
        raise ValueError(
            f"the generator draws pictures of shape {picture_shape}, but the discriminator takes {expects}: build "
            "both for the same picture_shape"
        )
    shapes = {name: output.shape[1] for name, output in discriminator.output.items()}
    wanted = {"score": 1, "labels": labels, "match": labels}
    if any(shapes.get(name, size) != size for name, size in wanted.items()) or not {"score", "labels"} <= set(shapes):
        raise ValueError(
            f"the discriminator should give {wanted} numbers a picture (match is optional), found {shapes}"
        )
