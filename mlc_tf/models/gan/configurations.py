"""Whole GANs by name: networks, optimizers, losses and batch size that belong together. Lesson 04."""

import dataclasses
from collections.abc import Callable

import keras

from mlc_tf.models.gan import networks
from mlc_tf.models.gan.model import MultiLabelGAN


@dataclasses.dataclass(frozen=True)
class Configuration:
    """What makes a GAN.

    Args:
        generator, discriminator: builders as in `networks`, called with picture_shape, labels and `seed=`.
        rates: learning rates of generator and discriminator.
        betas: how long Adam remembers gradients and their squares (beta_1, beta_2).
        compile: further arguments of `MultiLabelGAN.compile`.
        batch_size: of the training.
    """

    generator: Callable[..., keras.Model]
    discriminator: Callable[..., keras.Model]
    rates: tuple[float, float]
    betas: tuple[float, float]
    compile: dict
    batch_size: int


CONFIGURATIONS = {
    "course": Configuration(
        generator=networks.generator,
        discriminator=networks.discriminator,
        rates=(5e-4, 1e-3),
        betas=(0.0, 0.99),
        compile={
            "adversarial": "hinge",
            "generated_classification_weight": 0.1,
            "variety_weight": 0.5,
            "penalty_weight": 0.1,
        },
        batch_size=64,
    ),
    # The article's layers, optimizers and batch size; its cross-entropy, in the form that can be trained.
    "article": Configuration(
        generator=networks.article_generator,
        discriminator=networks.article_discriminator,
        rates=(2e-4, 2e-4),
        betas=(0.5, 0.999),
        compile={"adversarial": "non-saturating"},
        batch_size=32,
    ),
}


def build(
    configuration: str | Configuration,
    picture_shape: tuple[int, int, int],
    labels: int,
    seed: int = 0,
    steps: int | None = None,
    **changes,
) -> MultiLabelGAN:
    """The compiled GAN of this configuration; its weights follow from the seed, whatever was built before.

    Args:
        configuration: a name in `CONFIGURATIONS`, or one of your own.
        picture_shape: (side, side, channels).
        labels: K.
        seed: of the first weights and of the training.
        steps: of the whole training; the learning rates fall to 0 along them, as a cosine. `None` keeps them
            as they are.
        changes: arguments of `MultiLabelGAN.compile` to set otherwise.

    Raises:
        ValueError: when there is no such configuration, or a network cannot be built for such pictures.
    """
    if not isinstance(configuration, Configuration):
        if configuration not in CONFIGURATIONS:
            raise ValueError(
                f"configuration: expected one of {', '.join(CONFIGURATIONS)}, or a Configuration; "
                f"found {configuration!r}"
            )
        configuration = CONFIGURATIONS[configuration]
    generator = configuration.generator(picture_shape, labels, seed=seed)
    model = MultiLabelGAN(generator, configuration.discriminator(picture_shape, labels, seed=seed), seed)
    options = {**configuration.compile, **changes}
    for player, rate in zip(("generator", "discriminator"), configuration.rates, strict=True):
        falling = keras.optimizers.schedules.CosineDecay(rate, steps) if steps else rate
        options.setdefault(f"{player}_optimizer", keras.optimizers.Adam(falling, *configuration.betas))
    model.compile(**options)
    return model
