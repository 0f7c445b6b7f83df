import numpy as np
import pytest
import scipy.special
from sklearn.metrics import f1_score

from mlc_tf.evaluation import thresholds


def validation(seed, row_count=30, label_count=4, dtype=np.float32, ties=False):
    generator = np.random.default_rng(seed)
    y = (generator.random((row_count, label_count)) < 0.3).astype(np.float32)
    y[0] = 1
    p = generator.random((row_count, label_count)) * 0.7 + 0.3 * y * generator.random((row_count, label_count))
    return y, np.round(p, 1 if ties else 9).astype(dtype)


def every_cut(scores):
    """A threshold below all scores, between each two, and above all: by construction every decision there is."""
    distinct = np.unique(scores.astype(np.float64))
    return np.concatenate([[-1], (distinct[1:] + distinct[:-1]) / 2, [2]])


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("seed", range(5))
def test_the_global_threshold_is_the_best_of_all(seed, dtype, ties):
    y, p = validation(seed, dtype=dtype, ties=ties)
    threshold = thresholds.global_threshold(y, p)
    by_force = [f1_score(y, p > cut, average="micro", zero_division=0) for cut in every_cut(p)]
    reached = f1_score(y, thresholds.decide(p, threshold), average="micro")
    assert reached == max(by_force)
    # Of equals the highest cut: nothing above it scores as much.
    equals = [cut for cut, f1 in zip(every_cut(p), by_force, strict=True) if f1 == reached]
    assert (p > threshold).sum() == (p > max(equals)).sum()
    assert not np.isin(threshold, p)
    np.testing.assert_array_equal(p > threshold, p >= threshold)


@pytest.mark.parametrize("seed", range(5))
def test_each_label_gets_its_best_threshold(seed):
    y, p = validation(seed, ties=seed % 2 == 0)
    y[3:, 1] = 0  # a rare label
    plain = thresholds.per_label_thresholds(y, p, minimum_positives=0, smoothing=0)
    for k in range(4):
        by_force = [f1_score(y[:, k], p[:, k] > cut, zero_division=0) for cut in every_cut(p[:, k])]
        assert f1_score(y[:, k], p[:, k] > plain[k]) == max(by_force)


@pytest.mark.parametrize("seed", range(5))
def test_each_label_gets_its_best_smoothed_threshold(seed):
    y, p = validation(seed, ties=seed % 2 == 0)
    y[3:, 1] = 0  # a rare label: here smoothing matters
    found = thresholds.per_label_thresholds(y, p, minimum_positives=0, smoothing=2)

    def smoothed_f1(k, cut):
        decided, present = p[:, k] > cut, y[:, k] == 1
        wrong = np.sum(decided != present)  # FP + FN
        return (2 * np.sum(decided & present) + 2) / (2 * np.sum(decided & present) + wrong + 2)

    for k in range(4):
        assert smoothed_f1(k, found[k]) == max(smoothed_f1(k, cut) for cut in every_cut(p[:, k]))


def test_a_label_with_too_few_examples_gets_the_global_threshold():
    y, p = validation(0, row_count=60)
    y[:, 1] = 0
    y[:4, 1] = 1
    y[:, 2] = 0
    found = thresholds.per_label_thresholds(y, p, minimum_positives=5)
    everywhere = thresholds.global_threshold(y, p)
    assert found[1] == found[2] == everywhere
    assert found[0] != everywhere
    assert thresholds.per_label_thresholds(y, p, minimum_positives=4)[1] != everywhere


@pytest.mark.parametrize("smoothing", [0, 1])
def test_a_label_that_never_occurs_is_never_predicted_without_the_fallback(smoothing):
    y, p = validation(1)
    y[:, 0] = 0
    threshold = thresholds.per_label_thresholds(y, p, minimum_positives=0, smoothing=smoothing)[0]
    assert threshold > p[:, 0].max()


@pytest.mark.parametrize(
    ("y", "p", "decided"),
    [
        ([[1, 0]], [[0.2, 0.1]], [[1, 0]]),  # one example
        ([[1, 0]], [[0.1, 0.2]], [[1, 1]]),
        ([[1], [0]], [[0.4], [0.4]], [[1], [1]]),  # constant scores: all or nothing
        ([[1], [1]], [[0.0], [0.0]], [[1], [1]]),  # all, and no room below
        ([[1], [0]], [[1.0], [0.0]], [[1], [0]]),
        ([[1], [0]], [[np.nextafter(0.3, 1)], [0.3]], [[1], [0]]),  # neighbouring floats
        ([[1], [0]], [[np.nextafter(np.nextafter(0.3, 1), 1)], [np.nextafter(0.3, 1)]], [[1], [0]]),
    ],
)
@pytest.mark.parametrize("fit", [thresholds.global_threshold, thresholds.per_label_thresholds])
def test_degenerate_validation_data(fit, y, p, decided):
    np.testing.assert_array_equal(thresholds.decide(p, fit(np.array(y), np.array(p))), decided)


def test_a_group_of_labels_gets_the_best_threshold_of_these_labels():
    chance = np.random.default_rng(0)
    y, p = chance.random((200, 6)) < 0.3, chance.random((200, 6))
    groups = np.array(["rare", "other", "rare", "other", "other", "single"])
    found = thresholds.group_thresholds(y, p, groups)
    for name in set(groups):
        mine = groups == name
        assert np.all(found[mine] == thresholds.global_threshold(y[:, mine], p[:, mine]))


def test_decide_may_give_each_example_a_label():
    """The most probable one, but only where none is above its threshold, which another one may be."""
    p, cut = np.array([[0.3, 0.4, 0.2], [0.3, 0.4, 0.25], [0.6, 0.7, 0.1]]), np.array([0.5, 0.9, 0.22])
    assert thresholds.decide(p, cut).tolist() == [[0, 0, 0], [0, 0, 1], [1, 0, 0]]
    assert thresholds.decide(p, cut, at_least_one=True).tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


def test_decide_is_strict_and_takes_a_threshold_for_each_label():
    p = np.array([[0.5, 0.3], [0.6, 0.2]], np.float32)
    np.testing.assert_array_equal(thresholds.decide(p, 0.5), [[0, 0], [1, 0]])
    np.testing.assert_array_equal(thresholds.decide(p, [0.55, 0.25]), [[0, 1], [1, 0]])
    np.testing.assert_array_equal(thresholds.decide(p, 0.3)[:, 1], [0, 0])  # float32(0.3) is not above 0.3
    assert thresholds.decide(p, 0.5).dtype == np.float32


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda y, p: thresholds.decide(p * 3, 0.5), "Did you pass logits"),
        (lambda y, p: thresholds.decide(p * np.nan, 0.5), "NaN in 120 places"),
        (lambda y, p: thresholds.decide(p[0], 0.5), r"found shape \(4,\)"),
        (lambda y, p: thresholds.decide(p, [0.5, 0.5]), "expected one number, or 4 numbers"),
        (lambda y, p: thresholds.decide(p, np.nan), "expected one number, or 4 numbers"),
        (lambda y, p: thresholds.global_threshold(y[1:], p), "same shape"),
        (lambda y, p: thresholds.global_threshold(p, p), "y_val: expected only 0"),
        (lambda y, p: thresholds.global_threshold(0 * y, p), "at least one label that is present"),
        (lambda y, p: thresholds.per_label_thresholds(0 * y, p), "at least one label that is present"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call(*validation(0))


def test_protected_thresholds_generalise_better_on_rare_labels():
    """Calibrated scores; 20 labels with about two validation examples each, and 10 frequent ones."""
    prior = np.r_[np.full(10, 0.15), np.full(20, 0.002)]

    def draw(generator, row_count):
        y = generator.random((row_count, 30)) < prior
        score = generator.normal(size=y.shape) + 3 * y
        return y, scipy.special.expit(3 * score - 4.5 + scipy.special.logit(prior))

    def rare_macro_f1(y, p, cuts):
        return f1_score(y[:, 10:], thresholds.decide(p, cuts)[:, 10:], average="macro", zero_division=0)

    plain, protected = [], []
    for seed in range(5):
        generator = np.random.default_rng(seed)
        (y_val, p_val), (y_test, p_test) = draw(generator, 1000), draw(generator, 10_000)
        plain_cuts = thresholds.per_label_thresholds(y_val, p_val, minimum_positives=0, smoothing=0)
        cuts = thresholds.per_label_thresholds(y_val, p_val)
        # On the validation data itself the plain version looks better: that is the trap.
        assert rare_macro_f1(y_val, p_val, plain_cuts) > rare_macro_f1(y_val, p_val, cuts)
        plain.append(rare_macro_f1(y_test, p_test, plain_cuts))
        protected.append(rare_macro_f1(y_test, p_test, cuts))
    assert np.mean(protected) > np.mean(plain) + 0.03
    assert np.greater(protected, plain).all()
