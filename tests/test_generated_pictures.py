import keras
import numpy as np
import pytest
import scipy.linalg
import scipy.spatial.distance
import scipy.stats
import sklearn.metrics

from mlc_tf.data import digit_scenes, images
from mlc_tf.evaluation import generated_pictures
from mlc_tf.models import cnn

STEPS = 400


def train_judge(scenes, steps=STEPS):
    judge = cnn.classifier((16, 16, 1), 10, seed=3)
    cnn.train(judge, images.batches(scenes.train.x, scenes.train.y, batch_size=64, seed=3), steps)
    return judge


@pytest.fixture(scope="module")
def scenes():
    return digit_scenes.load_data(size=16, train=3000, validation=300, test=600)


@pytest.fixture(scope="module")
def judge(scenes):
    return train_judge(scenes)


# The classifier


def test_it_learns_to_read_small_scenes_with_exactly_so_many_updates(scenes, judge):
    probabilities = cnn.probabilities(judge, scenes.test.x)
    assert sklearn.metrics.f1_score(scenes.test.y, probabilities > 0.5, average="micro") > 0.9
    assert judge.optimizer.iterations == STEPS  # eight times round the 47 batches, and a part
    assert float(judge.optimizer.learning_rate) == pytest.approx(0, abs=1e-9)
    train_few = cnn.classifier((16, 16, 1), 10)
    cnn.train(train_few, images.batches(scenes.train.x, scenes.train.y, batch_size=64), steps=3)
    assert train_few.optimizer.iterations == 3


def test_a_seed_makes_the_same_classifier_and_another_one_another(scenes):
    first, again = (train_judge(scenes, steps=20) for _ in range(2))
    for one, two in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    other = cnn.classifier((16, 16, 1), 10, seed=4).get_weights()
    assert not np.array_equal(cnn.classifier((16, 16, 1), 10, seed=3).get_weights()[0], other[0])


def test_a_saved_judge_reads_the_same(scenes, judge, tmp_path):
    judge.save(tmp_path / "judge.keras")
    loaded = keras.models.load_model(tmp_path / "judge.keras")
    for read in (cnn.probabilities, generated_pictures.features):
        np.testing.assert_array_equal(read(loaded, scenes.test.x), read(judge, scenes.test.x))


@pytest.mark.parametrize(("shape", "labels"), [((28, 28, 1), 10), ((32, 32, 3), 120)])
def test_other_pictures_and_labels(shape, labels):
    model = cnn.classifier(shape, labels)
    pictures = np.random.default_rng(0).integers(0, 256, (5, *shape), dtype=np.uint8)
    assert cnn.probabilities(model, pictures).shape == (5, labels)
    assert generated_pictures.features(model, pictures).shape == (5, 128)


def test_the_features_are_what_the_logits_are_made_of(scenes, judge):
    weights, biases = judge.get_layer("logits").get_weights()
    logits = generated_pictures.features(judge, scenes.test.x) @ weights + biases
    by_hand = 1 / (1 + np.exp(-logits.astype(np.float64)))
    np.testing.assert_allclose(cnn.probabilities(judge, scenes.test.x), by_hand, atol=1e-5)


def test_a_judge_of_ones_own_needs_no_layer_of_a_certain_name(scenes):
    inputs = keras.Input((16, 16, 1))
    found = keras.layers.Dense(7)(keras.layers.Flatten()(inputs))
    own = keras.Model(inputs, keras.layers.Dense(10)(found))
    pictures = scenes.test.x[:5]
    weights, biases = own.layers[-2].get_weights()
    by_hand = pictures.reshape(5, -1) @ weights + biases
    np.testing.assert_allclose(generated_pictures.features(own, pictures), by_hand, rtol=1e-4, atol=1e-3)

    class Opaque(keras.Model):
        input_shape = (None, 16, 16, 1)

    with pytest.raises(ValueError, match="judge: expected a Sequential or functional model .*found Opaque"):
        generated_pictures.features(Opaque(), pictures)


def few(pictures):
    return images.batches(pictures, np.ones((9, 10)), 8)


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda judge, x: cnn.classifier((16, 16), 10), "picture_shape: expected .height, width, channels"),
        (lambda judge, x: cnn.classifier((16, 4, 1), 10), "sides of 8 pixels or more"),
        (lambda judge, x: cnn.classifier((16, 16, 1), 0), "labels is the number of labels"),
        (lambda judge, x: cnn.train(judge, few(x), steps=0), "steps is the number of updates"),
        (lambda judge, x: cnn.train(judge, few(x), steps=2, rate=float("nan")), "rate: expected"),
        (lambda judge, x: cnn.train(judge, few(x).take(0), steps=2), "found none"),
        (lambda judge, x: cnn.probabilities(judge, x / 255), r"uint8 in 0..255; found .*float64"),
        (
            lambda judge, x: generated_pictures.features(judge, x[:, :8]),
            r"\(N, 16, 16, 1\).*found shape \(9, 8, 16, 1\)",
        ),
        (lambda judge, x: generated_pictures.features(judge, x[:0]), "at least one picture"),
        (lambda judge, x: generated_pictures.nearest(x[..., 0], x), r"real_pictures: .*\(N, height, width, channels\)"),
        (lambda judge, x: generated_pictures.nearest(x, x[:, :8]), r"pictures: .*\(N, 16, 16, 1\)"),
        (lambda judge, x: generated_pictures.label_fidelity(judge, x, np.ones((8, 10))), "same shape"),
        (
            lambda judge, x: generated_pictures.label_fidelity(judge, x, np.full((9, 10), 0.5)),
            "label sets: expected only 0",
        ),
        (lambda judge, x: generated_pictures.LabelFidelity(judge, np.ones((9, 4))), "expected 10 columns"),
    ],
)
def test_silly_values_get_a_clear_error(scenes, judge, attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt(judge, scenes.test.x[:9])


# Label fidelity


def test_label_fidelity_is_what_scikit_learn_says(scenes, judge):
    asked = np.roll(scenes.test.y, 1, axis=0) * (np.arange(10) != 4)  # mostly wrong; label 4 is never asked for
    scores = generated_pictures.label_fidelity(judge, scenes.test.x, asked)
    found = cnn.probabilities(judge, scenes.test.x) > 0.5
    assert scores["micro-F1"] == pytest.approx(sklearn.metrics.f1_score(asked, found, average="micro"))
    assert scores["subset accuracy"] == pytest.approx(np.mean((asked == found).all(axis=1)))
    each = [sklearn.metrics.f1_score(asked[:, k], found[:, k], zero_division=0) for k in range(10)]
    np.testing.assert_allclose(scores["per label"], each)


def test_the_callback_adds_the_scores_of_each_epoch(scenes, judge):
    class PretendGAN(keras.Sequential):
        """Draws what it is asked for from its second epoch on."""

        epoch = 0

        def generate(self, label_sets, seed):
            assert seed == 7
            np.testing.assert_array_equal(label_sets, scenes.validation.y)
            self.epoch += 1
            return np.roll(scenes.validation.x, int(self.epoch == 1), axis=0)

    model = PretendGAN([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = generated_pictures.LabelFidelity(judge, scenes.validation.y, seed=7)
    history = model.fit(np.ones((4, 1)), np.ones((4, 1)), epochs=2, verbose=0, callbacks=[callback]).history
    right = generated_pictures.label_fidelity(judge, scenes.validation.x, scenes.validation.y)
    wrong = generated_pictures.label_fidelity(judge, np.roll(scenes.validation.x, 1, axis=0), scenes.validation.y)
    assert history["label_micro_f1"] == [wrong["micro-F1"], right["micro-F1"]]
    assert history["label_subset_accuracy"] == [wrong["subset accuracy"], right["subset accuracy"]]


# Frechet distance


def sample_with(mean, covariance, rows, seed):
    """Rows whose mean and covariance are exactly these."""
    normal = np.random.default_rng(seed).standard_normal((rows, len(mean)))
    normal -= normal.mean(axis=0)
    white = normal @ np.linalg.inv(np.linalg.cholesky(np.cov(normal, rowvar=False))).T
    return mean + white @ np.linalg.cholesky(covariance).T


def test_frechet_distance_between_normal_distributions_in_closed_form():
    # Covariances that commute: the root of the product is the product of the roots.
    mean_a, mean_b = np.array([0.0, 2.0, -1.0]), np.array([3.0, 2.0, 1.0])
    deviations_a, deviations_b = np.array([1.0, 2.0, 0.5]), np.array([1.5, 0.1, 0.5])
    a = sample_with(mean_a, np.diag(deviations_a**2), 40, seed=0)
    b = sample_with(mean_b, np.diag(deviations_b**2), 90, seed=1)
    exact = np.sum((mean_a - mean_b) ** 2) + np.sum((deviations_a - deviations_b) ** 2)
    assert generated_pictures.frechet_distance(a, b) == pytest.approx(exact, rel=1e-10)
    # A rotation into more dimensions, where both covariances are singular, changes no distance.
    turn = scipy.stats.ortho_group.rvs(12, random_state=0)[:3]
    assert generated_pictures.frechet_distance(a @ turn, b @ turn) == pytest.approx(exact, rel=1e-10)
    # Two numbers are a distribution too.
    assert generated_pictures.frechet_distance([[0.0], [2.0]], [[5.0], [5.0]]) == pytest.approx(4**2 + 2)


@pytest.mark.parametrize("seed", range(3))
def test_frechet_distance_against_scipy(seed):
    generator = np.random.default_rng(seed)
    a = generator.standard_normal((300, 20)) @ generator.standard_normal((20, 20)) + 1
    b = generator.exponential(size=(200, 20)) @ generator.standard_normal((20, 20))
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(covariance_a @ covariance_b).real
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(covariance_a + covariance_b - 2 * root)
    assert generated_pictures.frechet_distance(a, b) == pytest.approx(expected, rel=1e-8)
    assert generated_pictures.frechet_distance(b, a) == pytest.approx(expected, rel=1e-8)


def test_frechet_distance_of_a_sample_from_itself_is_nothing(scenes, judge):
    found = generated_pictures.features(judge, scenes.test.x)  # (600, 128); some features never vary
    total_variance = np.trace(np.cov(found.astype(np.float64), rowvar=False))
    assert 0 <= generated_pictures.frechet_distance(found, found[::-1]) < 1e-6 * total_variance
    assert generated_pictures.frechet_distance(found, found + 2) == pytest.approx(4 * 128, rel=1e-5)


# Density and coverage


def by_the_definition(real, generated, neighbours):
    inside = np.zeros((len(real), len(generated)))
    for i, centre in enumerate(real):
        others = sorted(np.linalg.norm(centre - other) for j, other in enumerate(real) if j != i)
        for j, row in enumerate(generated):
            inside[i, j] = np.linalg.norm(centre - row) < others[neighbours - 1]
    return inside.sum() / (neighbours * len(generated)), inside.any(axis=1).mean()


@pytest.mark.parametrize("neighbours", [1, 3, 5])
def test_density_and_coverage_against_the_definition(monkeypatch, neighbours):
    generator = np.random.default_rng(neighbours)
    real, generated = generator.standard_normal((60, 4)), 0.7 * generator.standard_normal((45, 4)) + 0.3
    real[:8] = 1000 * real[0]  # copies, far out: their balls are empty, whatever rounding does
    generated[0] = real[0]
    expected = by_the_definition(real, generated, neighbours)
    assert generated_pictures.density_and_coverage(real, generated, neighbours) == pytest.approx(expected)
    monkeypatch.setattr(generated_pictures, "CHUNK_MEBIBYTES", 0.002)  # four rows at a time
    assert generated_pictures.density_and_coverage(real, generated, neighbours) == pytest.approx(expected)


def test_what_density_and_coverage_mean():
    real, others = np.random.default_rng(0).standard_normal((2, 800, 6))
    density, coverage_of_others = generated_pictures.density_and_coverage(real, others)
    assert 0.9 < density < 1.1 and coverage_of_others > 0.9
    assert generated_pictures.density_and_coverage(real, real)[1] == 1
    assert generated_pictures.density_and_coverage(real, real + 100) == (0, 0)
    collapsed = np.zeros((800, 6)) + 0.01 * others  # one picture over and over, a typical one
    density, coverage = generated_pictures.density_and_coverage(real, collapsed)
    assert density > 1.2 and coverage < 0.1
    half = np.where(others[:, :1] > 0, others, -others)  # nothing from one side
    assert 0.4 < generated_pictures.density_and_coverage(real, half)[1] < coverage_of_others - 0.15
    scores = generated_pictures.fidelity_and_diversity(real, half)
    assert scores["frechet"] == generated_pictures.frechet_distance(real, half)
    assert (scores["density"], scores["coverage"]) == generated_pictures.density_and_coverage(real, half)


def test_copies_among_the_real_rows_have_empty_balls_whatever_rounding_makes_of_their_distances():
    for seed in range(10):
        real = np.random.default_rng(seed).standard_normal((200, 33))
        real[:20] = 7 * real[0]
        assert generated_pictures.density_and_coverage(real, real[:7]) == (0, 0)
        assert generated_pictures.density_and_coverage(real, real)[1] == 0.9


@pytest.mark.parametrize(
    ("attempt", "message"),
    [
        (lambda a: generated_pictures.frechet_distance(a[:1], a), r"a: expected .* 2 or more; found shape \(1, 3\)"),
        (lambda a: generated_pictures.frechet_distance(a, a[:, :2]), "a has 3, b has 2"),
        (lambda a: generated_pictures.frechet_distance(a, a * np.nan), "b: expected finite numbers"),
        (lambda a: generated_pictures.frechet_distance(a[0], a), "a: expected features"),
        (lambda a: generated_pictures.density_and_coverage(a, a[:, :2]), "real has 3, generated has 2"),
        (
            lambda a: generated_pictures.density_and_coverage(a, a, neighbours=9),
            "from 1 to 8, as there are 9 real rows",
        ),
        (lambda a: generated_pictures.density_and_coverage(a, a[:0]), "generated: expected features"),
    ],
)
def test_features_that_cannot_be_compared_get_a_clear_error(attempt, message):
    with pytest.raises(ValueError, match=message):
        attempt(np.random.default_rng(0).random((9, 3)))


# Nearest real pictures


def test_nearest_pictures_against_all_distances(scenes):
    real, pictures = scenes.train.x[:700], scenes.test.x[scenes.test.y.any(axis=1)]
    rows, distances = generated_pictures.nearest(real, pictures)
    flat = [array.reshape(len(array), -1).astype(np.float64) for array in (pictures, real)]
    expected = scipy.spatial.distance.cdist(*flat)  # (pictures, real)
    np.testing.assert_allclose(distances, expected.min(axis=1), rtol=1e-6)
    np.testing.assert_allclose(expected[np.arange(len(rows)), rows], expected.min(axis=1), rtol=1e-6)
    rows, distances = generated_pictures.nearest(real, real[::-1])  # a generator that learnt by heart
    assert not distances.any() and np.array_equal(real[rows], real[::-1])
