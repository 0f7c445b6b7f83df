"""Data sets: one module each, with a `load_data()` that returns a `Dataset`. Cards: `data/README.md`."""

from mlc_tf.data.dataset import DataError, Dataset, Split

__all__ = ["DataError", "Dataset", "Split"]
