"""How every data set of the course is carried: three splits, a label matrix each, and the labels' names."""

import dataclasses

import numpy as np


class DataError(Exception):
    """Data that is missing, damaged or not what was asked for; the message says what to do about it."""


@dataclasses.dataclass(frozen=True)
class Split:
    """Examples and their label sets.

    `x`: images `(N, height, width, channels)` uint8 in 0..255, texts `(N,)` str, or features `(N, F)` float32.
    `y`: the label matrix, `(N, K)` float32 of 0 and 1. (Float, because `y.T @ y` overflows in small integer types
    and `y_true - y_pred` in unsigned ones.)
    """

    x: np.ndarray
    y: np.ndarray

    def __post_init__(self):
        if self.y.ndim != 2 or len(self.x) != len(self.y):
            raise ValueError(
                "a split needs one row of labels for each example: expected y of shape (N, K) and x of length N, "
                f"found x of shape {self.x.shape} and y of shape {self.y.shape}"
            )

    def __len__(self) -> int:
        """Number of examples, N."""
        return len(self.y)


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A multi-label data set. The validation split is always separate from the test split."""

    name: str
    train: Split
    validation: Split
    test: Split
    label_names: tuple[str, ...]

    def __post_init__(self):
        for split in (self.train, self.validation, self.test):
            if split.y.shape[1] != len(self.label_names):
                raise ValueError(
                    f"{self.name}: expected a column of y for each of the {len(self.label_names)} label names, "
                    f"found y of shape {split.y.shape}"
                )
