"""Decisions against brute force: of all 2^K answers, none is better in expectation."""

import itertools

import numpy as np
import pytest

from mlc_tf.evaluation import decisions, metrics, thresholds


def all_sets(labels):
    return np.array(list(itertools.product((0, 1), repeat=labels)), np.float32)


def a_joint(seed, examples=12, labels=5, sharpness=2.0):
    """Weights of all label sets, `(N, 2^K)`, with labels that depend on each other."""
    weights = np.random.default_rng(seed).normal(0, sharpness, (examples, 2**labels))
    return np.exp(weights) / np.exp(weights).sum(axis=1, keepdims=True)


def f1(truth, answer):
    """Of two sets, by its definition: two empty ones agree."""
    both, either = (truth * answer).sum(), truth.sum() + answer.sum()
    return 1.0 if either == 0 else 2 * both / either


def expected(score, weights, labels):
    """The expected score of each answer, `(N, 2^K)`, by adding up all."""
    sets = all_sets(labels)
    table = np.array([[score(truth, answer) for answer in sets] for truth in sets])  # (truth, answer)
    return weights @ table


def reached(table, answers, labels):
    number = answers.astype(int) @ (2 ** np.arange(labels)[::-1])
    return table[np.arange(len(table)), number]


LOSSES = {
    "Hamming": (lambda a, b: np.mean(a == b), lambda s, w: thresholds.decide(decisions.marginals(s, w), 0.5)),
    "subset": (lambda a, b: float((a == b).all()), decisions.most_probable),
    "example-F1": (f1, decisions.best_f1),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("labels", [1, 2, 5])
def test_no_other_answer_is_better_in_expectation(loss, labels):
    score, decide = LOSSES[loss]
    for seed in range(4):
        weights = a_joint(seed, labels=labels)
        sets = np.tile(all_sets(labels), (len(weights), 1, 1))
        table = expected(score, weights, labels)
        np.testing.assert_allclose(reached(table, decide(sets, weights), labels), table.max(axis=1), atol=1e-12)


def test_three_losses_want_three_answers():
    """Exactly one of three labels: the example that the lesson works out by hand."""
    sets, weights = np.eye(3)[None], np.array([[0.45, 0.35, 0.20]])
    answers = [decide(sets, weights)[0].tolist() for _, decide in LOSSES.values()]
    assert answers == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    values = [
        reached(expected(score, weights @ np.eye(8)[[4, 2, 1]], 3), np.array([answer]), 3)[0]
        for (score, _), answer in zip(LOSSES.values(), answers, strict=True)
    ]
    np.testing.assert_allclose(values, [1 - 1 / 3, 0.45, 0.8 * 2 / 3])


@pytest.mark.parametrize("labels", [1, 2, 6])
def test_independent_labels_by_the_short_way_as_by_all_their_sets(labels):
    generator = np.random.default_rng(0)
    p = generator.random((40, labels)) ** generator.integers(1, 6, (40, 1))
    p[:4] = [[0.0], [1.0], [0.5], [1e-9]]
    sets = np.tile(all_sets(labels), (len(p), 1, 1))
    weights = np.prod(np.where(sets == 1, p[:, None], 1 - p[:, None]), axis=2)
    table = expected(f1, weights, labels)
    found = decisions.best_f1_of_independent(p)
    np.testing.assert_allclose(reached(table, found, labels), table.max(axis=1), atol=1e-9)
    np.testing.assert_allclose(reached(table, decisions.best_f1(sets, weights), labels), table.max(axis=1), atol=1e-9)


def test_many_labels_are_decided_exactly_and_in_chunks(monkeypatch):
    """Of 300 labels, 290 are all but impossible: the answer is that of the other ten."""
    p = np.full((3, 300), 1e-15)
    p[:, ::30] = np.random.default_rng(1).random((3, 10))
    whole = decisions.best_f1_of_independent(p)
    np.testing.assert_array_equal(whole[:, ::30], decisions.best_f1_of_independent(p[:, ::30]))
    assert whole.sum() == whole[:, ::30].sum()
    monkeypatch.setattr(decisions, "CHUNK", 1)
    np.testing.assert_array_equal(decisions.best_f1_of_independent(p), whole)


def test_sets_drawn_from_a_joint_decide_nearly_as_the_joint_itself():
    weights, labels = a_joint(3, examples=4, labels=4), 4
    generator = np.random.default_rng(0)
    drawn = np.array([all_sets(labels)[generator.choice(2**labels, 20_000, p=row)] for row in weights])
    for score, decide in LOSSES.values():
        table = expected(score, weights, labels)
        assert (table.max(axis=1) - reached(table, decide(drawn, None), labels)).max() < 0.01


def test_marginals_are_probabilities_also_where_all_sets_agree():
    for number in (3, 10, 100):
        p = decisions.marginals(np.ones((2, number, 3)))
        np.testing.assert_allclose(p, 1, rtol=1e-12)
        thresholds.check_probabilities(p)


def test_equal_sets_count_together_and_the_first_of_equals_is_taken():
    sets = [[[1, 0, 0], [0, 1, 0], [0, 1, 0]], [[0, 0, 1], [1, 0, 0], [0, 1, 0]]]
    assert decisions.most_probable(sets, [[0.4, 0.3, 0.3], [1, 1, 1]]).tolist() == [[0, 1, 0], [0, 0, 1]]


def test_at_least_one_passes_over_the_empty_set_where_there_is_another():
    sets = [[[0, 0], [0, 0], [0, 1]], [[0, 0], [0, 0], [0, 0]]]
    assert decisions.most_probable(sets).tolist() == [[0, 0], [0, 0]]
    assert decisions.most_probable(sets, at_least_one=True).tolist() == [[0, 1], [0, 0]]
    assert decisions.most_probable([[[0, 0], [1, 0]]], [[1, 0]], at_least_one=True).tolist() == [[1, 0]]
    assert decisions.best_f1(sets[:1]).tolist() == [[0, 0]]
    assert decisions.best_f1(sets[:1], at_least_one=True).tolist() == [[0, 1]]
    assert decisions.best_f1_of_independent([[0.1, 0.3]]).tolist() == [[0, 0]]
    assert decisions.best_f1_of_independent([[0.1, 0.3]], at_least_one=True).tolist() == [[0, 1]]


def test_what_they_are_best_for_is_what_the_metric_measures():
    """F1 of two empty sets is 1 in both; the empty answer is best where the truth is likely empty."""
    sets = np.array([[[0, 0], [0, 0], [1, 0]]])
    answer = decisions.best_f1(sets)
    assert answer.tolist() == [[0, 0]]
    assert metrics.example_f1(sets[0], np.repeat(answer, 3, axis=0)) == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("sets", "weights", "words"),
    [
        ([[1, 0], [0, 1]], None, r"expected 0 and 1 of shape \(N, S, K\).*found shape \(2, 2\)"),
        ([[[0.5, 0]]], None, "values 0 to 0.5"),
        (np.zeros((0, 3, 2)), None, r"found shape \(0, 3, 2\)"),
        ([[[1, 0], [0, 1]]], [[0.5]], r"expected shape \(1, 2\)"),
        ([[[1, 0], [0, 1]]], [[-0.1, -2.3]], "np.exp"),
        ([[[1, 0], [0, 1]]], [[np.nan, 1]], "weights"),
        ([[[1, 0], [0, 1]]], [[0, 0]], "one above 0 for each example, found none for row 0"),
    ],
)
@pytest.mark.parametrize("decide", [decisions.marginals, decisions.most_probable, decisions.best_f1])
def test_what_is_no_distribution_over_label_sets_is_refused(decide, sets, weights, words):
    with pytest.raises(ValueError, match=words):
        decide(sets, weights)
