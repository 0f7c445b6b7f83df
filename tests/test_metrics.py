import subprocess
import sys

import keras
import numpy as np
import pytest
import scipy.sparse
import scipy.special
from sklearn.metrics import accuracy_score, f1_score

from mlc_tf.evaluation import metrics


def f1(present, predicted, when_both_empty):
    """The definition, counted out."""
    hits = sum(a and b for a, b in zip(present, predicted, strict=True))
    total = sum(present) + sum(predicted)
    return 2 * hits / total if total else when_both_empty


def rows_and_columns(y_true, y_pred):
    rows = list(zip(y_true.tolist(), y_pred.tolist(), strict=True))
    return rows, list(zip(y_true.T.tolist(), y_pred.T.tolist(), strict=True))


BY_HAND = {
    "micro_f1": lambda t, p: f1(t.ravel().tolist(), p.ravel().tolist(), 0),
    "macro_f1": lambda t, p: np.mean([f1(*column, 0) for column in rows_and_columns(t, p)[1]]),
    "example_f1": lambda t, p: np.mean([f1(*row, 1) for row in rows_and_columns(t, p)[0]]),
    "hamming_loss": lambda t, p: np.mean(t != p),
    "subset_accuracy": lambda t, p: np.mean([a == b for a, b in rows_and_columns(t, p)[0]]),
}
KERAS = {"micro_f1": metrics.MicroF1, "subset_accuracy": metrics.SubsetAccuracy}
NAMES = {"micro_f1": "micro-F1", "subset_accuracy": "subset accuracy"}


def random_case(seed, row_count=41, label_count=6):
    generator = np.random.default_rng(seed)
    y = (generator.random((row_count, label_count)) < 0.3).astype(np.float32)
    p = np.clip(0.3 * y + 0.7 * generator.random(y.shape), 0, 0.999).astype(np.float32)
    p[:4] *= 0.1  # nothing predicted here
    return y, p


def cases():
    y, p = random_case(0)
    yield "random", y, p
    never_present, never_predicted = y.copy(), p.copy()
    never_present[:, 2] = 0
    yield "a label never present", never_present, p
    never_predicted[:, 2] = 0.1
    yield "a label never predicted", y, never_predicted
    yield "a label neither present nor predicted", never_present, never_predicted
    yield "nothing present", np.zeros_like(y), p
    yield "nothing predicted", y, 0.1 * p
    yield "nothing present, nothing predicted", np.zeros_like(y), 0.1 * p
    yield "everything", np.ones_like(y), np.full_like(p, 0.9)
    yield "all right", y, 0.2 + 0.6 * y
    yield "one row", y[7:8], p[7:8]
    yield "on the threshold", y, np.full_like(p, 0.5)
    yield "two labels", y[:, :2], p[:, :2]


CASES = {name: (y, p) for name, y, p in cases()}


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.parametrize("case", CASES)
def test_functions_follow_the_definitions(case, name):
    y, p = CASES[case]
    assert getattr(metrics, name)(y, p > 0.5) == pytest.approx(BY_HAND[name](y, (p > 0.5).astype(np.float32)))


@pytest.mark.parametrize("from_logits", [False, True])
@pytest.mark.parametrize("name", KERAS)
@pytest.mark.parametrize("case", CASES)
def test_keras_metrics_equal_the_functions(case, name, from_logits):
    y, p = CASES[case]
    metric = KERAS[name](from_logits=from_logits)
    outputs = scipy.special.logit(np.maximum(p, 1e-6)) if from_logits else p
    for _ in range(2):  # the second time after a reset
        for start, stop in ((0, 16), (16, 17), (17, len(y))):  # batches of unequal size
            if start < len(y):
                metric.update_state(y[start:stop], outputs[start:stop])
        assert float(metric.result()) == pytest.approx(getattr(metrics, name)(y, p > 0.5), abs=1e-6)
        metric.reset_state()


@pytest.mark.parametrize("name", KERAS)
def test_keras_metrics_at_another_threshold(name):
    y, p = random_case(1)
    p[0] = 0.3  # float32(0.3) is not above 0.3
    metric = KERAS[name](threshold=0.3)
    metric.update_state(y, p)
    assert float(metric.result()) == pytest.approx(metrics.scores(y, p, 0.3)[NAMES[name]], abs=1e-6)


def test_keras_metrics_weigh_examples_as_scikit_learn_does():
    y, p = random_case(2)
    weight = np.random.default_rng(0).random(len(y)).astype(np.float32)
    expected = {
        "micro_f1": f1_score(y, p > 0.5, average="micro", sample_weight=weight),
        "subset_accuracy": accuracy_score(y, p > 0.5, sample_weight=weight),
    }
    for name, make in KERAS.items():
        metric = make()
        for start in (0, 30):
            batch = slice(start, start + 30)
            metric.update_state(y[batch], p[batch], sample_weight=weight[batch])
        assert float(metric.result()) == pytest.approx(expected[name], abs=1e-6), name


def test_in_a_model_that_is_trained_evaluated_saved_and_loaded(tmp_path):
    y, x = random_case(3, row_count=50)
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(6)])
    model.compile(
        keras.optimizers.Adam(0.1),
        keras.losses.BinaryCrossentropy(from_logits=True),
        metrics=[make(from_logits=True, threshold=0.4) for make in KERAS.values()],
    )
    stops = [
        keras.callbacks.EarlyStopping(f"val_{name}", patience=9) for name in KERAS
    ]  # finds out that more is better
    model.fit(x, y, batch_size=16, epochs=3, verbose=0, validation_data=(x, y), callbacks=stops)
    assert all(stop.monitor_op(2, 1) for stop in stops)

    probabilities = scipy.special.expit(model.predict(x, verbose=0))
    expected = [metrics.scores(y, probabilities, 0.4)[NAMES[name]] for name in KERAS]
    assert 0.1 < expected[0] < 1  # neither nothing nor everything is right
    model.save(tmp_path / "model.keras")
    for tested in (model, keras.models.load_model(tmp_path / "model.keras")):
        found = tested.evaluate(x, y, batch_size=16, verbose=0, return_dict=True)  # the last batch has two rows
        np.testing.assert_allclose([found[name] for name in KERAS], expected, atol=1e-6)
    code = "import sys, mlc_tf, keras; print([metric.name for metric in keras.models.load_model(sys.argv[1]).metrics])"
    command = [sys.executable, "-c", code, tmp_path / "model.keras"]
    assert "compile_metrics" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_mean_average_precision_by_hand_over_the_labels_that_occur():
    y = np.array([[1, 0, 0], [0, 1, 0], [1, 0, 0], [0, 0, 0]])
    p = np.array([[0.9, 0.4, 0.1], [0.8, 0.3, 0.9], [0.7, 0.2, 0.3], [0.1, 0.1, 0.2]])
    # Label 0: found at ranks 1 and 3, precision 1/1 and 2/3. Label 1: at rank 2. Label 2 never occurs.
    assert metrics.mean_average_precision(y, p) == pytest.approx(((1 + 2 / 3) / 2 + 1 / 2) / 2)
    assert metrics.mean_average_precision(y * [1, 0, 0], p) == pytest.approx((1 + 2 / 3) / 2)
    with pytest.raises(ValueError, match="at least one label that occurs"):
        metrics.mean_average_precision(0 * y, p)


def test_scores_gives_the_six_by_name():
    y, p = random_case(4)
    threshold = np.linspace(0.2, 0.7, 6)  # one for each label
    found = metrics.scores(y, p, threshold)
    expected = {
        "micro-F1": metrics.micro_f1(y, p > threshold),
        "macro-F1": metrics.macro_f1(y, p > threshold),
        "example-F1": metrics.example_f1(y, p > threshold),
        "Hamming loss": metrics.hamming_loss(y, p > threshold),
        "subset accuracy": metrics.subset_accuracy(y, p > threshold),
        "mean average precision": metrics.mean_average_precision(y, p),
    }
    assert list(found.items()) == list(expected.items())


Y, P = random_case(5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: metrics.micro_f1(Y, P[1:] > 0.5), r"same shape \(N, K\), found \(41, 6\) and \(40, 6\)"),
        (lambda: metrics.micro_f1(Y, P), "y_pred: expected only 0 .* and 1 .*thresholds.decide"),
        (lambda: metrics.hamming_loss(Y + 1, Y), "y_true: expected only 0"),
        (lambda: metrics.subset_accuracy(Y[:, 0], Y[:, 0]), r"found shape \(41,\)"),
        (lambda: metrics.macro_f1(Y[:, :1], Y[:, :1]), "at least two labels"),
        (lambda: metrics.scores(Y, 9 * P - 4), "Did you pass logits"),
        (lambda: metrics.mean_average_precision(Y, P * np.nan), "NaN in 246 places"),
        (lambda: metrics.mean_average_precision(Y, P[:, :2]), "same shape"),
        (lambda: metrics.MicroF1(threshold=0.0), "between 0 and 1.*found 0.0"),
        (lambda: metrics.SubsetAccuracy(threshold=2), "between 0 and 1.*found 2"),
        (lambda: metrics.SubsetAccuracy().update_state(Y[:, :1], P), "same shape"),
        (lambda: metrics.MicroF1().update_state(Y[:, 0], P[:, 0]), "same shape"),
        (lambda: metrics.micro_f1(Y, scipy.sparse.csr_array(Y)), r"y_pred: .*sparse matrix; pass y_pred.toarray\(\)"),
        (lambda: metrics.micro_f1([["red"], ["red", "bag"]], Y), "y_true: .*MultiLabelBinarizer"),
        (lambda: metrics.scores(Y, scipy.sparse.csr_array(P)), r"pass probabilities.toarray\(\)"),
        (
            lambda: metrics.scores(Y, P.astype(str)),
            "probabilities: expected an array of numbers, found ndarray of text",
        ),
        (lambda: metrics.MicroF1().update_state(Y, P, sample_weight=Y), "one weight for each example"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
