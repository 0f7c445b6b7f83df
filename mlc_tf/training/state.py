"""The kept state of a training: a folder that at every moment holds a whole one. Lessons 04 and 10."""

import contextlib
import hashlib
import json
import os
import pathlib
import weakref
from collections.abc import Iterator

import filelock
import keras
import tensorflow as tf

from mlc_tf.training import identity

WHAT_TO_DO = "Nothing was changed. Choose another folder, or delete this one to start afresh"
HINTS = {  # where a difference is: what may be behind it
    "first weights": "If it is the same training, run from the cell that makes the model.",
    "learning_rate config": (
        "The schedule of the learning rate was made for another number of steps, so the epochs that are done would "
        "have been trained at other rates. Make it for as many steps as then to add epochs."
    ),
}
# Of each model, by folder and digest of its weights as `fit` left them: digest of its first weights.
_left = weakref.WeakKeyDictionary()


class State:
    """`state.json` names the files with the weights that belong to it: to go on from, and as the training left them.

    The two differ where weights are exchanged at the end of a training, for their averages or for the best ones.
    """

    def __init__(self, folder: pathlib.Path, fingerprint: dict):
        self.folder, self.file, self.fingerprint = folder, folder / "state.json", fingerprint
        self.entry = {"done": 0, "finished": False, "history": {}}
        if self.file.exists():
            self.entry = self._read()
        self.history = self.entry["history"]
        self.name = hashlib.sha256(json.dumps(fingerprint).encode()).hexdigest()[:16]  # of the training

    def _read(self) -> dict:
        try:
            entry = json.loads(self.file.read_text(encoding="utf-8"))
            found = list(identity.differences(entry["fingerprint"], self.fingerprint))
        except (ValueError, KeyError, OSError) as error:
            raise ValueError(f"{self.file} is damaged ({error}). {WHAT_TO_DO}") from None
        if found:
            hints = [hint for place, hint in HINTS.items() if any(place in difference for difference in found)]
            raise ValueError(
                f"{self.folder} holds the state of another training; then and now: {'; '.join(found[:3])}. "
                f"{' '.join([*hints, WHAT_TO_DO])}"
            )
        return entry

    def is_over(self, epochs: int) -> bool:
        """Whether there is nothing left to train, as all epochs are done or a callback has ended the training."""
        return "left" in self.entry and (self.entry["finished"] or self.entry["done"] >= epochs)

    def restore(self, model: keras.Model, name: str) -> None:
        """Gives the model the weights of this name, "weights" to go on from or "left", and all other variables."""
        weights = self.folder / self.entry[name]
        try:
            with model.distribute_strategy.scope():
                if getattr(model, "optimizer", None) is not None and not model.optimizer.built:
                    model.optimizer.build(model.trainable_variables)
                model.load_weights(weights)
                for variable, value in zip(_seeds(model), self.entry["seeds"], strict=True):
                    variable.assign(value)
        except (OSError, KeyError, RuntimeError) as error:
            raise ValueError(f"{weights} is damaged ({error}). {WHAT_TO_DO}") from None

    def write_epoch(self, model: keras.Model, done: int, last: bool) -> None:
        """Writes an epoch. The last one counts when `write_end` has been called: its weights may be exchanged yet."""
        seeds = [variable.numpy().tolist() for variable in _seeds(model)]
        weights = self._write_weights(model, f"epoch-{done:04d}")
        self.entry = {
            "done": done,
            "finished": model.stop_training,
            "weights": weights,
            "seeds": seeds,
            "history": self.history,
        }
        if not last:
            self._write_entry()

    def write_end(self, model: keras.Model) -> None:
        """Writes the model as the training leaves it."""
        self.entry["left"] = self._write_weights(model, f"left-{self.entry['done']:04d}")
        self._write_entry()

    def _write_weights(self, model: keras.Model, name: str) -> str:
        # Under another name first: a name stands for a whole file.
        unfinished, weights = (self.folder / f"{stem}.weights.h5" for stem in ("unfinished", name))
        model.save_weights(unfinished)
        os.replace(unfinished, weights)
        return weights.name

    def _write_entry(self) -> None:
        unfinished = self.file.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({**self.entry, "fingerprint": self.fingerprint}), encoding="utf-8")
        os.replace(unfinished, self.file)
        for kind in ("epoch", "left"):
            for file in self.folder.glob(f"{kind}-*.weights.h5"):
                if file.name not in self.entry.values():
                    file.unlink()


@contextlib.contextmanager
def kept(folder: str | os.PathLike, model: keras.Model, batches: tf.data.Dataset, steps: int) -> Iterator[State]:
    """The state in this folder, which belongs to this training and to this process alone.

    Args:
        folder: made when there is none.
        model: with its first weights, or as `fit` left it with the same folder.
        batches: of an epoch.
        steps: batches in an epoch.

    Raises:
        ValueError: when the folder holds another training or a damaged state.
        OSError: when it cannot be written to, or another process trains with it.
    """
    folder = pathlib.Path(folder).resolve()
    lock = filelock.FileLock(folder / "lock")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise OSError(
            f"another process trains with the folder {folder}: wait until it ends, or choose another folder"
        ) from None
    except OSError as error:
        raise OSError(f"the state of the training cannot be kept in {folder}: {error}. Choose another folder") from None
    try:
        found = _weights(model)
        first = _left.get(model, {}).get((folder, found), found)
        try:
            yield State(folder, identity.fingerprint(model, batches, steps, first))
        finally:
            _left[model] = {(folder, _weights(model)): first}
    finally:
        lock.release()


def _weights(model: keras.Model) -> str:
    return identity.digest(variable.numpy() for variable in [*model.weights, *_seeds(model)])


def _seeds(model: keras.Model) -> list[keras.Variable]:
    """The state of the random numbers of layers such as Dropout, which Keras does not save with the weights."""
    others = {id(variable) for variable in [*model.weights, *model.metrics_variables]}
    return [variable for variable in model.variables if id(variable) not in others]
