"""Training that goes on where it was killed, is stopped, or finds a folder it cannot use."""

import json
import pathlib
import subprocess
import sys

import gan_resumed
import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf import training
from mlc_tf.data import images
from mlc_tf.training import devices

RANDOM = np.random.default_rng(0)
X, Y = RANDOM.integers(0, 256, (40, 4, 4, 1), np.uint8), RANDOM.integers(0, 2, (40, 3), np.uint8)


def classifier(seed=0, rate=0.01, units=8, size=-1, averaged=False):
    """With dropout, momentum and statistics of batches, and batches whose order changes: all of it is state."""
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Flatten(), keras.layers.Dense(units), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((4, 4, 1)), *layers, keras.layers.Dropout(0.5), keras.layers.Dense(3)])
    model.compile(
        keras.optimizers.Adam(rate, use_ema=averaged, ema_momentum=0.9),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return model, images.batches(X, Y, 8, seed=seed).take(size)


def trained(epochs, folder=None, callbacks=(), **changes):
    model, batches = classifier(**changes)
    return training.fit(model, batches, epochs, folder, callbacks), model


def variables(model):
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


def assert_same(one, two):
    assert one[0] == two[0]
    for a, b in zip(variables(one[1]), variables(two[1]), strict=True):
        np.testing.assert_array_equal(a, b)


class At(keras.callbacks.Callback):
    """Does something in an epoch."""

    def __init__(self, epoch, action):
        super().__init__()
        self.epoch, self.action = epoch, action

    def on_epoch_begin(self, epoch, logs=None):
        self.current = epoch

    def on_train_batch_begin(self, batch, logs=None):
        if self.current == self.epoch and batch == 2:
            self.action()


def stop():
    raise KeyboardInterrupt


def run(*arguments):
    command = [sys.executable, gan_resumed.__file__, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


def test_a_gan_that_is_killed_again_and_again_ends_as_one_that_was_not(tmp_path):
    whole = run(tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    # In the second epoch; while weights are written; before the state names the new weights.
    for kill in ("batch:7", "replace:1", "replace:4", "batch:1"):
        assert run(tmp_path / "killed", kill).returncode == -9
    resumed = run(tmp_path / "killed")
    assert resumed.stdout.splitlines()[-1] == whole.stdout.splitlines()[-1]
    names = sorted(path.name for path in (tmp_path / "killed").iterdir() if "unfinished" not in path.name)
    assert names == ["epoch-0004.weights.h5", "state.json"]


@pytest.mark.parametrize("per_execution, averaged", [(1, False), (1, True), (3, False)])
def test_going_on_changes_nothing_and_a_folder_neither(tmp_path, per_execution, averaged):
    def one(epochs, folder):
        model, batches = classifier(averaged=averaged)
        model.steps_per_execution = per_execution  # 3 does not divide the 5 batches
        return training.fit(model, batches, epochs, folder), model

    whole = one(4, None)
    for epochs in (1, 3, 4):
        resumed = one(epochs, tmp_path)
    assert_same(whole, resumed)
    assert len(whole[0]["loss"]) == 4
    # Once more, or with fewer epochs: what is there is returned, and nothing trained.
    assert_same(one(4, tmp_path), whole)
    assert_same(one(2, tmp_path), whole)


def test_each_epoch_has_another_order_and_all_rows(tmp_path):
    seen = []

    class Watching(keras.Model):
        def train_step(self, data):
            tf.py_function(lambda x: seen.append(x.numpy()[:, 0, 0, 0]), [data[0]], [])
            return {"loss": tf.constant(0.0)}

    inputs = keras.Input((4, 4, 1))
    model = Watching(inputs, keras.layers.Flatten()(inputs))
    model.compile()
    training.fit(model, images.batches(X, Y, 8, seed=0), 3)
    epochs = np.concatenate(seen).reshape(3, 40)
    for order in epochs:
        np.testing.assert_array_equal(np.sort(order), np.sort(X[:, 0, 0, 0]))
    assert not (epochs[0] == epochs[1]).all() and not (epochs[1] == epochs[2]).all()


def test_the_stop_button_leaves_a_usable_model_and_says_how_to_go_on(tmp_path, capsys):
    whole = trained(4)
    history, model = trained(4, tmp_path, [At(2, stop)])
    said = capsys.readouterr().out
    assert "Stopped in epoch 3 of 4. The model can be used as it is." in said
    assert "goes on from epoch 3" in said
    assert len(history["loss"]) == 2
    assert np.isfinite(model.predict(X, verbose=0)).all()
    assert_same(trained(4, tmp_path), whole)
    # The same cell again, with the model and the batches there are, is no other training.
    model, batches = classifier()
    training.fit(model, batches, 3, tmp_path / "same", [At(1, stop)])
    assert len(training.fit(model, batches, 3, tmp_path / "same")["loss"]) == 3
    trained(4, None, [At(0, stop)])
    assert "starts afresh (unless you name a folder)" in capsys.readouterr().out


def test_what_was_built_before_in_the_process_changes_nothing():
    one = gan_resumed.model_and_batches()
    training.fit(*one, 1)
    while int(keras.layers.Dense(1).name.split("_")[-1]) < 94:
        pass  # the next layers are called "dense_95" to "dense_108"
    two = gan_resumed.model_and_batches()
    training.fit(*two, 1)
    for a, b in zip(gan_resumed.everything(one[0]), gan_resumed.everything(two[0]), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rate": 0.5}, "learning_rate: 0.0.* → 0.5"),
        ({"units": 9}, "units: 8 → 9"),
        ({"seed": 1}, "first batch"),
        ({"size": 3}, "batches an epoch: 5 → 3"),
    ],
)
def test_the_folder_of_another_training_is_refused(tmp_path, change, says):
    trained(1, tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"another training; then and now: .*{says}.*another folder, or delete"):
        trained(2, tmp_path, **change)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("name", ["state.json", "epoch-0001.weights.h5"])
@pytest.mark.parametrize("left", [0, 0.5, None])
def test_a_damaged_state_is_named_and_kept(tmp_path, name, left):
    trained(1, tmp_path)
    file = tmp_path / name
    whole = file.read_bytes()
    file.unlink() if left is None else file.write_bytes(whole[: int(left * len(whole))])
    if name == "state.json" and left is None:
        return  # without it there is nothing to go on from
    with pytest.raises(ValueError, match=f"{name} is damaged.*Nothing was changed. Choose another folder, or delete"):
        trained(2, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"state.json", "epoch-0001.weights.h5"} - (
        {name} if left is None else set()
    )


def test_bad_arguments_are_named_before_the_training_starts(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be kept in .*file.*Choose another folder"):
        trained(1, tmp_path / "file" / "folder")
    if pathlib.Path("/sys").is_dir():  # a folder to which not even root can write
        with pytest.raises(OSError, match="cannot be kept in /sys: .*Choose another folder"):
            trained(1, "/sys")
    with pytest.raises(ValueError, match="epochs: expected a whole number from 1 on, found 0"):
        trained(0)
    model, batches = classifier()
    with pytest.raises(ValueError, match="known number of batches.*repeat"):
        training.fit(model, batches.repeat(), 1)
    unbuilt = keras.Sequential([keras.layers.Dense(1)])
    unbuilt.compile(loss="mse")
    with pytest.raises(ValueError, match="no weights yet"):
        training.fit(unbuilt, batches, 1)


class Measure(keras.callbacks.Callback):
    """A validation measure that goes up and down."""

    values = (0.1, 0.7, float("nan"), 0.9, 0.8, 0.2)

    def on_epoch_end(self, epoch, logs=None):
        logs["score"] = self.values[epoch]


def test_the_best_weights_are_kept_through_a_resumed_training(tmp_path):
    file = tmp_path / "best.weights.h5"
    history, best = trained(4)
    trained(6, tmp_path / "older", [Measure(), training.KeepBest("loss", file)])  # of another training: forgotten
    for epochs in (3, 5, 6):
        keep = training.KeepBest("score", file)
        history, model = trained(epochs, tmp_path / "state", [Measure(), keep])
    assert keep.restore(model) == (4, 0.9)
    for kept, value in zip(model.get_weights(), best.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, value)
    np.testing.assert_array_equal(history["score"], Measure.values)
    low = training.KeepBest("score", file, mode="min")
    trained(6, None, [Measure(), low])
    assert low.restore(model) == (1, 0.1)
    with pytest.raises(ValueError, match="no measure 'f1', but loss, score"):
        trained(1, None, [Measure(), training.KeepBest("f1", file)])


def test_a_training_ended_by_a_callback_is_not_gone_on_with(tmp_path):
    for _ in range(2):
        stopping = keras.callbacks.EarlyStopping("score", patience=1, mode="max")
        history, _ = trained(6, tmp_path, [Measure(), stopping])
        assert len(history["score"]) == 3


def test_the_state_is_readable_and_the_default_strategy_is_that_of_one_device(tmp_path):
    history, _ = trained(2, tmp_path)
    assert json.loads((tmp_path / "state.json").read_text())["history"] == history
    assert devices.strategy() is tf.distribute.get_strategy()
