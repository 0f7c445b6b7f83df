"""One classifier of pictures that come with a text: two networks, joined early, late, or by a gate. Lesson 09.

A picture that is missing is black, a text that is missing is padding only.
"""

import keras
import tensorflow as tf
from keras import layers

from mlc_tf.models import places
from mlc_tf.models.seeds import seeded

JOINS = ("logits", "features", "places", "gate")
HIDDEN_UNITS, DROPOUT = 128, 0.3


def classifier(
    pictures: keras.Model, texts: keras.Model, labels: int, join: str = "gate", missing: float = 0.0, seed: int = 0
) -> keras.Model:
    """From `[pictures, token numbers]` to logits `(batch, labels)`.

    - "logits": each network votes for each label, and the votes are added. What one sees cannot change what the other's
      finding means.
    - "features": a hidden layer reads what both have found. It could learn anything, and has to find out what.
    - "places": likewise, but of the picture it reads what was found in each region, still apart.
    - "gate": the text says, with a number from 0 to 1 for each region of the picture, how much it counts; then as
      with "places". (Arevalo et al. 2017, "Gated multimodal units for information fusion", ICLR workshop, have such
      gates for whole modalities.)

    Args:
        pictures: made by `cnn.classifier`, with any number of outputs; for "logits" with one for each label.
        texts: made by `rnn.classifier`, likewise.
        labels: K.
        join: one of these, which `JOINS` lists.
        missing: modality dropout, the share of the training examples that lose the picture, and of those that lose the
            text (Neverova et al. 2016, "ModDrop: adaptive multi-modal gesture recognition", TPAMI 38). Never both.
        seed: of the first weights of what joins them, and of the dropout.

    Raises:
        ValueError: when there is no such join, the networks have other outputs than it needs, or `missing` is no share
            that leaves something.
    """
    if join not in JOINS:
        raise ValueError(f"join: expected one of {', '.join(JOINS)}; found {join!r}")
    if not 0 <= missing <= 0.5:
        raise ValueError(
            f"missing: expected a share from 0 to 0.5, as picture and text are never both missing; found {missing!r}"
        )
    if len(pictures.input_shape) != 4 or len(texts.input_shape) != 2:
        raise ValueError(
            "expected first a network that reads pictures, then one that reads token numbers; found networks for input "
            f"of shape {pictures.input_shape} and {texts.input_shape}"
        )
    outputs = pictures.output_shape[-1], texts.output_shape[-1]
    if join == "logits" and outputs != (labels, labels):
        raise ValueError(f"expected networks of {labels} outputs, one for each label, to add; found {outputs}")
    with seeded(seed):
        x = [
            keras.Input(pictures.input_shape[1:], dtype=pictures.inputs[0].dtype, name="pictures"),
            keras.Input((None,), dtype="int32", name="tokens"),
        ]
        seen, read = ModalityDropout(missing, name="modality_dropout")(x) if missing else x
        of_text = texts(read)  # (batch, size)
        if join == "logits":
            return keras.Model(x, layers.Add()([pictures(seen), of_text]))
        if join == "features":
            found = pictures(seen)
        else:
            found = places.places(pictures)(seen)  # (batch, regions, size)
            if join == "gate":
                gate = layers.Dense(found.shape[1], activation="sigmoid", name="gate")(of_text)  # (batch, regions)
                found *= keras.ops.expand_dims(gate, -1)
            found = layers.Flatten()(found)
        both = layers.Dropout(DROPOUT)(layers.Concatenate()([found, layers.ReLU()(of_text)]))
        hidden = layers.Dense(HIDDEN_UNITS, activation="relu", name="both")(both)
        return keras.Model(x, layers.Dense(labels, name="logits")(hidden))


@keras.saving.register_keras_serializable("mlc_tf")
class ModalityDropout(keras.layers.Layer):
    """In training, makes the picture of a share of the examples black, and the text of another share padding.

    Args:
        share: of each of the two, from 0 to 0.5.
    """

    def __init__(self, share: float, **options):
        super().__init__(**options)
        self.share = share
        self.random = keras.random.SeedGenerator()

    def call(self, inputs, training=False):
        """`[pictures, tokens]`, of the same shapes."""
        if not training:
            return inputs
        pictures, tokens = inputs
        chance = keras.random.uniform((tf.shape(tokens)[0],), seed=self.random)  # one number: never both
        with_picture = tf.cast(chance >= self.share, pictures.dtype)
        with_text = tf.cast(chance < 1 - self.share, tokens.dtype)
        return [pictures * with_picture[:, None, None, None], tokens * with_text[:, None]]

    def get_config(self) -> dict:
        """The arguments that make this layer again."""
        return {**super().get_config(), "share": self.share}
