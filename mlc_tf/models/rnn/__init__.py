"""Recurrent networks that read a text and give each label a probability. Lessons 06 and 07."""

from mlc_tf.models.rnn.network import classifier, probabilities
from mlc_tf.models.rnn.optimization import optimizer

__all__ = ["classifier", "optimizer", "probabilities"]
