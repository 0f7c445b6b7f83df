"""How a training is run: its progress, its history, and going on where it was killed. Lessons 02 to 05."""

import contextlib
import hashlib
import json
import math
import os
import pathlib
import re
import sys
import tempfile
import weakref
from collections.abc import Sequence

import h5py
import keras
import tensorflow as tf

UNFINISHED = "unfinished.weights.h5"  # written to under this name, then renamed: a name stands for a whole file
_digests = weakref.WeakKeyDictionary()  # pipeline: hash of its first batch


def fit(
    model: keras.Model,
    batches: tf.data.Dataset,
    epochs: int,
    folder: str | os.PathLike | None = None,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> dict[str, list[float]]:
    """`model.fit` with one line of progress, which goes on where it was interrupted.

    With a `folder` the whole state is kept there after each epoch: weights, optimizers, moving averages, the seeds of
    layers, and the history. A training that was killed, at any moment, and is started again with the same arguments
    goes on from the last whole epoch and, on a CPU, ends with the weights it would have had, to the last bit. For that,
    make `batches` anew (with the same seed) where you make the model: a pipeline that has been used goes on in its
    order. Callbacks start afresh. More `epochs` than the state has add to them; not more return it at once.

    The stop button ends the training early; the model is then as the last step left it.

    Args:
        model: built and compiled.
        batches: for one epoch, a finite pipeline such as `images.batches(x, y, batch_size, seed)`.
        epochs: how many in all, those before an interruption included.
        folder: for the state; it is made when there is none. `None` keeps nothing.
        callbacks: for `model.fit`. What they add to the logs at an epoch's end is shown and kept.

    Returns:
        The history: for each measure its values, of all epochs.

    Raises:
        ValueError: when the folder holds another training or a damaged state, `batches` is endless, the model is not
            built, or `epochs` is below 1. Nothing is deleted.
        OSError: when the folder cannot be written to, before the training starts.
    """
    size = int(batches.cardinality())
    if size < 1:
        raise ValueError("batches: expected a pipeline with a known number of batches, at least one; drop its repeat()")
    if epochs < 1:
        raise ValueError(f"epochs: expected a whole number from 1 on, found {epochs!r}")
    if not model.built:
        raise ValueError("the model has no weights yet: begin it with a keras.Input, or call it on a batch first")
    digest = _digest(batches)  # also without a folder, as looking at a batch moves the pipeline on to its next order
    state = _State(pathlib.Path(folder), _fingerprint(model, size, digest)) if folder is not None else None
    history, done, finished = state.restore(model) if state else ({}, 0, False)
    if finished or done >= epochs:
        print(f"all {done} epochs were done before: read from {folder}")
        if getattr(model.optimizer, "use_ema", False):  # as Keras does at the end of a training
            model.optimizer.finalize_variable_values(model.trainable_variables)
        return history

    # Keras makes iterators as it needs them, and each takes the next order of the pipeline. One endless iterator has
    # the orders in turn. Those of the epochs that are done are passed over.
    steps = model.steps_per_execution * math.ceil(size / model.steps_per_execution)
    passed = done * steps // size
    if model.distribute_strategy is tf.distribute.get_strategy():
        passed += 1  # with several devices Keras takes an iterator to look at a batch: the orders should be the same
    for _ in range(passed):
        next(iter(batches))
    stream = batches.repeat().skip(done * steps % size)
    keeper = _Keeper(history, state)
    try:
        options = {"steps_per_epoch": steps, "initial_epoch": done, "epochs": epochs, "verbose": 0}
        with _same_sums():
            model.fit(stream, callbacks=[*callbacks, OneLine(), keeper], **options)
    except KeyboardInterrupt:
        again = f"goes on from epoch {keeper.done + 1}" if state else "starts afresh (unless you name a folder)"
        print(
            f"\nStopped in epoch {keeper.done + 1} of {epochs}. The model can be used as it is.\n"
            f"To go on, run from the cell that makes the model: training {again}."
        )
    return history


class OneLine(keras.callbacks.Callback):
    """Shows the progress of `fit(verbose=0)` as one line that is rewritten, live and in a saved notebook alike.

    A saved notebook keeps only the last state of such a line, so 20 epochs leave one line, not 20.
    """

    def on_epoch_end(self, epoch, logs=None):
        """Rewrites the line with this epoch's logs."""
        text = " · ".join(f"{name} {value:.4f}" for name, value in (logs or {}).items())
        sys.stdout.write(f"\repoch {epoch + 1}/{self.params['epochs']} · {text}    ")
        sys.stdout.flush()

    def on_train_end(self, logs=None):
        """Ends the line."""
        sys.stdout.write("\n")


class KeepBest(keras.callbacks.Callback):
    """Keeps the weights of the epoch with the best measure; for trainings that reach a peak and decay. Lesson 04.

    It survives a resumed `fit`, which `keras.callbacks.ModelCheckpoint` does not: that one forgets the best value, and
    loses the best weights when it is killed while it writes.

    Args:
        measure: a name in the logs, measured on validation data.
        file: for the weights, ending in `.weights.h5`.
        mode: `"max"` or `"min"`, which value is best.

    Raises:
        ValueError: when `file` or `mode` is none that works; after the first epoch, when no log has this name.
    """

    def __init__(self, measure: str, file: str | os.PathLike, mode: str = "max"):
        super().__init__()
        if mode not in ("max", "min"):
            raise ValueError(f"mode: expected 'max' or 'min', found {mode!r}")
        if not str(file).endswith(".weights.h5"):
            raise ValueError(f"file: expected a name that ends in .weights.h5, found {str(file)!r}")
        self.measure, self.file, self.sign = measure, pathlib.Path(file), 1 if mode == "max" else -1
        self.best = None

    def on_train_begin(self, logs=None):
        """Prepares for a new or resumed training."""
        self.best, self.first = None, True

    def on_epoch_begin(self, epoch, logs=None):
        """When a training goes on, finds what was best before; a new one forgets the file of an older one."""
        if self.first and epoch > 0 and self.file.exists():
            self.best = self._read()["value"]
        self.first = False

    def on_epoch_end(self, epoch, logs=None):
        """Keeps the weights when this epoch is the best so far."""
        if self.measure not in (logs or {}):
            raise ValueError(f"KeepBest: there is no measure {self.measure!r}, but {', '.join(logs or ['none'])}")
        value = float(logs[self.measure])
        if math.isnan(value) or (self.best is not None and self.sign * value <= self.sign * self.best):
            return
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_name(f"best-{UNFINISHED}")
        self.model.save_weights(unfinished)
        with h5py.File(unfinished, "a") as opened:
            opened.attrs.update(value=value, epoch=epoch)
        os.replace(unfinished, self.file)
        self.best = value

    def restore(self, model: keras.Model) -> tuple[int, float]:
        """Gives the model the weights of the best epoch; returns that epoch, counted from 1, and its value."""
        model.load_weights(self.file)
        kept = self._read()
        return kept["epoch"] + 1, kept["value"]

    def _read(self) -> dict:
        with h5py.File(self.file) as opened:
            return {"value": float(opened.attrs["value"]), "epoch": int(opened.attrs["epoch"])}


class _Keeper(keras.callbacks.Callback):
    """Keeps the history and, with a state, writes it at the end of each epoch."""

    def __init__(self, history: dict, state: "_State | None"):
        super().__init__()
        self.history, self.state = history, state
        self.done = len(next(iter(history.values()), []))

    def on_epoch_end(self, epoch, logs=None):
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(float(value))
        if self.state:
            self.state.write(self.model, self.history, epoch + 1, finished=self.model.stop_training)
        self.done = epoch + 1


class _State:
    """The folder with the state of a training: `state.json` names the file with the weights that belong to it."""

    def __init__(self, folder: pathlib.Path, fingerprint: dict):
        self.folder, self.file, self.fingerprint = folder, folder / "state.json", fingerprint
        try:
            folder.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=folder).close()
        except OSError as error:
            raise OSError(
                f"the state of the training cannot be kept in {folder}: {error}. Choose another folder"
            ) from None

    def write(self, model: keras.Model, history: dict, done: int, finished: bool) -> None:
        """Replaces the state; at every moment the folder holds a whole one."""
        weights = self.folder / f"epoch-{done:04d}.weights.h5"
        model.save_weights(self.folder / UNFINISHED)
        os.replace(self.folder / UNFINISHED, weights)
        seeds = [variable.numpy().tolist() for variable in _seeds(model)]
        state = {"done": done, "finished": finished, "weights": weights.name, "seeds": seeds, "history": history}
        unfinished = self.file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({**state, "fingerprint": self.fingerprint}), encoding="utf-8")
        os.replace(unfinished, self.file)
        for older in set(self.folder.glob("epoch-*.weights.h5")) - {weights}:
            older.unlink()

    def restore(self, model: keras.Model) -> tuple[dict, int, bool]:
        """Gives the model its weights; returns history, epochs done, and whether a callback ended the training."""
        if not self.file.exists():
            return {}, 0, False
        what_to_do = "Nothing was changed. Choose another folder, or delete this one to start afresh"
        try:
            state = json.loads(self.file.read_text(encoding="utf-8"))
            differences = list(_differences(state["fingerprint"], self.fingerprint))
        except (ValueError, KeyError, OSError) as error:
            raise ValueError(f"{self.file} is damaged ({error}). {what_to_do}") from None
        if differences:
            raise ValueError(
                f"{self.folder} holds the state of another training; then and now: {'; '.join(differences[:3])}. "
                f"{what_to_do}"
            )
        if getattr(model, "optimizer", None) is not None and not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        weights = self.folder / state["weights"]
        try:
            model.load_weights(weights)
            for variable, value in zip(_seeds(model), state["seeds"], strict=True):
                variable.assign(value)
        except (OSError, KeyError, RuntimeError) as error:
            raise ValueError(f"{weights} is damaged ({error}). {what_to_do}") from None
        return state["history"], state["done"], state["finished"]


def _seeds(model: keras.Model) -> list[keras.Variable]:
    """The state of the random numbers of layers such as Dropout, which Keras does not save with the weights."""
    return [variable for variable in model.variables if variable.name == "seed_generator_state"]


@contextlib.contextmanager
def _same_sums():
    """Sums are rounded alike in each run: TensorFlow would order the terms of a gradient by the names of the layers.

    Those differ with what was built before in the same process ("dense_9" and "dense_10" change places).
    """
    before = tf.config.optimizer.get_experimental_options().get("arithmetic_optimization", True)
    tf.config.optimizer.set_experimental_options({"arithmetic_optimization": False})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"arithmetic_optimization": before})


def _digest(batches: tf.data.Dataset) -> str:
    """Of the first batch: it tells data, order and seed apart. For a used pipeline, that of the first time."""
    if batches not in _digests:
        sums = hashlib.sha256()
        for part in tf.nest.flatten(next(iter(batches))):
            sums.update(repr(part.shape).encode() + part.numpy().tobytes())
        _digests[batches] = sums.hexdigest()[:16]
    return _digests[batches]


def _fingerprint(model: keras.Model, size: int, digest: str) -> dict:
    """What tells this training from another one, ready for JSON."""
    text = json.dumps({"model": keras.saving.serialize_keras_object(model)}, default=str)
    # The same cell makes "dense" when it is first run, and "dense_7" later.
    model_config = json.loads(re.sub(r'"([a-z0-9_]*?)_\d+"', r'"\1"', text))
    return {**model_config, "batches an epoch": size, "first batch (data, order, seed)": digest}


def _differences(then, now, place: str = ""):
    """Where two structures of JSON differ: lines of place, value then, value now."""
    if isinstance(then, dict) and isinstance(now, dict):
        for key in then.keys() | now.keys():
            yield from _differences(then.get(key), now.get(key), f"{place} {key}".strip())
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for index, (old, new) in enumerate(zip(then, now, strict=True)):
            yield from _differences(old, new, f"{place}[{index}]")
    elif then != now:
        yield f"{place}: {then!r:.60} → {now!r:.60}"
