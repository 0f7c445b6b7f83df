"""The weights of the best epoch, for trainings that reach a peak and decay. Lesson 04."""

import math
import os
import pathlib

import h5py
import keras
import numpy as np


class KeepBest(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the best measure, and those of no other training.

    It survives a resumed `fit`, which `keras.callbacks.ModelCheckpoint` does not: that one forgets the best value, and
    loses the best weights when it is killed while it writes. A training that starts removes the file of an older one.

    Args:
        measure: a name in the logs, measured on validation data; of several numbers, such as one for each label, their
            mean counts.
        file: for the weights, ending in `.weights.h5`.
        mode: `"max"` or `"min"`, which value is best.

    Raises:
        ValueError: when `file` or `mode` is none that works; after the first epoch, when no log has this name.
    """

    training = ""  # which one it is, as `fit` says

    def __init__(self, measure: str, file: str | os.PathLike, mode: str = "max"):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode: expected 'max' or 'min', found {mode!r}")
        if not str(file).endswith(".weights.h5"):
            raise ValueError(f"file: expected a name that ends in .weights.h5, found {str(file)!r}")
        self.measure, self.file, self.sign = measure, pathlib.Path(file), 1 if mode == "max" else -1

    def on_train_begin(self, logs=None):
        """Prepares for a new or resumed training."""
        self.first = True

    def on_epoch_begin(self, epoch, logs=None):
        """When a training goes on, finds what was best before; a new one removes the file of an older one."""
        if self.first:
            kept = self._kept()
            self.best = kept["value"] if kept and epoch > 0 else None
            if self.best is None:
                self.file.unlink(missing_ok=True)
        self.first = False

    def on_epoch_end(self, epoch, logs=None):
        """Keeps the weights when this epoch is the best so far."""
        if self.measure not in (logs or {}):
            raise ValueError(f"KeepBest: there is no measure {self.measure!r}, but {', '.join(logs or ['none'])}")
        value = float(np.mean(logs[self.measure]))
        if math.isnan(value) or (self.best is not None and self.sign * value <= self.sign * self.best):
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_name("best-unfinished.weights.h5")
        self.model.save_weights(unfinished)
        with h5py.File(unfinished, "a") as opened:
            opened.attrs.update(value=value, epoch=epoch, training=self.training)
        os.replace(unfinished, self.file)
        self.best = value

    def restore(self, model: keras.Model) -> tuple[int, float]:
        """Gives the model the weights of the best epoch.

        Returns:
            That epoch, counted from 1, and its value.

        Raises:
            ValueError: when no epoch of this training had a value. The model stays as it is.
        """
        kept = self._kept()
        if kept is None:
            raise ValueError(
                f"KeepBest: {self.file} holds no weights of this training: no epoch was trained yet in which "
                f"{self.measure!r} was a number, or another training has used the file since. Look at its history, "
                "and give each training a file of its own"
            )
        model.load_weights(self.file)
        return int(kept["epoch"]) + 1, float(kept["value"])

    def _kept(self) -> dict | None:
        """What the file says of its weights, if they are of this training."""
        if not self.file.exists():
            return None
        with h5py.File(self.file) as opened:
            kept = dict(opened.attrs)
        return kept if self.training in ("", kept.get("training")) else None
