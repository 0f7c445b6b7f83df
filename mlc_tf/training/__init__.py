"""How and where models are trained: `fit`, the state it keeps, devices, and few labels."""

from mlc_tf.training.fitting import KeepBest, OneLine, fit

__all__ = ["KeepBest", "OneLine", "fit"]
