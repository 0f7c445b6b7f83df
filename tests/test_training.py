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


def classifier(seed=0, rate=0.01, units=8, size=-1, averaged=False, data_seed=0, labels=Y):
    """With dropout, momentum and statistics of batches, and batches whose order changes: all of it is state."""
    keras.utils.set_random_seed(seed)
    layers = [keras.layers.Flatten(), keras.layers.Dense(units), keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((4, 4, 1)), *layers, keras.layers.Dropout(0.5), keras.layers.Dense(3)])
    model.compile(
        keras.optimizers.Adam(rate, use_ema=averaged, ema_momentum=0.9),
        keras.losses.BinaryCrossentropy(from_logits=True),
    )
    return model, images.batches(X, labels, 8, seed=data_seed).take(size)


def trained(epochs, folder=None, callbacks=(), **changes):
    model, batches = classifier(**changes)
    return training.fit(model, batches, epochs, folder, callbacks), model


def flat(folder, function=None, metrics=()):
    """A small model of feature vectors, trained for two epochs; with a function, by which its input goes first."""
    keras.utils.set_random_seed(0)
    first = [keras.layers.Lambda(function, output_shape=(4,))] if function else []
    model = keras.Sequential([keras.Input((4,)), *first, keras.layers.Dense(3, activation="sigmoid")])
    model.compile("sgd", "mse", metrics=list(metrics))
    return training.fit(model, images.batches(X[:, 0, :, 0], Y, 8, seed=0), 2, folder)


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal that kills at once")
def test_a_gan_that_is_killed_again_and_again_ends_as_one_that_was_not(tmp_path):
    whole = run(tmp_path / "whole")
    assert whole.returncode == 0, whole.stderr
    # In the second epoch; while weights are written; before the state names the new weights.
    for kill in ("batch:7", "replace:1", "replace:4", "batch:1"):
        assert run(tmp_path / "killed", kill).returncode == -9
    resumed = run(tmp_path / "killed")
    assert resumed.stdout.splitlines()[-1] == whole.stdout.splitlines()[-1]
    names = sorted(path.name for path in (tmp_path / "killed").iterdir() if "unfinished" not in path.name)
    assert names == ["epoch-0004.weights.h5", "left-0004.weights.h5", "lock", "state.json"]


def test_a_training_on_two_devices_goes_on_as_well():
    script = pathlib.Path(__file__).with_name("resumed_on_two_devices.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.splitlines()[-1]) < 1e-6


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


@pytest.mark.parametrize(
    "change",
    [
        lambda batches: batches.take(3),
        lambda batches: batches.repeat().take(7),
        lambda batches: tf.data.Dataset.zip(batches.repeat(), batches.take(4)).map(lambda a, b: a),
        lambda batches: tf.data.Dataset.from_tensor_slices((X, Y)).shuffle(40, seed=0).batch(8),
    ],
)
def test_pipelines_made_of_others_go_on_as_well(tmp_path, change):
    def one(epochs, folder):
        model, batches = classifier()
        tf.random.set_seed(0)
        return training.fit(model, change(batches), epochs, folder), model

    whole = one(3, tmp_path / "whole")
    one(1, tmp_path / "stopped")
    assert_same(one(3, tmp_path / "stopped"), whole)


def test_a_training_depends_on_its_arguments_alone(tmp_path):
    """Not on global seeds, nor on what was made or used before: with a folder and without."""
    model, _ = classifier()
    whole = training.fit(model, images.batches(X, Y, 8, seed=0), 2), model
    keras.utils.set_random_seed(5)
    batches = images.batches(X, Y, 8, seed=0)
    list(batches.repeat().take(7))
    for folder in (None, tmp_path, tmp_path):
        model, _ = classifier()
        assert_same((training.fit(model, batches, 2, folder), model), whole)


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


def test_the_stop_button_stops_a_sweep_and_leaves_a_usable_model(tmp_path):
    whole = trained(4)
    begun = []
    with pytest.raises(KeyboardInterrupt, match="in epoch 3 of 4. The model can be used as it is.*from epoch 3"):
        for seed in range(2):
            begun.append(classifier(seed))
            training.fit(*begun[-1], 4, tmp_path / str(seed), [At(2, stop)])
    ((model, batches),) = begun
    assert np.isfinite(model.predict(X, verbose=0)).all()
    # The same cell again, with the model and the batches there are, is no other training; with others neither.
    assert_same((training.fit(model, batches, 4, tmp_path / "0"), model), whole)
    assert_same(trained(4, tmp_path / "0"), whole)
    model.set_weights([weights + 1 for weights in model.get_weights()])
    with pytest.raises(ValueError, match="then and now: first weights.*run from the cell that makes the model"):
        training.fit(model, batches, 4, tmp_path / "0")
    with pytest.raises(KeyboardInterrupt, match="starts afresh .unless you name a folder"):
        trained(4, None, [At(0, stop)])


def test_what_was_built_before_in_the_process_changes_nothing():
    one = gan_resumed.model_and_batches()
    training.fit(*one, 1)
    while int(keras.layers.Dense(1).name.split("_")[-1]) < 94:
        pass  # the next layers are called "dense_95" to "dense_108"
    two = gan_resumed.model_and_batches()
    training.fit(*two, 1)
    for a, b in zip(gan_resumed.everything(one[0]), gan_resumed.everything(two[0]), strict=True):
        np.testing.assert_array_equal(a, b)


FALLING = keras.optimizers.schedules.CosineDecay


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"rate": 0.5}, "learning_rate: 0.0.* → 0.5"),
        (
            {"rate": FALLING(0.01, 20)},
            "learning_rate config decay_steps: 10 → 20. The schedule .* for another number",
        ),
        ({"units": 9}, "units: 8 → 9"),
        ({"seed": 1}, "first weights"),
        ({"data_seed": 1}, "batches .data, order"),
        ({"labels": np.where(np.arange(40)[:, None] == 39, 1 - Y, Y)}, "batches .data, order"),  # of one row
        ({"size": 3}, "batches an epoch: 5 → 3"),
    ],
)
def test_the_folder_of_another_training_is_refused(tmp_path, change, says):
    then = {"rate": FALLING(0.01, 10)} if isinstance(change.get("rate"), FALLING) else {}
    trained(1, tmp_path, **then)
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"another training; then and now: .*{says}.*another folder, or delete"):
        trained(2, tmp_path, **change)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_more_epochs_go_on_with_a_schedule_that_is_the_same(tmp_path):
    rate = FALLING(0.01, 20)
    trained(2, tmp_path, rate=rate)
    assert_same(trained(3, tmp_path, rate=rate), trained(3, rate=rate))


def written(body, place):
    """The function `lambda v: BODY`, as a cell of a notebook makes it: in another file and line in each kernel."""
    return eval(compile("\n" * place + f"lambda v: {body}", f"/tmp/ipykernel_{place}/cell.py", "eval"))


def test_a_function_in_a_model_is_known_by_what_it_does(tmp_path):
    history = flat(tmp_path, written("v * 2", place=3))
    assert flat(tmp_path, written("v * 2", place=14)) == history
    with pytest.raises(ValueError, match="another training; then and now: .*function.*: (.*) → (?!\\1)"):
        flat(tmp_path, written("v * 3", place=3))


def test_two_long_values_are_shown_where_they_differ(tmp_path):
    def one(last):
        keras.utils.set_random_seed(0)
        scale = keras.layers.Rescaling([0.0009765625] * 15 + [last])  # shown by Keras as one long list
        model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), scale, keras.layers.Dense(3)])
        model.name = "a" * 100 + str(last)
        model.compile("sgd", keras.losses.BinaryCrossentropy(name="b" * 100 + str(last)))
        training.fit(model, images.batches(X, Y, 8, seed=0), 1, tmp_path)

    one(1.0)
    with pytest.raises(ValueError, match="then and now: ") as raised:
        one(2.0)
    shown = str(raised.value).split("then and now: ")[1].split(". Nothing")[0]
    for difference in shown.split("; "):
        then, now = difference.split(": ", 1)[1].split(" → ")
        assert then != now


def test_a_model_that_cannot_say_what_it_is_made_of_needs_no_folder(tmp_path):
    class Applied(keras.Model):
        def __init__(self, function):
            super().__init__()
            self.function, self.out = function, keras.layers.Dense(3)

        def call(self, x):
            return self.out(self.function(x))

    model = Applied(keras.ops.square)
    model.compile("sgd", "mse")
    batches = images.batches(X[:, 0, :, 0], Y, 8, seed=0)
    model(next(iter(batches))[0])
    assert len(training.fit(model, batches, 1)["loss"]) == 1
    with pytest.raises(ValueError, match="get_config that returns its arguments, or leave the folder out"):
        training.fit(model, batches, 1, tmp_path)


def test_a_folder_is_for_one_process_at_a_time(tmp_path):
    with pytest.raises(OSError, match="another process trains with the folder .*: wait until it ends, or choose"):
        trained(3, tmp_path, [At(1, lambda: trained(3, tmp_path))])
    assert_same(trained(3, tmp_path), trained(3))


@pytest.mark.parametrize("name", ["state.json", "epoch-0001.weights.h5"])
@pytest.mark.parametrize("left", [0, 0.5, None])
def test_a_damaged_state_is_named_and_kept(tmp_path, name, left):
    with pytest.raises(KeyboardInterrupt):
        trained(2, tmp_path, [At(1, stop)])
    file = tmp_path / name
    whole = file.read_bytes()
    file.unlink() if left is None else file.write_bytes(whole[: int(left * len(whole))])
    if name == "state.json" and left is None:
        return  # without it there is nothing to go on from
    with pytest.raises(ValueError, match=f"{name} is damaged.*Nothing was changed. Choose another folder, or delete"):
        trained(2, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"state.json", "epoch-0001.weights.h5", "lock"} - (
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
    with pytest.raises(ValueError, match="batches: expected a pipeline of batches, found ndarray.*images.batches"):
        training.fit(model, X, Y, 1)
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


def test_the_best_weights_of_another_training_are_never_handed_out(tmp_path):
    class NotANumber(Measure):
        values = [float("nan")] * 2

    def one(seed, measure):
        keep = training.KeepBest("score", tmp_path / "best.weights.h5")
        _, model = trained(2, tmp_path / str(seed), [measure, keep], seed=seed)
        return keep, model

    keep, model = one(0, Measure())
    again, _ = one(0, Measure())  # nothing is trained: what was kept is there still
    assert keep.restore(model) == again.restore(model) == (2, 0.7)
    bad, _ = one(1, NotANumber())
    with pytest.raises(ValueError, match="holds no weights of this training"):
        bad.restore(model)
    other, its_model = one(2, Measure())  # uses the file for itself
    again, _ = one(0, Measure())
    assert other.restore(its_model) == (2, 0.7)
    for nothing in (bad, again):
        before = model.get_weights()
        with pytest.raises(ValueError, match="holds no weights of this training.*'score' was a number"):
            nothing.restore(model)
        np.testing.assert_array_equal(before[0], model.get_weights()[0])


def test_a_training_ended_by_a_callback_is_not_gone_on_with(tmp_path):
    seen = []
    for _ in range(2):
        stopping = keras.callbacks.EarlyStopping("score", patience=1, mode="max", restore_best_weights=True)
        seen.append(trained(6, tmp_path, [Measure(), stopping]))
        assert len(seen[-1][0]["score"]) == 3
    assert seen[0][0]["loss"] == seen[1][0]["loss"]
    for best in (seen[0][1], trained(2)[1]):
        for kept, value in zip(seen[1][1].get_weights(), best.get_weights(), strict=True):
            np.testing.assert_array_equal(kept, value)


def test_weights_that_were_best_are_not_gone_on_from(tmp_path):
    best = keras.callbacks.EarlyStopping("score", patience=9, mode="max", restore_best_weights=True)
    trained(3, tmp_path, [Measure(), best])
    history, model = trained(4, tmp_path)
    whole, without = trained(4)
    assert history["loss"] == whole["loss"]
    np.testing.assert_array_equal(model.get_weights()[0], without.get_weights()[0])


def test_averages_are_put_in_place_also_where_the_last_epochs_were_trained_before(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        trained(4, tmp_path, [At(2, stop)], averaged=True)
    assert_same(trained(2, tmp_path, averaged=True), trained(2, averaged=True))


def test_a_measure_of_each_label_is_kept_and_its_mean_shown(tmp_path, capsys):
    f1 = keras.metrics.F1Score(average=None, threshold=0.5)
    history = flat(tmp_path, metrics=[f1])
    assert np.shape(history["f1_score"]) == (2, 3)
    assert f"mean f1_score {np.mean(history['f1_score'][1]):.4f}" in capsys.readouterr().out
    assert flat(tmp_path, metrics=[keras.metrics.F1Score(average=None, threshold=0.5)]) == history


def test_validation_data_are_evaluated_after_each_epoch():
    model, batches = classifier()
    history = training.fit(model, batches, 2, validation_data=images.batches(X, Y, 16))
    assert len(history["val_loss"]) == 2
    assert history["val_loss"][1] == pytest.approx(model.evaluate(images.batches(X, Y, 16), verbose=0), rel=1e-5)
    assert history["loss"] == trained(2)[0]["loss"]


def test_the_state_is_readable_and_the_default_strategy_is_that_of_one_device(tmp_path):
    history, _ = trained(2, tmp_path)
    assert json.loads((tmp_path / "state.json").read_text())["history"] == history
    assert devices.strategy() is tf.distribute.get_strategy()
