"""Models of label sets against all 2^K of them: probabilities, draws, beams, and what the masks let through."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from sklearn.metrics import log_loss

from mlc_tf import training
from mlc_tf.data import images
from mlc_tf.evaluation import metrics, thresholds
from mlc_tf.models import cnn, rnn
from mlc_tf.models.label_sets import Chain, Decoder, Powerset, Reinforce
from mlc_tf.models.label_sets.reinforce import example_f1
from mlc_tf.models.places import with_places
from mlc_tf.models.seeds import seeded

K, UNITS, EXAMPLES = 4, 3, 6
SETS = np.array(list(itertools.product((0, 1), repeat=K)), np.float32)
SEEN = SETS[[0, 3, 5, 7, 9]]
ORDER = [2, 0, 3, 1]


def examples(number=EXAMPLES):
    return np.random.default_rng(0).normal(size=(number, 2)).astype(np.float32)


def network(size, pair=False):
    with seeded(0):
        given = keras.Input((2,))
        hidden = keras.layers.Dense(12, activation="tanh")(given)
        numbers = keras.layers.Dense(size)(hidden)
        places = keras.layers.Reshape((4, 3))(hidden)
        return keras.Model(given, [numbers, places] if pair else numbers)


def shaken(model):
    """With weights far from the first ones."""
    generator = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(variable + generator.normal(0, 0.7, variable.shape))
    return model


MAKE = {
    "chain": lambda: Chain(network(K * UNITS), K, UNITS, order=ORDER),
    "chain that moves logits": lambda: Chain(network(K), K, units=1, order=ORDER),
    "independent": lambda: Chain(network(K * UNITS), K, UNITS, looks_back=False),
    "decoder": lambda: Decoder(network(8 + K), K, units=8, order=ORDER, longest=K),
    "decoder that looks": lambda: Decoder(network(8 + K, pair=True), K, units=8, order=ORDER, longest=K),
    "decoder of two labels": lambda: Decoder(network(8 + K), K, units=8, order=ORDER, longest=2),
    "powerset": lambda: Powerset(network(len(SEEN)), SEEN),
}
ONE_WAY_TO_SAY_A_SET = tuple(MAKE)
MAKE |= {
    "decoder in random order": lambda: Decoder(network(8 + K), K, units=8, longest=K),
    "decoder in any order": lambda: Decoder(network(8 + K), K, units=8, order="any", longest=K),
}


def of_all_sets(model):
    """P of each of the 2^K sets, `(N, 2^K)`."""
    said = model(examples())
    return np.exp([model.log_probability(said, np.tile(row, (EXAMPLES, 1))) for row in SETS]).T


def numbers_of(sets):
    return sets.astype(int) @ (2 ** np.arange(K)[::-1])


@pytest.mark.parametrize("name", ONE_WAY_TO_SAY_A_SET)
def test_all_sets_together_have_probability_one_and_a_wide_beam_finds_them_all(name):
    model = shaken(MAKE[name]())
    p = of_all_sets(model)
    possible = np.ones(2**K, bool)
    if name == "powerset":
        possible = np.isin(np.arange(2**K), numbers_of(SEEN))
    if name == "decoder of two labels":
        possible = SETS.sum(axis=1) <= 2
    np.testing.assert_allclose(np.where(possible, p, 0).sum(axis=1), 1, rtol=1e-4)
    sets, log_probabilities = model.search(examples(), width=16)
    found = np.zeros_like(p)
    for row in range(EXAMPLES):
        np.add.at(found[row], numbers_of(sets[row]), np.exp(log_probabilities[row]))
    np.testing.assert_allclose(found, np.where(possible, p, 0), rtol=1e-3, atol=1e-6)
    assert (np.diff(log_probabilities[:, : possible.sum()], axis=1) <= 0).all()


@pytest.mark.parametrize("name", ONE_WAY_TO_SAY_A_SET)
def test_sets_are_drawn_as_often_as_they_are_probable(name):
    model = shaken(MAKE[name]())
    sets = model.sample(examples(), draws=3000, seed=4)
    drawn = np.array([np.bincount(row, minlength=2**K) for row in numbers_of(sets)]) / 3000
    p = of_all_sets(model)
    assert (np.abs(drawn - p) < 5 * np.sqrt(p * (1 - p) / 3000) + 1e-3).all()
    np.testing.assert_array_equal(model.sample(examples(), draws=3000, seed=4), sets)
    assert (model.sample(examples(), draws=3000, seed=5) != sets).any()


def test_many_batches_need_one_graph_and_no_result_depends_on_how_they_are_cut(monkeypatch):
    model, x = shaken(MAKE["chain"]()), examples(2000)
    warned = []
    monkeypatch.setattr(tf.get_logger(), "handle", lambda record: warned.append(record.getMessage()))
    for width in (1, 2, 4, 5, 6, 3):
        sets, log_probabilities = model.search(x, width)
    model.sample(x, 2)
    assert not warned  # TensorFlow warns of graphs that are made anew too often
    batches = tf.data.Dataset.from_tensor_slices((x, np.zeros((2000, K)))).batch(300)
    for one, other in zip(model.search(batches, 3), (sets, log_probabilities), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("name", ONE_WAY_TO_SAY_A_SET)
def test_marginals_are_those_of_all_sets(name):
    model = shaken(MAKE[name]())
    exact = name in ("independent", "powerset")
    p = of_all_sets(model)
    expected = p / p.sum(axis=1, keepdims=True) @ SETS
    np.testing.assert_allclose(model.marginals(examples(), 3000), expected, atol=1e-4 if exact else 0.05)


def test_a_decoder_with_a_sigmoid_loss_knows_each_label_by_itself():
    model = shaken(Decoder(network(8 + K), K, units=8, order=ORDER, sigmoid_loss=0.5))
    y = SETS[[1, 5, 6, 7, 8, 9]]
    model.compile("adam")
    p, said = model.marginals(examples()), model(examples())
    expected = -np.mean(model.log_probability(said, y)) / K + 0.5 * log_loss(y.ravel(), p.ravel())
    assert model.evaluate(examples(), y, verbose=0) == pytest.approx(expected, rel=1e-5)


def ways_to_say(model, said, row, one):
    """Log-probability of each order in which this set `(K,)` can be said, step by step."""
    found = []
    for order in itertools.permutations(np.flatnonzero(one)):
        state, last, used, ended = model._start(said[row : row + 1], 1)
        total = 0.0
        for step, label in enumerate([*order, K]):
            log_p, state = model._step(said[row : row + 1], state, last, used, ended, step)
            total += float(log_p[0, 0, label])
            last, used = tf.constant([[label]]), used + tf.one_hot([[label]], K)
        found.append(total)
    return np.array(found)


def test_a_decoder_in_random_order_is_taught_one_of_the_ways_to_say_a_set():
    model = shaken(MAKE["decoder in random order"]())
    said = model(examples())
    for one in (SETS[0], SETS[4], SETS[6], SETS[13]):
        ways = ways_to_say(model, said, 2, one)
        taught = [float(model.log_probability(said, np.tile(one, (EXAMPLES, 1)))[2]) for _ in range(40)]
        near = np.abs(np.subtract.outer(taught, ways))
        assert near.min(axis=1).max() < 1e-4  # each time one of them
        assert near.min(axis=0).max() < 1e-4  # and in time each of them


def test_a_decoder_in_any_order_pays_for_nothing_but_labels_that_are_not_in_the_set():
    """Two labels, said in either order: the first step gives both together, the second the one left, then the stop."""
    model = shaken(MAKE["decoder in any order"]())
    said, one = model(examples()), SETS[6]  # labels 1 and 2
    state, last, used, ended = model._start(said[:1], 1)
    first = np.exp(model._step(said[:1], state, last, used, ended, 0)[0][0, 0])
    expected = [
        way + np.log(first[[1, 2]].sum()) - np.log(first[label])
        for way, label in zip(ways_to_say(model, said, 0, one), (1, 2), strict=True)
    ]
    taught = [float(model.log_probability(said, np.tile(one, (EXAMPLES, 1)))[0]) for _ in range(20)]
    assert np.abs(np.subtract.outer(taught, expected)).min(axis=1).max() < 1e-4


@pytest.mark.parametrize("name", MAKE)
def test_what_is_said_of_a_draw_is_the_log_probability_of_saying_it(name):
    model = shaken(MAKE[name]())
    said = model(examples())
    sets, log_probabilities = model.draw(said, 20, (0, 1))
    for row, way in itertools.product(range(EXAMPLES), range(20)):
        if name in ONE_WAY_TO_SAY_A_SET:
            expected = model.log_probability(said, np.tile(sets[row, way], (EXAMPLES, 1)))[row : row + 1].numpy()
        else:
            expected = ways_to_say(model, said, row, sets[row, way].numpy())
        assert np.abs(expected - float(log_probabilities[row, way])).min() < 1e-4
        if row and name not in ONE_WAY_TO_SAY_A_SET:
            break  # by hand it takes its time
    assert (model.sample(np.repeat(examples(1), 600, axis=0), 4)[:300] != model.sample(examples(1), 4)).any()


@pytest.mark.parametrize("name", ["decoder in random order", "decoder in any order"])
def test_without_an_order_a_set_is_found_as_often_as_there_are_ways_to_say_it(name):
    model = shaken(MAKE[name]())
    sets, log_probabilities = model.search(examples(), 65)  # 1 + 4 + 12 + 24 + 24 ways to say up to four labels
    np.testing.assert_allclose(np.exp(log_probabilities).sum(axis=1), 1, rtol=1e-4)
    for row in numbers_of(sets):
        times = np.bincount(row, minlength=2**K)
        np.testing.assert_array_equal(times, np.array([1, 1, 2, 6, 24])[SETS.sum(axis=1).astype(int)])


def test_draws_of_one_batch_are_not_those_of_another():
    for name in ("chain", "decoder"):
        model = shaken(MAKE[name]())
        x = np.repeat(examples(1), 512, axis=0)  # two batches of the same example
        sets = model.sample(x, 8, seed=3)
        assert (sets[:256] != sets[256:]).any(axis=(1, 2)).mean() > 0.5


def test_marginals_are_probabilities_also_where_one_label_is_in_every_set():
    generator = np.random.default_rng(0)
    sets = np.unique(np.column_stack([np.ones(300), generator.integers(0, 2, (300, 9))]), axis=0)
    model = Powerset(network(len(sets)), sets)
    thresholds.check_probabilities(model.marginals(generator.normal(size=(500, 2)).astype(np.float32) * 30))


def test_sigmoids_are_a_chain_that_does_not_look_back():
    model = shaken(MAKE["independent"]())
    p = np.array([of_all_sets(model) @ SETS[:, k] for k in range(K)]).T
    y = SETS[[1, 5, 6, 7, 8, 9]]
    expected = log_loss(y.ravel(), p.ravel())
    model.compile("adam")
    assert model.evaluate(examples(), y, verbose=0) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("name", ["chain", "decoder"])
def test_a_label_is_told_of_those_before_it_and_of_no_other(name):
    model = shaken(MAKE[name]())
    said = model(examples())
    if name == "chain":
        by_label = model._by_label(said)

        def logits(y):
            return model._logits(by_label, tf.gather(y, ORDER, axis=1))

    else:
        # Steps of a decoder: the logits of a step must not know the labels said from there on.
        def logits(y):
            return model._taught(said, y)[0]

    if name == "chain":
        y = tf.constant(SETS[:EXAMPLES])
        with tf.GradientTape() as tape:
            tape.watch(y)
            out = logits(y)
        slopes = tape.batch_jacobian(out, y).numpy()[:, :, ORDER]  # (batch, k, j), both in the order
        assert (slopes[:, *np.triu_indices(K)] == 0).all()
        assert (slopes[:, *np.tril_indices(K, -1)] != 0).all(axis=0).all()
    else:
        two, three = np.zeros((2, EXAMPLES, K), np.float32)
        two[:, ORDER[:2]] = 1
        three[:, ORDER[:3]] = 1
        np.testing.assert_array_equal(logits(two)[:, :3], logits(three)[:, :3])


def test_a_decoder_looks_at_places_and_never_at_empty_ones():
    model = shaken(MAKE["decoder that looks"]())
    numbers, places = model(examples())
    y = SETS[:EXAMPLES]
    before = model.log_probability((numbers, places), y)
    assert np.abs(model.log_probability((numbers, places[:, ::-1]), y) - before).max() < 1e-5  # any order of places
    padded = tf.pad(places, [[0, 0], [0, 3], [0, 0]])
    assert np.abs(model.log_probability((numbers, padded), y) - before).max() < 1e-5
    assert np.abs(model.log_probability((numbers, 2 * places), y) - before).max() > 1e-2


def test_the_words_of_a_text_and_the_regions_of_a_picture_are_places_to_look_at(tmp_path):
    words = with_places(rnn.classifier(30, 8 + K, units=5, embedding=6))
    numbers, places = words(np.array([[5, 9, 0, 7, 0], [0, 0, 0, 0, 0]]))
    assert (numbers.shape, places.shape) == ((2, 8 + K), (2, 5, 10))
    np.testing.assert_array_equal(np.any(places, axis=2), [[1, 1, 1, 0, 0], [1, 0, 0, 0, 0]])
    alone = words(np.array([[5, 9, 7]]))[1]
    np.testing.assert_allclose(places[0, :3], alone[0], atol=1e-6)
    pictures = with_places(cnn.classifier((16, 16, 1), 8 + K))
    assert pictures(np.zeros((2, 16, 16, 1), np.uint8))[1].shape == (2, 4, 64)
    for network, x in ((words, np.array([[5, 9, 1, 0]])), (pictures, np.ones((1, 16, 16, 1), np.uint8))):
        model = shaken(Decoder(network, K, units=8, longest=2))
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        np.testing.assert_allclose(loaded.search(x, 3)[1], model.search(x, 3)[1], rtol=1e-5)


@pytest.mark.parametrize("name", MAKE)
def test_training_and_loading_it_again(name, tmp_path):
    """Labels 0 and 1 exclude each other by chance alone: all but independent ones learn it, and a file keeps it."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(512, 2)).astype(np.float32)
    y = np.zeros((512, K), np.float32)
    y[np.arange(512), generator.integers(0, 2, 512)] = 1
    model = Powerset(network(2), Powerset.sets_of(y)) if name == "powerset" else MAKE[name]()
    model.compile(keras.optimizers.Adam(0.1))
    history = model.fit(x, y, batch_size=64, epochs=10, verbose=0).history["loss"]
    best = np.log(2) * (2 if name == "independent" else 1) / K
    assert best - 0.01 < history[-1] < best + 0.05, history
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    sets, log_probabilities = model.search(x[:9], width=3)
    again = loaded.search(x[:9], width=3)
    np.testing.assert_array_equal(again[0], sets)
    np.testing.assert_allclose(again[1], log_probabilities, rtol=1e-5)
    if name != "independent":
        assert (sets[:, 0].sum(axis=1) == 1).all()


@pytest.mark.parametrize("name", ["independent", "chain", "decoder"])
@pytest.mark.parametrize("baseline", ["none", "greedy", "others"])
def test_reinforce_has_the_gradient_of_the_expected_f1(name, baseline):
    """Against that of the sum over all sets; the mean of 40 gradients, by its own standard error.

    Few draws for each of many copies of the examples: a baseline that has the draw itself in it is off by a quarter.
    """
    model = shaken(MAKE[name]())
    x, y = examples(), tf.constant(SETS[[0, 5, 6, 7, 8, 15]])
    variables = model.trainable_variables

    def flat(tape, value):
        gradients = tape.gradient(value, variables)
        return np.concatenate([np.ravel(tf.convert_to_tensor(part)) for part in gradients])

    with tf.GradientTape() as tape:
        said = model(x)
        p = tf.stack([tf.exp(model.log_probability(said, np.tile(row, (EXAMPLES, 1)))) for row in SETS], axis=1)
        expected = -tf.reduce_mean(tf.reduce_sum(p * example_f1(SETS[None], y[:, None]), axis=1))
    exact = flat(tape, expected)
    learner = Reinforce(model, baseline, draws=4)
    many_x, many_y = np.tile(x, (150, 1)), tf.tile(y, (150, 1))
    step = tf.function(lambda: learner.compute_loss(many_x, many_y, learner(many_x)))
    found = []
    for _ in range(40):
        with tf.GradientTape() as tape:
            loss = step()
        found.append(flat(tape, loss))
    error = np.std(found, axis=0) / np.sqrt(len(found) - 1)
    assert np.abs(exact).max() > 1e-2
    assert (np.abs(np.mean(found, axis=0) - exact) < 5 * error + 1e-6).all()


def test_the_mean_of_the_others_makes_the_gradient_vary_less():
    model = shaken(MAKE["chain"]())
    x, y = examples(), tf.constant(SETS[[0, 5, 6, 7, 8, 15]])
    spread = {}
    for baseline in ("none", "others"):
        learner, found = Reinforce(model, baseline, draws=8), []
        for _ in range(40):
            with tf.GradientTape() as tape:
                loss = learner.compute_loss(x, y, learner(x))
            found.append(tape.gradient(loss, model.bias).numpy())
        spread[baseline] = np.var(found, axis=0).sum()
    assert spread["others"] < 0.7 * spread["none"], spread


def test_f1_of_sets_as_the_metric_has_it():
    generator = np.random.default_rng(0)
    a, b = generator.integers(0, 2, (2, 200, 3)).astype(np.float32)
    assert float(tf.reduce_mean(example_f1(a, b))) == pytest.approx(metrics.example_f1(b, a))


@pytest.mark.parametrize("name", ["chain", "decoder in random order", "chain, reinforced"])
def test_a_training_that_was_killed_goes_on_to_the_same_weights(name, tmp_path):
    x = np.zeros((40, 8, 8, 1), np.uint8)
    x[:] = np.random.default_rng(2).integers(0, 255, x.shape)
    y = np.tile(SETS[:8], (5, 1))

    def made():
        size = K * UNITS if "chain" in name else 8 + K
        with seeded(0):
            reader = keras.Sequential(
                [
                    keras.Input((8, 8, 1)),
                    keras.layers.Rescaling(1 / 255),
                    keras.layers.Flatten(),
                    keras.layers.Dense(size),
                ]
            )
        model = Chain(reader, K, UNITS) if "chain" in name else Decoder(reader, K, units=8, longest=K)
        if "reinforced" in name:
            model = Reinforce(model, draws=3)
        model.compile(keras.optimizers.Adam(0.01))
        return model, images.batches(x, y, 8, seed=1)

    whole, batches = made()
    training.fit(whole, batches, epochs=3)
    for epochs in (1, 3):
        model, batches = made()
        training.fit(model, batches, epochs=epochs, folder=tmp_path)
    for a, b in zip(whole.weights, model.weights, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("name", "y", "words"),
    [
        ("chain", [0.5, 0, 0, 1], "found soft targets"),
        ("decoder of two labels", [1, 1, 0, 1], "a label set is larger than longest=2"),
    ],
)
def test_label_sets_that_cannot_be_taught_are_refused(name, y, words):
    model = MAKE[name]()
    model.compile()
    with pytest.raises(tf.errors.InvalidArgumentError, match=words):
        model.fit(examples(), np.tile(y, (EXAMPLES, 1)), verbose=0)


def test_what_layers_add_to_the_loss_counts():
    penalised = keras.Sequential([keras.Input((2,)), keras.layers.Dense(K, kernel_regularizer="l2")])
    losses = []
    for reader in (penalised, keras.Sequential([keras.Input((2,)), keras.layers.Dense(K)])):
        reader.set_weights([np.ones((2, K)), np.zeros(K)])
        model = Chain(reader, K, 1)
        model.compile()
        losses.append(model.evaluate(examples(), SETS[:EXAMPLES], verbose=0))
    assert losses[0] - losses[1] == pytest.approx(0.01 * 2 * K, rel=1e-4)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Chain(network(K), K), "expected one that gives 32 numbers.*found output of shape"),
        (lambda: Chain(network(K), K, 1, order=[0, 1, 2, 2]), "each of the numbers 0 to 3 once"),
        (lambda: Chain(network(K), K, 1, frequencies=[0.5]), "expected 4 numbers from 0 to 1"),
        (lambda: Chain(network(K), 0, 1), "labels: expected a whole number from 1 on"),
        (lambda: Decoder(network(K), K, units=8), "expected one that gives 12 numbers"),
        (lambda: Decoder(network(12), K, units=8, order="frequent"), "'random', 'any', or each of the numbers"),
        (lambda: Decoder(network(12), K, units=8, frequencies=[0.1]), "expected 4 numbers from 0 to 1"),
        (lambda: with_places(network(12)), "expected one with a recurrent layer, or with MaxPooling2D"),
        (
            lambda: with_places(keras.Sequential([keras.Input((5, 6)), keras.layers.GRU(3)])),
            "return the states of all words .return_sequences=True., found output of shape .None, 3.",
        ),
        (lambda: Powerset(network(2), [[0, 1], [0, 1]]), "each label set once"),
        (lambda: Powerset(network(3), [[0, 1], [1, 1]]), "expected one that gives 2 numbers"),
        (lambda: Reinforce(MAKE["chain"](), "mean"), "baseline: expected one of none, greedy, others"),
        (lambda: Reinforce(MAKE["chain"](), draws=1), "from 2 on, with the baseline 'others'; found 1"),
        (lambda: Chain(network(8, pair=True), K, 2), "expected one that gives 8 numbers"),
        (lambda: Chain(network(K), None, 1), "labels: expected a whole number"),
        (lambda: Decoder(network(12), K, units=8, order=None), "order: expected"),
        (lambda: Decoder(network(12), K, units=8, longest=0), "longest: expected a whole number from 1 on"),
        (lambda: Decoder(network(12), K, units=8, sigmoid_loss=-1), "sigmoid_loss: expected a number from 0 on"),
        (lambda: MAKE["chain"]().compile("adam", "bce"), "loss: expected none"),
        (lambda: MAKE["chain"]().search(examples(0)), "at least one example"),
        (lambda: MAKE["chain"]().search(examples(), 0), "width: expected a whole number from 1 on"),
        (lambda: MAKE["chain"]().sample(examples(), 0.5), "draws: expected a whole number from 1 on"),
    ],
)
def test_what_does_not_fit_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
