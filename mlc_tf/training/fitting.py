"""How a training is run: its progress, its history, and going on where it was killed. Lessons 02 to 06."""

import contextlib
import math
import os
import sys
import uuid
from collections.abc import Iterator, Sequence

import keras
import numpy as np
import tensorflow as tf

from mlc_tf.data import pipelines
from mlc_tf.training.keep_best import KeepBest
from mlc_tf.training.state import State, kept


def fit(
    model: keras.Model,
    batches: tf.data.Dataset,
    epochs: int,
    folder: str | os.PathLike | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    validation_data=None,
) -> dict[str, list]:
    """`model.fit` with one line of progress, which goes on where it was interrupted.

    With a `folder` the whole state is kept there after each epoch: weights, optimizers, moving averages, the seeds of
    layers, and the history. A training that was killed, at any moment, and is started again with the same arguments
    goes on from the last whole epoch and, on a CPU, ends with the weights it would have had, to the last bit. Callbacks
    start afresh. More `epochs` than the state has add to them; not more return it at once, with the model as the
    training left it.

    Pipelines of this course are asked for the order of each epoch. Make one with a `shuffle` of your own anew, with the
    same seeds, where you make the model: it cannot be turned back.

    The stop button ends the training and what it is part of, such as a loop over seeds; the model is then as the last
    step left it.

    Args:
        model: built and compiled.
        batches: for one epoch, a finite pipeline such as `images.batches(x, y, batch_size, seed)`.
        epochs: how many in all, those before an interruption included.
        folder: for the state; it is made when there is none. `None` keeps nothing.
        callbacks: for `model.fit`. What they add to the logs at an epoch's end is shown and kept.
        validation_data: for `model.fit`, which evaluates the model on it after each epoch.

    Returns:
        The history: for each measure its values, of all epochs; a value is a number, or a list where the measure has
        one for each label.

    Raises:
        ValueError: when the folder holds another training or a damaged state, `batches` is endless or no pipeline, the
            model is not built or cannot be described, or `epochs` is below 1. Nothing is deleted.
        OSError: when the folder cannot be written to, or another process trains with it; before the training starts.
        KeyboardInterrupt: when it is stopped.
    """
    size = _check(model, batches, epochs)
    # Keras runs whole executions.
    steps = model.steps_per_execution * math.ceil(size / model.steps_per_execution)
    with kept(folder, model, batches, steps) if folder is not None else contextlib.nullcontext() as state:
        for callback in callbacks:
            if isinstance(callback, KeepBest):
                callback.training = state.name if state else uuid.uuid4().hex
        keeper = _Keeper(state)
        if state and state.is_over(epochs):
            state.restore(model, "left")
            print(f"all {keeper.done} epochs were done before: read from {folder}")
            return keeper.history
        if keeper.done:
            state.restore(model, "weights")
        first = keeper.done * steps
        stream = pipelines.from_epoch(batches, first // size).skip(first % size)
        options = {"steps_per_epoch": steps, "initial_epoch": keeper.done, "epochs": max(epochs, keeper.done)}
        try:
            with same_sums():
                all_callbacks = [*callbacks, OneLine(), keeper]
                model.fit(stream, callbacks=all_callbacks, validation_data=validation_data, verbose=0, **options)
        except KeyboardInterrupt:
            again = f"goes on from epoch {keeper.done + 1}" if state else "starts afresh (unless you name a folder)"
            print()  # ends the line of progress
            raise KeyboardInterrupt(
                f"stopped in epoch {keeper.done + 1} of {epochs}. The model can be used as it is. "
                f"To go on, run from the cell that makes the model: training {again}."
            ) from None
        return keeper.history


class OneLine(keras.callbacks.Callback):
    """Shows the progress of `fit(verbose=0)` as one line that is rewritten, live and in a saved notebook alike.

    A saved notebook keeps only the last state of such a line, so 20 epochs leave one line, not 20. Of a measure with a
    number for each label it shows the mean.
    """

    def on_epoch_end(self, epoch, logs=None):
        """Rewrites the line with this epoch's logs."""
        shown = {f"mean {name}" if np.ndim(value) else name: np.mean(value) for name, value in (logs or {}).items()}
        text = " · ".join(f"{name} {value:.4f}" for name, value in shown.items())
        sys.stdout.write(f"\repoch {epoch + 1}/{self.params['epochs']} · {text}    ")
        sys.stdout.flush()

    def on_train_end(self, logs=None):
        """Ends the line."""
        sys.stdout.write("\n")


class _Keeper(keras.callbacks.Callback):
    """Keeps the history and, with a state, writes it at the end of each epoch and of the training."""

    def __init__(self, state: State | None):
        super().__init__()
        self.state = state
        self.history, self.done = (state.history, state.entry["done"]) if state else ({}, 0)

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(np.asarray(value, float).tolist())
        if self.state:
            last = self.model.stop_training or epoch + 1 == self.params["epochs"]
            self.state.write_epoch(self.model, epoch + 1, last)
        self.done = epoch + 1

    def on_train_end(self, logs=None):
        if self.state:
            self.state.write_end(self.model)


def _check(model, batches, epochs) -> int:
    """The number of batches in an epoch. Raises ValueError where an argument of `fit` does not fit."""
    if not isinstance(batches, tf.data.Dataset):
        raise ValueError(
            f"batches: expected a pipeline of batches, found {type(batches).__name__}; make one of arrays with "
            "mlc_tf.data.images.batches(x, y, batch_size, seed), of texts with mlc_tf.data.text.batches"
        )
    size = int(batches.cardinality())
    if size < 1:
        raise ValueError("batches: expected a pipeline with a known number of batches, at least one; drop its repeat()")
    if not isinstance(epochs, int | np.integer) or epochs < 1:
        raise ValueError(f"epochs: expected a whole number from 1 on, found {epochs!r}")
    if not model.built:
        raise ValueError("the model has no weights yet: begin it with a keras.Input, or call it on a batch first")
    return size


@contextlib.contextmanager
def same_sums() -> Iterator[None]:
    """Sums are rounded alike in each run: TensorFlow would order the terms of a gradient by the names of the layers.

    Those differ with what was built before in the same process ("dense_9" and "dense_10" change places).
    """
    before = tf.config.optimizer.get_experimental_options().get("arithmetic_optimization", True)
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"arithmetic_optimization": before})
