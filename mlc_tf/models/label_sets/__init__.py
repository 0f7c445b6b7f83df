"""Models of P(label set | example), of labels that depend on each other: chain, decoder, label powerset. Lesson 08."""

from mlc_tf.models.label_sets.answers import Answers
from mlc_tf.models.label_sets.chain import Chain
from mlc_tf.models.label_sets.decoder import Decoder
from mlc_tf.models.label_sets.powerset import Powerset
from mlc_tf.models.label_sets.reinforce import Reinforce

__all__ = ["Answers", "Chain", "Decoder", "Powerset", "Reinforce"]
