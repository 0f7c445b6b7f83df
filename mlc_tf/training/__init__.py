"""How and where models are trained: `fit`, the state it keeps, devices, and few labels."""

from mlc_tf.training.fitting import OneLine, fit
from mlc_tf.training.keep_best import KeepBest

__all__ = ["KeepBest", "OneLine", "fit"]
