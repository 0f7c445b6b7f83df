"""Losses for labels that are rare, beside those of Keras. Lesson 07.

All take label sets and logits, both `(batch, K)`, and are means over the labels: `keras.losses.BinaryCrossentropy` and
`BinaryFocalCrossentropy` with `from_logits=True`, and this one.
"""

import keras
from keras import ops

TINY = 1e-8


@keras.saving.register_keras_serializable("mlc_tf")
class AsymmetricLoss(keras.losses.Loss):
    """Cross-entropy in which easy absences count next to nothing.

    With p the probability of a label and q = max(p - m, 0), a present label pays -(1 - p)^a log p, an absent one
    -q^b log(1 - q). Of ninety labels about eighty-eight are absent, nearly all of them obviously: b = 4 leaves the few
    doubtful ones to be heard, and the margin m drops those below it altogether. Ridnik et al. 2021, "Asymmetric loss
    for multi-label classification", ICCV. With a = b = m = 0 it is plain cross-entropy.

    Probabilities come out larger than frequencies, so fit the threshold (`mlc_tf.evaluation.thresholds`).

    Args:
        present: a, the power for present labels, from 0 on.
        absent: b, the power for absent ones, from 0 on.
        margin: m, from 0 up to, but not, 1.

    Raises:
        ValueError: when a number does not fit.
    """

    def __init__(
        self, present: float = 0.0, absent: float = 4.0, margin: float = 0.05, name="asymmetric_loss", **options
    ):
        super().__init__(name=name, **options)
        if not (present >= 0 and absent >= 0 and 0 <= margin < 1):
            raise ValueError(
                "expected powers `present` and `absent` from 0 on and a margin from 0 up to, but not, 1; "
                f"found {present!r}, {absent!r}, {margin!r}"
            )
        self.present, self.absent, self.margin = present, absent, margin

    def call(self, y_true, y_pred):
        """The loss of each example, `(batch,)`."""
        y = ops.cast(y_true, y_pred.dtype)
        p, not_p = ops.sigmoid(y_pred), ops.sigmoid(-y_pred)
        # Powers have no slope at 0 for exponents below 1; TINY keeps 0 away from them.
        of_present = -(ops.maximum(not_p, TINY) ** self.present) * ops.log_sigmoid(y_pred)
        if self.margin:
            not_q = ops.minimum(not_p + self.margin, 1)  # at least the margin, so its logarithm is finite
            log_not_q = ops.log(not_q)
        else:
            log_not_q = ops.log_sigmoid(-y_pred)
        of_absent = -(ops.maximum(p - self.margin, TINY) ** self.absent) * log_not_q
        return ops.mean(y * of_present + (1 - y) * of_absent, axis=-1)

    def get_config(self) -> dict:
        """Return the arguments that make this loss again."""
        own = {"present": self.present, "absent": self.absent, "margin": self.margin}
        return {**super().get_config(), **own}
