"""The multi-label GAN: losses against formulas, one step against plain arithmetic, and what people do with it."""

import dataclasses
import functools
import importlib
import json
import os
import pathlib
import pkgutil
import random
import subprocess
import sys
import types

import gan_resumed
import gan_two_devices
import keras
import numpy as np
import pytest
import tensorflow as tf

import mlc_tf
from mlc_tf import training
from mlc_tf.data import images
from mlc_tf.models.gan import MultiLabelGAN, augmentation, configurations, losses, networks, step

SCORES = np.linspace(-4, 4, 9, dtype=np.float32)[:, None]
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.integers(0, 256, (32, 8, 8, 1), np.uint8), RANDOM.integers(0, 2, (32, 3), np.uint8)


OWN = (lambda s: tf.square(s - 1), lambda s: tf.square(s), lambda s: tf.square(s - 1))  # Mao et al. 2017


def small(optimizer=lambda: keras.optimizers.SGD(0.1), seed=2, **options):
    generator = networks.generator((8, 8, 1), labels=3, noise_size=8, width=4)
    model = MultiLabelGAN(generator, networks.discriminator((8, 8, 1), labels=3, width=4), seed)
    model.compile(optimizer(), optimizer(), **options)
    return model


def fitted(model, epochs=1, batch_size=8):
    return model.fit(images.batches(X, Y, batch_size), epochs=epochs, verbose=0).history


def slope(function, at):
    at = tf.constant(at)
    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    return tape.gradient(value, at).numpy()


def sigmoid(s):
    return 1 / (1 + np.exp(-s.astype(np.float64)))


def test_adversarial_losses_are_their_formulas():
    log = np.log
    formulas = {
        "minimax": (-log(sigmoid(SCORES)), -log(1 - sigmoid(SCORES)), log(1 - sigmoid(SCORES))),
        "non-saturating": (-log(sigmoid(SCORES)), -log(1 - sigmoid(SCORES)), -log(sigmoid(SCORES))),
        "hinge": (np.maximum(0, 1 - SCORES), np.maximum(0, 1 + SCORES), -SCORES),
        "wasserstein": (-SCORES, SCORES, -SCORES),
    }
    assert formulas.keys() == losses.ADVERSARIAL.keys()
    for name, expected in formulas.items():
        terms = losses.adversarial(name)
        for side, values in zip(("real", "fake", "generator"), expected, strict=True):
            np.testing.assert_allclose(getattr(terms, side)(tf.constant(SCORES)), values, rtol=1e-5, atol=1e-6)
    with pytest.raises(ValueError, match="expected one of minimax, .*; found 'wgan'"):
        losses.adversarial("wgan")


def test_where_the_discriminator_is_sure_only_minimax_stops_teaching_the_generator():
    sure = np.float32([[-20.0]])
    np.testing.assert_allclose(slope(losses.adversarial("minimax").generator, sure), 0, atol=1e-8)
    for name in ("non-saturating", "hinge", "wasserstein"):
        np.testing.assert_allclose(slope(losses.adversarial(name).generator, sure), -1, atol=1e-6)
    np.testing.assert_allclose(slope(losses.adversarial("minimax").generator, SCORES), -sigmoid(SCORES), rtol=1e-5)
    # Extreme scores stay finite in value and slope.
    extreme = np.float32([[-1e4], [1e4]])
    for terms in losses.ADVERSARIAL.values():
        for function in (terms.real, terms.fake, terms.generator):
            assert np.isfinite(function(extreme)).all() and np.isfinite(slope(function, extreme)).all()


def test_the_gradient_penalty_of_a_linear_critic_and_its_own_slope():
    weights = np.float32([3.0, 4.0])  # the gradient is of length 5 everywhere
    points = tf.constant(RANDOM.normal(size=(6, 2)).astype(np.float32))

    def penalty(w, norm=1.0):
        return losses.gradient_penalty(lambda x: x @ tf.reshape(w, (2, 1)), points, norm)

    np.testing.assert_allclose(penalty(tf.constant(weights)), 16, rtol=1e-6)
    np.testing.assert_allclose(penalty(tf.constant(weights), norm=0.0), 25, rtol=1e-6)
    # d/dw (|w| - 1)^2 = 2 (|w| - 1) w / |w|
    np.testing.assert_allclose(slope(penalty, weights), 2 * 4 * weights / 5, rtol=1e-5)
    # A critic that is flat has a penalty of 1, and no weight becomes NaN by it.
    flat = np.zeros(2, np.float32)
    np.testing.assert_allclose(penalty(tf.constant(flat)), 1, rtol=1e-5)
    assert np.isfinite(slope(penalty, flat)).all()


def test_the_slope_of_the_penalty_agrees_with_finite_differences():
    points = tf.constant(RANDOM.normal(size=(4, 3)).astype(np.float64))
    weights = RANDOM.normal(size=(3, 3))

    def penalty(w):
        return losses.gradient_penalty(lambda x: tf.reduce_sum(tf.tanh(x @ w), axis=1, keepdims=True), points)

    found, tiny = slope(penalty, weights), 1e-6
    for place in np.ndindex(weights.shape):
        shift = np.zeros_like(weights)
        shift[place] = tiny
        difference = (penalty(tf.constant(weights + shift)) - penalty(tf.constant(weights - shift))) / (2 * tiny)
        np.testing.assert_allclose(found[place], difference, rtol=1e-5, atol=1e-8)


def test_points_between_and_the_classification_loss():
    real, fake = np.zeros((3, 2, 2, 1), np.float32), np.ones((3, 2, 2, 1), np.float32)
    position = np.float32([[0.0], [0.25], [1.0]])
    np.testing.assert_array_equal(losses.between(real, fake, position)[:, 0, 0, 0], position[:, 0])
    logits = RANDOM.normal(size=(7, 5)).astype(np.float32)
    y = RANDOM.integers(0, 2, (7, 5)).astype(np.float32)
    mean = keras.losses.BinaryCrossentropy(from_logits=True)(y, logits)
    np.testing.assert_allclose(losses.classification(y, logits), 5 * mean, rtol=1e-5)


def test_augmentation_shifts_cuts_and_recolours_as_the_random_numbers_say():
    pictures = RANDOM.uniform(-1, 1, (3, 8, 8, 3)).astype(np.float32)
    # A side of 8 moves by up to 1: below 1/3 the window goes one pixel up or left, above 2/3 down or right.
    moved = augmentation.augment(pictures, ("shift",), tf.constant([[0.5, 0.5], [0.0, 0.5], [0.5, 0.9]]))
    np.testing.assert_array_equal(moved[0], pictures[0])
    down, left = np.roll(pictures[1], 1, axis=0), np.roll(pictures[2], -1, axis=1)
    down[0], left[:, -1] = -1, -1
    np.testing.assert_array_equal(moved[1], down)
    np.testing.assert_array_equal(moved[2], left)
    cut = augmentation.augment(pictures, ("cut",), tf.constant([[0.5, 0.5], [0.0, 0.0], [0.99, 0.5]])).numpy()
    for picture, changed, rows, columns in zip(
        pictures, cut, ((2, 6), (0, 2), (6, 8)), ((2, 6), (0, 2), (2, 6)), strict=True
    ):
        expected = picture.copy()
        expected[slice(*rows), slice(*columns)] = -1
        np.testing.assert_array_equal(changed, expected)
    recoloured = augmentation.augment(pictures, ("colour",), tf.constant([[0.75, 0.5, 0.5]] * 3))
    np.testing.assert_allclose(recoloured, pictures + 0.25, atol=1e-6)
    assert augmentation.numbers_needed(("shift", "colour", "cut")) == 7
    for bad in ("shift", ("shift", "flip")):
        with pytest.raises(ValueError, match="expected a tuple of names out of shift, colour, cut"):
            augmentation.check(bad)


def test_augmentation_passes_gradients_on():
    pictures = RANDOM.uniform(-1, 1, (4, 16, 16, 1)).astype(np.float32)
    random = tf.constant(RANDOM.uniform(size=(4, 7)).astype(np.float32))
    policy = ("shift", "colour", "cut")
    gradient = slope(lambda x: tf.reduce_sum(augmentation.augment(x, policy, random) ** 2), pictures)
    assert np.isfinite(gradient).all() and (np.abs(gradient).sum(axis=(1, 2, 3)) > 0).all()


@pytest.mark.parametrize("shape", [(16, 16, 1), (28, 28, 1), (32, 32, 3)])
@pytest.mark.parametrize("name", configurations.CONFIGURATIONS)
def test_one_builder_makes_networks_for_any_picture(name, shape):
    model = configurations.build(name, shape, labels=6, seed=0)
    pictures = model.generate(np.eye(6))
    assert pictures.shape == (6, *shape) and pictures.dtype == np.uint8
    answer = model.discriminator(pictures.astype(np.float32))
    assert {key: value.shape[1] for key, value in answer.items()} == {
        **{"score": 1, "labels": 6},
        **({"match": 6} if name == "course" else {}),
    }


def test_the_articles_configuration_is_the_articles_and_trains():
    model = configurations.build("article", (28, 28, 1), labels=3)
    assert configurations.CONFIGURATIONS["article"].batch_size == 32
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert (float(optimizer.learning_rate), optimizer.beta_1) == (pytest.approx(2e-4), 0.5)
    assert model.generator.input_shape == [(None, 100), (None, 3)]
    x = RANDOM.integers(0, 256, (32, 28, 28, 1), np.uint8)
    history = model.fit(images.batches(x, Y, 32), verbose=0).history
    assert np.isfinite([values[0] for values in history.values()]).all()
    with pytest.raises(ValueError, match="expected one of course, article, or a .*found 'dcgan'"):
        configurations.build("dcgan", (28, 28, 1), labels=3)


@pytest.mark.parametrize("shape", [(30, 30, 1), (28, 32, 1), (4, 4, 1), (14, 14, 1), (28, 28), 28, (16.0, 16, 1), ()])
def test_pictures_that_cannot_be_drawn_are_refused(shape):
    for builder in (networks.generator, networks.discriminator, networks.article_generator):
        with pytest.raises(ValueError, match=r"picture_shape: expected \(side, side, channels\).*found .*Crop, pad"):
            builder(shape, labels=3)
    with pytest.raises(ValueError, match="channels: expected a whole number from 1 on, found 0"):
        networks.generator((16, 16, 0), labels=3)


def test_the_same_seed_gives_the_same_networks_and_no_global_state_moves():
    def built(kind, seed):
        return [weight.numpy() for weight in configurations.build(kind, (8, 8, 1), 3, seed).weights]

    def states():
        drawn = keras.random.uniform((3,)), tf.random.uniform((3,))  # from the generators of Keras and TensorFlow
        numpy_state = str(np.random.get_state())  # noqa: NPY002  (it is what must not move)
        return random.getstate(), numpy_state, [array.numpy().tolist() for array in drawn]

    for kind in ("course", "article"):
        keras.utils.set_random_seed(5)
        undisturbed = states()
        keras.utils.set_random_seed(5)
        first = built(kind, 1)
        assert states() == undisturbed
        keras.utils.set_random_seed(6)
        again, other = built(kind, 1), built(kind, 2)
        assert all((a == b).all() for a, b in zip(first, again, strict=True))
        assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_a_configuration_of_ones_own_is_built():
    own = dataclasses.replace(
        configurations.CONFIGURATIONS["course"], rates=(1e-3, 2e-3), compile={"adversarial": losses.Adversarial(*OWN)}
    )
    model = configurations.build(own, (8, 8, 1), 3, run_eagerly=True)
    assert float(model.discriminator_optimizer.learning_rate) == pytest.approx(2e-3)
    assert np.isfinite(list(fitted(model, batch_size=32).values())).all()


@pytest.mark.parametrize("kind", configurations.CONFIGURATIONS)
@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_it_trains_in_mixed_precision(policy, kind):
    before = keras.mixed_precision.global_policy()
    keras.mixed_precision.set_global_policy(policy)
    try:
        model = configurations.build(kind, (8, 8, 1), 3, run_eagerly=True)
    finally:
        keras.mixed_precision.set_global_policy(before)
    weights = [model.generator.get_weights(), model.discriminator.get_weights()]
    logs = fitted(model)
    assert np.isfinite(list(logs.values())).all()
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        assert isinstance(optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
        assert int(optimizer.iterations) > 0
    for old, network in zip(weights, (model.generator, model.discriminator), strict=True):
        assert any((a != b).any() for a, b in zip(old, network.get_weights(), strict=True))
        assert all(np.isfinite(weight).all() for weight in network.get_weights())
    assert model.generate(np.eye(3), best_of=2).dtype == np.uint8


def test_where_the_scaled_loss_is_too_large_the_step_is_left_out_and_the_scale_halved():
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        model = configurations.build("course", (8, 8, 1), 3, run_eagerly=True)
    finally:
        keras.mixed_precision.set_global_policy("float32")
    before = model.generator.get_weights()
    for optimizer in (model.generator_optimizer, model.discriminator_optimizer):
        optimizer.dynamic_scale.assign(2.0**60)
    fitted(model, batch_size=32)
    assert float(model.generator_optimizer.dynamic_scale) == 2.0**59
    for a, b in zip(before, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "x, y, says",
    [
        (X / 255, Y, "pictures: expected uint8 in 0..255.*found float64. Pictures in 0..1 become"),
        (X.astype(np.int32), Y, "pictures: expected uint8 in 0..255.*found int32"),
        (X[..., 0], Y, r"pictures: expected batches of shape \('batch', 8, 8, 1\).*found \(.*8, 8\).*channel"),
        (np.repeat(X, 3, axis=3), Y, r"found \(.*8, 8, 3\)"),
        (X, Y[:, :2], r"label sets: expected batches of shape \('batch', 3\).*found \(.*2\)"),
    ],
)
def test_pictures_and_label_sets_of_another_kind_are_refused_before_a_weight_moves(x, y, says):
    model = small()
    before = model.get_weights()
    pairs = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)  # a pipeline of one's own
    with pytest.raises(ValueError, match=says):
        model.fit(pairs, verbose=0)
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_a_gan_has_no_use_for_is_named_with_what_to_use_instead():
    model = small(run_eagerly=True)
    with pytest.raises(NotImplementedError, match="evaluate: .*LabelFidelity"):
        model.evaluate(X, Y)
    for name, value, instead in (
        ("validation_data", (X, Y), "LabelFidelity"),
        ("validation_split", 0.5, "LabelFidelity"),
        ("class_weight", {0: 2.0}, "repeat their rows"),
        ("sample_weight", np.ones(32), "repeat their rows"),
    ):
        with pytest.raises(ValueError, match=f"{name}: .*{instead}"):
            model.fit(X, Y, **{name: value})
    with pytest.raises(ValueError, match="no sample_weight: .*repeat their rows"):
        model.fit(tf.data.Dataset.from_tensors((X, Y, np.ones(32))))


def test_without_rounds_the_contest_of_places_is_left_out():
    contested, plain = (networks.generator((16, 16, 1), labels=3, width=4, rounds=rounds) for rounds in (4, 0))
    kinds = [[type(layer).__name__ for layer in model.layers] for model in (contested, plain)]
    assert [names.count("Softmax") for names in kinds] == [4, 0]
    assert plain([np.zeros((2, 100)), np.eye(3)[:2]]).shape == (2, 16, 16, 1)


def test_networks_that_do_not_fit_each_other_are_refused():
    generator = networks.generator((16, 16, 1), labels=3, width=4)
    with pytest.raises(ValueError, match="draws pictures of shape .16, 16, 1., but the discriminator takes .8, 8, 1."):
        MultiLabelGAN(generator, networks.discriminator((8, 8, 1), labels=3, width=4))
    with pytest.raises(ValueError, match="'labels': 3.*found .*'labels': 4"):
        MultiLabelGAN(generator, networks.discriminator((16, 16, 1), labels=4, width=4))


@pytest.mark.parametrize(
    "change",
    [
        {"adversarial": "?"},
        {"penalty_weight": -1},
        {"variety_weight": float("nan")},
        {"classification_weight": float("nan")},
        {"augment": "shift"},
    ],
)
def test_settings_outside_their_range_are_named(change):
    with pytest.raises(ValueError, match="adversarial loss|augmentation|" + next(iter(change))):
        small(**change)


def softplus(s):
    return tf.math.log(1 + tf.exp(s))


def partners(rows):
    """Each row's neighbour and twin, spelt out: pairs, and pairs of pairs; None where there is no twin."""
    neighbour = {1: [0]}.get(rows, [row + 1 if row % 2 == 0 else row - 1 for row in range(rows)])
    if rows % 2 and rows > 1:
        neighbour[-1] = rows - 2
    twin = [row + 2 if row % 4 < 2 else row - 2 for row in range(rows)]
    return np.array(neighbour), [row if row < rows else None for row in twin]


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 6, 7, 32])
def test_one_step_is_what_the_formulas_say(rows):
    rate, keep = 0.1, 2 / 11  # the moving average is young
    model = small(
        adversarial="non-saturating",
        classification_weight=2.0,
        generated_classification_weight=0.3,
        variety_weight=0.4,
        penalty_weight=0.7,
        run_eagerly=rows < 32,  # tracing takes longer than computing
    )
    generator, discriminator = (keras.models.clone_model(part) for part in (model.generator, model.discriminator))
    generator.set_weights(model.generator.get_weights())
    discriminator.set_weights(model.discriminator.get_weights())
    before = model.average.get_weights()
    logs = model.fit(images.batches(X[:rows], Y[:rows], rows), verbose=0).history

    x, y = tf.constant(X[:rows] / 127.5 - 1, tf.float32), Y[:rows].astype(np.float32)
    neighbour, twin = partners(rows)
    others = y[neighbour]
    wanted = np.stack([others[row if row % 4 < 2 else row - 2] for row in range(rows)])
    pairs = [(row, other) for row, other in enumerate(twin) if other is not None]
    assert all((wanted[row] == wanted[other]).all() for row, other in pairs)
    noise = tf.random.stateless_normal((rows, 8), seed=[2, step.NOISE])
    cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    with tf.GradientTape(persistent=True) as tape:
        fake = generator([noise, tf.constant(wanted)])
        with tf.GradientTape() as inner:
            inner.watch(x)
            of_real = discriminator(x)
            real = of_real["score"][:, 0] + tf.reduce_sum(of_real["match"] * y, axis=1)
        steepness = inner.gradient(real, x)
        of_fake = discriminator(fake)
        generated = of_fake["score"][:, 0] + tf.reduce_sum(of_fake["match"] * wanted, axis=1)
        mismatched = of_real["score"][:, 0] + tf.reduce_sum(of_real["match"] * others, axis=1)
        terms = {
            "D real": tf.reduce_mean(softplus(-real)),
            "D fake": tf.reduce_mean(softplus(generated)),
            "D mismatch": tf.reduce_mean(softplus(mismatched) * (y != others).any(axis=1)),
            "D labels": 3 * cross_entropy(y, of_real["labels"]),
            "D penalty": tf.reduce_mean(tf.reduce_sum(steepness**2, axis=(1, 2, 3))),
            "G adversarial": tf.reduce_mean(softplus(-generated)),
            "G labels": 3 * cross_entropy(wanted, of_fake["labels"]),
            "G variety": sum((tf.reduce_mean(tf.abs(fake[a] - fake[b])) for a, b in pairs), start=0.0) / rows,
        }
        rejected = (terms["D fake"] + terms["D mismatch"]) / 2
        discriminator_loss = terms["D real"] + rejected + 2 * terms["D labels"] + 0.7 * terms["D penalty"]
        generator_loss = terms["G adversarial"] + 0.3 * terms["G labels"] - 0.4 * terms["G variety"]
    assert logs.keys() == terms.keys()
    for name, value in terms.items():
        np.testing.assert_allclose(logs[name], [value], rtol=1e-5, atol=1e-7, err_msg=name)
    for network, mine, loss in (
        (generator, model.generator, generator_loss),
        (discriminator, model.discriminator, discriminator_loss),
    ):
        gradients = tape.gradient(loss, network.trainable_variables)
        assert all(np.abs(gradient).max() > 0 for gradient in gradients[-2:])
        for weight, gradient, trained in zip(network.weights, gradients, mine.get_weights(), strict=True):
            np.testing.assert_allclose(trained, weight - rate * gradient, rtol=1e-4, atol=1e-6)
    for old, new, averaged in zip(before, model.generator.get_weights(), model.average.get_weights(), strict=True):
        np.testing.assert_allclose(averaged, keep * old + (1 - keep) * new, rtol=1e-5, atol=1e-7)


def test_terms_that_weigh_nothing_are_not_computed():
    logs = fitted(small(classification_weight=0, generated_classification_weight=0))
    assert logs.keys() == {"D real", "D fake", "D mismatch", "G adversarial"}


def test_pictures_for_the_same_label_set_are_paid_for_their_difference():
    plain, paid = (small(lambda: keras.optimizers.Adam(3e-3, 0.0), variety_weight=weight) for weight in (0.0, 3.0))
    differences = []
    for model in (plain, paid):
        fitted(model, epochs=10)
        noise = np.random.default_rng(0).standard_normal((2, 40, 8))
        one, other = (model.generate(np.ones((40, 3)), noise=z).astype(float) for z in noise)
        differences.append(np.abs(one - other).mean())
    assert differences[1] > 1.5 * differences[0]


def test_pictures_are_drawn_by_seed_and_bad_requests_are_named():
    model = small()
    wanted = np.eye(3)
    one = model.generate(wanted, seed=4)
    np.testing.assert_array_equal(one, model.generate(wanted, seed=4))
    assert (one != model.generate(wanted, seed=5)).any()
    noise = np.random.default_rng(4).standard_normal((3, 8))
    np.testing.assert_array_equal(one, model.generate(wanted, noise=noise))
    for bad, says in (
        (np.eye(4), r"expected a matrix \(N, 3\).*found shape \(4, 4\)"),
        (np.ones(3), r"found shape \(3,\)"),
        (wanted / 2, "values 0.0 to 0.5"),
    ):
        with pytest.raises(ValueError, match=says):
            model.generate(bad)
    with pytest.raises(ValueError, match=r"noise: expected shape \(3, 8\), found \(2, 8\)"):
        model.generate(wanted, noise=noise[:2])
    for bad in ({"best_of": 0}, {"best_of": 1.5}, {"best_of": 2, "noise": noise}):
        with pytest.raises(ValueError, match="best_of: expected a whole number from 1 on, and 1 where noise is given"):
            model.generate(wanted, **bad)


def test_of_several_pictures_the_one_is_kept_that_the_discriminator_likes_best():
    model = small()
    fitted(model)
    wanted = np.tile(np.eye(3), (20, 1))
    drawn = [model.generate(wanted, noise=z) for z in np.random.default_rng(4).standard_normal((3, 60, 8))]
    liked = []
    for pictures in drawn:
        answer = {part: np.asarray(x) for part, x in model.discriminator(pictures / np.float32(127.5) - 1).items()}
        named = 1 / (1 + np.exp(-answer["labels"]))
        right = np.where(wanted == 1, named, 1 - named)
        liked.append(answer["score"][:, 0] + (wanted * answer["match"]).sum(axis=1) + np.log(right).sum(axis=1))
    best = np.stack(drawn)[np.argmax(liked, axis=0), np.arange(60)]
    assert (best != drawn[0]).any()
    np.testing.assert_array_equal(model.generate(wanted, seed=4, best_of=3), best)


def test_a_saved_model_draws_the_same_and_trains_on_alike(tmp_path):
    model = small(
        lambda: keras.optimizers.Adam(1e-3, 0.0), augment=("shift", "cut"), variety_weight=0.5, steps_per_execution=2
    )
    fitted(model)
    model.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.steps_per_execution == 2
    np.testing.assert_array_equal(loaded.generate(np.eye(3)), model.generate(np.eye(3)))
    assert loaded.get_compile_config() == model.get_compile_config()
    for gan in (model, loaded):
        training.fit(gan, images.batches(X, Y, 8), 1)
    for a, b in zip(gan_resumed.everything(model), gan_resumed.everything(loaded), strict=True):
        np.testing.assert_array_equal(a, b)


@keras.saving.register_keras_serializable("tests")
def squared(s):
    return tf.square(s - 1)


def test_a_loss_of_ones_own_is_saved_when_keras_knows_its_functions(tmp_path):
    model = small(adversarial=losses.Adversarial(squared, tf.square, squared))
    model.save(tmp_path / "gan.keras")
    with pytest.raises(TypeError, match="Could not locate function 'square'.*register_keras_serializable"):
        keras.models.load_model(tmp_path / "gan.keras")
    known = small(adversarial=losses.Adversarial(squared, squared, squared))
    known.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    assert loaded.adversarial == known.adversarial
    small(adversarial=losses.Adversarial(*OWN)).save(tmp_path / "gan.keras")
    with pytest.raises(ValueError, match="lambda"):
        keras.models.load_model(tmp_path / "gan.keras")
    small(adversarial=losses.ADVERSARIAL["wasserstein"]).save(tmp_path / "gan.keras")
    assert keras.models.load_model(tmp_path / "gan.keras").adversarial is losses.ADVERSARIAL["wasserstein"]


def test_a_gan_in_float16_is_saved_and_its_training_goes_on(tmp_path):
    def half():
        keras.mixed_precision.set_global_policy("mixed_float16")
        try:
            return small(lambda: keras.optimizers.Adam(1e-3, 0.0), run_eagerly=True)
        finally:
            keras.mixed_precision.set_global_policy("float32")

    whole, stopped, resumed = half(), half(), half()
    training.fit(whole, images.batches(X, Y, 16, seed=0), 2)
    training.fit(stopped, images.batches(X, Y, 16, seed=0), 1, tmp_path / "state")
    training.fit(resumed, images.batches(X, Y, 16, seed=0), 2, tmp_path / "state")
    resumed.save(tmp_path / "gan.keras")
    loaded = keras.models.load_model(tmp_path / "gan.keras")
    for model in (resumed, loaded):
        assert isinstance(model.generator_optimizer, keras.optimizers.LossScaleOptimizer)
        for a, b in zip(gan_resumed.everything(whole), gan_resumed.everything(model), strict=True):
            np.testing.assert_array_equal(a, b)


def test_what_is_registered_is_found_by_name():
    found = {}
    for module in pkgutil.walk_packages(mlc_tf.__path__, "mlc_tf."):
        if not module.name.endswith("__main__"):
            for thing in vars(importlib.import_module(module.name)).values():
                is_own = isinstance(thing, type | types.FunctionType) and thing.__module__ == module.name
                if is_own and keras.saving.get_registered_name(thing) == f"mlc_tf>{thing.__name__}":
                    found.setdefault(module.name, set()).add(thing.__name__)
    assert {module: set(names) for module, names in mlc_tf.IN_SAVED_MODELS.items()} == found


@pytest.mark.parametrize("imports", ["import mlc_tf, keras", "import keras, mlc_tf"])
def test_a_saved_model_loads_in_a_new_process(tmp_path, imports):
    small().save(tmp_path / "gan.keras")
    script = (
        f"import sys; {imports}; ours = [name for name in sys.modules if name.startswith('mlc_tf.')]; "
        "model = keras.models.load_model('gan.keras'); model.save('again.keras'); "
        "keras.models.load_model('again.keras'); print(ours)"
    )
    environment = {**os.environ, "PYTHONPATH": str(mlc_tf.PROJECT)}
    command = [sys.executable, "-c", script]
    process = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    assert process.stdout.strip() == "[]"  # nothing is imported before it is needed


def test_a_loss_that_is_not_finite_stops_the_training_before_it_does_harm(tmp_path):
    model = small(lambda: keras.optimizers.SGD(1e38))
    with pytest.raises(FloatingPointError) as caught:
        fitted(model)
    message = str(caught.value)
    number = int(model.discriminator_optimizer.iterations) + 1
    assert f"in step {number} of the discriminator: the loss term" in message and "Three things to try" in message
    # What was saved before stays, and is finite.
    good = small()
    training.fit(good, images.batches(X, Y, 8, seed=0), 1, tmp_path)
    saved = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    class Poison(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                weight = self.model.generator.weights[0]
                weight.assign(weight * np.nan)

    again = small()
    with pytest.raises(FloatingPointError, match="step 5 of the discriminator: the loss term 'D fake'"):
        training.fit(again, images.batches(X, Y, 8, seed=0), 2, tmp_path, [Poison()])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == saved
    for a, b in zip(good.discriminator.get_weights(), again.discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)  # the step that went wrong touched nothing


@functools.cache
def differences(devices):
    script = pathlib.Path(__file__).with_name("gan_two_devices.py")
    process = subprocess.run([sys.executable, script, str(devices)], capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", gan_two_devices.CASES)
def test_several_devices_train_as_one_does(case):
    # Measured: losses differ by 2e-7, weights by 2e-5 (sums are rounded in another order). The slope of the variety, an
    # absolute value, jumps where two pixels are alike: there rounding decides, and only a first loss can be compared.
    found = differences(gan_two_devices.CASES[case][0])[case]
    assert found["losses"] < 1e-5
    assert found["weights"] < 5e-5 or case == "variety"


def test_a_first_batch_that_cannot_be_shared_out_evenly_is_refused():
    assert "batch size: expected one that is divisible by 3" in differences(3)["refused"]
