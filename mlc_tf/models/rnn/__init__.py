"""Recurrent networks that read a text and name its labels. Lessons 06 and 07."""

from mlc_tf.models.rnn.network import classifier
from mlc_tf.models.rnn.optimization import optimizer
from mlc_tf.models.rnn.pipeline import end_to_end, predict_labels

__all__ = ["classifier", "end_to_end", "optimizer", "predict_labels"]
