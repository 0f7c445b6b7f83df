"""What a network has found at each place of its input: words of a text, regions of a picture. Lessons 08 and 09."""

import keras
from keras import ops

from mlc_tf.data.text import PADDING


def places(network: keras.Model) -> keras.Model:
    """The part of the network that finds something at each place: `(batch, places, size)`.

    For a recurrent network these are its states, 0 at padding; for a convolutional one what its last pooling leaves of
    each region, row by row.

    Args:
        network: made by `rnn.classifier`, `cnn.classifier` or in their way.

    Raises:
        ValueError: when it has no layer of these kinds, or a recurrent one that returns only its last state.
    """
    kinds = (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.MaxPooling2D)
    found = [layer.output for layer in network.layers if isinstance(layer, kinds)]
    if not found:
        raise ValueError("network: expected one with a recurrent layer, or with MaxPooling2D; found neither")
    last = found[-1]
    if len(last.shape) not in (3, 4):
        raise ValueError(
            f"network: expected its last recurrent layer to return the states of all words (return_sequences=True), "
            f"found output of shape {last.shape}"
        )
    if len(last.shape) == 4:  # (batch, rows, columns, channels)
        last = keras.layers.Reshape((-1, last.shape[-1]))(last)
    else:  # the classifier has moved the padding behind the words
        words = ops.sum(ops.cast(ops.not_equal(network.inputs[0], PADDING), "int32"), axis=1, keepdims=True)
        inside = ops.cumsum(ops.ones_like(network.inputs[0]), axis=1) <= ops.maximum(words, 1)
        last = last * ops.cast(ops.expand_dims(inside, -1), last.dtype)
    return keras.Model(network.inputs[0], last)


def with_places(network: keras.Model) -> keras.Model:
    """The network with a second output, what it has found at each place (`places`)."""
    return keras.Model(network.inputs[0], [network.outputs[0], places(network).output])
