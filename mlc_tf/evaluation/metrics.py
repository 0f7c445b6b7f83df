"""Metrics of multi-label classification: functions of arrays, and Keras metrics to watch while training.

Both kinds follow the same definitions (Zhang & Zhou 2014, "A review on multi-label learning algorithms", TKDE
26(8)). Libraries differ where a score is 0 / 0; here, as in scikit-learn's `zero_division`:

- micro- and macro-F1 count 0. A label that is never present and never predicted scores 0 in macro-F1, so
  macro-F1 drops where rare labels are missing;
- example-F1 counts 1: no label predicted for an example without labels is exactly right. A prediction that is
  empty where the truth is not, or the other way round, scores 0.

Lesson 02 introduces everything here.
"""

import keras
import numpy as np
import sklearn.metrics
from keras import ops

from mlc_tf.data.labels import check_label_matrix
from mlc_tf.evaluation.thresholds import check_probabilities, decide


def micro_f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """F1 over all N x K decisions at once.

    >>> micro_f1([[1, 0, 1], [0, 1, 0]], [[1, 0, 0], [0, 1, 0]])
    0.8

    Args:
        y_true, y_pred: `(N, K)` of 0 and 1, two labels or more; so for all functions of two label matrices here.

    Raises:
        ValueError: when these are no label matrices, or differ in shape.
    """
    return _f1(y_true, y_pred, "micro", zero_division=0)


def macro_f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Mean over the labels of each label's F1."""
    return _f1(y_true, y_pred, "macro", zero_division=0)


def example_f1(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Mean over the examples of each example's F1."""
    return _f1(y_true, y_pred, "samples", zero_division=1)


def hamming_loss(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Fraction of the N x K decisions that are wrong."""
    return float(sklearn.metrics.hamming_loss(*_check_pair(y_true, y_pred)))


def subset_accuracy(y_true: np.ndarray, y_pred: np.ndarray) -> float:
    """Fraction of the examples whose whole label set is right."""
    return float(sklearn.metrics.accuracy_score(*_check_pair(y_true, y_pred)))


def mean_average_precision(y_true: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean of each label's average precision (no threshold needed), over the labels that occur in `y_true`.

    Args:
        y_true: `(N, K)` of 0 and 1.
        probabilities: `(N, K)`.

    Raises:
        ValueError: on other input, and when no label occurs: an average precision without a positive example is not
            defined.
    """
    y_true, probabilities = check_label_matrix(y_true, "y_true"), check_probabilities(probabilities)
    _check_same_shape(y_true, probabilities)
    occurring = y_true.any(axis=0)
    if not occurring.any():
        raise ValueError("mean average precision needs at least one label that occurs; y_true holds only 0")
    return float(sklearn.metrics.average_precision_score(y_true[:, occurring], probabilities[:, occurring]))


def scores(y_true: np.ndarray, probabilities: np.ndarray, threshold: float | np.ndarray = 0.5) -> dict[str, float]:
    """All six metrics by name.

    Args:
        y_true: `(N, K)` of 0 and 1.
        probabilities: `(N, K)`.
        threshold: one number, or one for each label `(K,)`.

    Raises:
        ValueError: as the metrics do.
    """
    y_pred = decide(probabilities, threshold)
    return {
        "micro-F1": micro_f1(y_true, y_pred),
        "macro-F1": macro_f1(y_true, y_pred),
        "example-F1": example_f1(y_true, y_pred),
        "Hamming loss": hamming_loss(y_true, y_pred),
        "subset accuracy": subset_accuracy(y_true, y_pred),
        "mean average precision": mean_average_precision(y_true, probabilities),
    }


def _f1(y_true: np.ndarray, y_pred: np.ndarray, average: str, zero_division: int) -> float:
    y_true, y_pred = _check_pair(y_true, y_pred)
    return float(sklearn.metrics.f1_score(y_true, y_pred, average=average, zero_division=zero_division))


def _check_pair(y_true: np.ndarray, y_pred: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y_true, y_pred = check_label_matrix(y_true, "y_true"), check_label_matrix(y_pred, "y_pred")
    _check_same_shape(y_true, y_pred)
    if y_true.shape[1] < 2:
        # scikit-learn takes a single column for a binary task, where F1 means something else.
        raise ValueError("expected at least two labels (columns); found one, which is a binary task")
    return y_true, y_pred


def _check_same_shape(y_true, y_pred) -> None:
    """Raise ValueError unless both are `(N, K)`; inside `fit` N may be None, which stands for any number."""
    shapes = tuple(y_true.shape), tuple(y_pred.shape)
    same = all(a == b or None in (a, b) for a, b in zip(*shapes, strict=False))
    if len(shapes[0]) != 2 or len(shapes[1]) != 2 or not same:
        raise ValueError(f"expected truth and prediction of the same shape (N, K), found {shapes[0]} and {shapes[1]}")


class _Thresholded:
    """What the Keras metrics below share; it stands before the Keras class that does the counting.

    Args:
        threshold: a probability; a label is present when its probability is above it.
        from_logits: the model outputs logits, which are passed through a sigmoid first.
        name: in the logs.
        dtype: of the counting.
    """

    def __init__(self, threshold: float = 0.5, from_logits: bool = False, name: str | None = None, dtype=None):
        if not 0 < threshold < 1:
            raise ValueError(f"threshold: expected a probability between 0 and 1 (for logits too), found {threshold!r}")
        super().__init__(threshold=float(threshold), name=name or self._default_name, dtype=dtype, **self._counting)
        self.threshold = float(threshold)
        self.from_logits = from_logits

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Add a batch: `y_true`, `y_pred` `(batch, K)`; `sample_weight` `(batch,)`, one for each example."""
        y_true, y_pred = ops.cast(y_true, self.dtype), ops.cast(y_pred, self.dtype)
        _check_same_shape(y_true, y_pred)  # a single column would be broadcast without a word
        if sample_weight is not None and ops.ndim(sample_weight) != 1:
            raise ValueError(
                "sample_weight: expected shape (batch,), one weight for each example, "
                f"found {tuple(ops.shape(sample_weight))}"
            )
        probabilities = ops.sigmoid(y_pred) if self.from_logits else y_pred
        return super().update_state(*self._compared(y_true, probabilities), sample_weight)

    def get_config(self) -> dict:
        """The arguments that make this metric again."""
        return {
            "threshold": self.threshold,
            "from_logits": self.from_logits,
            "name": self.name,
            "dtype": self.dtype,
        }


@keras.saving.register_keras_serializable("mlc_tf")
class MicroF1(_Thresholded, keras.metrics.F1Score):
    """Keras metric of `micro_f1`. (Without a threshold, Keras' own `F1Score` takes the argmax.)"""

    _default_name, _counting = "micro_f1", {"average": "micro"}

    def _compared(self, y_true, probabilities):
        return y_true, probabilities


@keras.saving.register_keras_serializable("mlc_tf")
class SubsetAccuracy(_Thresholded, keras.metrics.BinaryAccuracy):
    """Keras metric of `subset_accuracy`: the accuracy of one decision an example, whether its label set is right."""

    _default_name, _counting = "subset_accuracy", {}

    def _compared(self, y_true, probabilities):
        right = ops.equal(y_true, ops.cast(probabilities > self.threshold, y_true.dtype))  # (batch, K)
        whole = ops.cast(ops.all(right, axis=-1, keepdims=True), y_true.dtype)  # (batch, 1)
        return ops.ones_like(whole), whole
