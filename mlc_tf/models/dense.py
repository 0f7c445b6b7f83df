"""A classifier of feature vectors: bags of words, sounds, whatever a table holds. Lesson 08."""

import keras

from mlc_tf.data.counts import whole
from mlc_tf.models.seeds import seeded

HIDDEN_UNITS = (256,)


def classifier(
    features: int, labels: int, hidden_units: tuple[int, ...] = HIDDEN_UNITS, dropout: float = 0.3, seed: int = 0
) -> keras.Model:
    """From features `(batch, F)`, float32, to logits `(batch, labels)`.

    Args:
        features: F. Give it features of about the same spread, such as `sklearn.preprocessing.StandardScaler` makes.
        labels: K, the number of labels.
        hidden_units: of the layers between.
        dropout: share of the hidden units that a training step leaves out.
        seed: of the first weights and of the dropout; the same seed builds the same network.

    Raises:
        ValueError: when a number is not positive, or `dropout` no share.

    >>> import numpy as np
    >>> classifier(features=72, labels=6)(np.zeros((5, 72), np.float32)).shape
    TensorShape([5, 6])
    """
    if not isinstance(hidden_units, tuple | list):
        raise ValueError(f"hidden_units: expected a number for each hidden layer, as in (256,); found {hidden_units!r}")
    for name, number in {"features": features, "labels": labels, "hidden_units": min(hidden_units, default=1)}.items():
        whole(name, number)
    if not 0 <= dropout < 1:
        raise ValueError(f"dropout: expected a share from 0 up to, but not, 1; found {dropout!r}")
    with seeded(seed):
        layers = [keras.Input((features,))]
        for units in hidden_units:
            layers += [keras.layers.Dense(units, activation="relu"), keras.layers.Dropout(dropout)]
        return keras.Sequential([*layers, keras.layers.Dense(labels, name="logits")])
