"""Recurrent networks against NumPy, padding that changes nothing, losses, word vectors, and the optimizer."""

import json
import pathlib
import random
import subprocess
import sys

import keras
import numpy as np
import pytest
import scipy.sparse
import scipy.special
import tensorflow as tf

from mlc_tf import PROJECT, training
from mlc_tf.data import product_listings, text
from mlc_tf.models import rnn
from mlc_tf.models.rnn import losses, network, optimization, word_vectors

WORDS, LABELS = 30, 4
SHORT = np.array([[5, 9, 1, 7]], np.int32)
BATCH = np.array([[5, 9, 1, 7, 0, 0, 0], [3, 4, 5, 6, 7, 8, 9], [2, 0, 0, 0, 0, 0, 0]], np.int32)
IN_FRONT = np.array([[0, 0, 0, 5, 9, 1, 7], [3, 4, 5, 6, 7, 8, 9], [0, 0, 0, 0, 0, 0, 2]], np.int32)
IN_BETWEEN = np.array([[5, 0, 9, 1, 0, 7, 0], [3, 4, 5, 6, 7, 8, 9], [0, 0, 2, 0, 0, 0, 0]], np.int32)
LENGTHS = (4, 7, 1)


def small(**changes):
    options = {"units": 3, "embedding": 5, "seed": 1, **changes}
    built = rnn.classifier(WORDS, LABELS, **options)
    for weight in built.trainable_variables:  # no bias stays 0, where a mistake would not show
        weight.assign(np.random.default_rng(weight.shape[0]).normal(0, 0.5, weight.shape))
    return built


def states_of(built):
    """The states of all words, `(batch, time, h)`, and the weights of the layer that reads them out."""
    layer = [layer for layer in built.layers if isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional)][-1]
    return keras.Model(built.input, layer.output)(BATCH).numpy()


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", network.CELLS)
def test_padding_changes_nothing(cell, bidirectional):
    for pooling in [*network.POOLINGS, network.POOLINGS]:
        extras = {"skip_connection": True, "word_votes": True}
        built = small(cell=cell, bidirectional=bidirectional, pooling=pooling, **extras)
        together = built(BATCH).numpy()
        for padded_elsewhere in (IN_FRONT, IN_BETWEEN):
            np.testing.assert_array_equal(built(padded_elsewhere), together)
        for row, length in enumerate(LENGTHS):
            # One state more or less in a sum is rounded otherwise: a few units in the last place of float32.
            alone = built(BATCH[row : row + 1, : max(2, length)]).numpy()  # of one column Keras warns
            np.testing.assert_allclose(together[row], alone[0], rtol=1e-5, atol=1e-6, err_msg=str(pooling))
        assert np.abs(together[0] - together[1]).max() > 1e-3
        # A text of which nothing is there is one unknown word.
        np.testing.assert_array_equal(*built(np.array([[0, 0, 0], [text.UNKNOWN, 0, 0]], np.int32)))


@pytest.mark.parametrize("pooling", [("label-wise attention", "max"), "attention"])
def test_a_seed_builds_the_same_network_and_changes_no_global_state(pooling):
    """Whatever was drawn before; and what is drawn afterwards does not know that a network was built."""

    def build(seed=3):
        built = rnn.classifier(WORDS, LABELS, units=3, embedding=5, dropout=0.3, pooling=pooling, seed=seed)
        return [*built.get_weights(), built(BATCH, training=True).numpy()]  # with its dropout

    def draw():
        return random.random(), np.random.random(), tf.random.uniform(()), keras.random.uniform(())  # noqa: NPY002

    keras.utils.set_random_seed(5)
    expected = draw()
    keras.utils.set_random_seed(5)
    first = build()
    np.testing.assert_array_equal(draw(), expected)
    again, other = build(), build(4)
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)
    assert np.abs(first[0] - other[0]).max() > 0.01
    forward, backward = first[1], first[4]  # kernels of one shape
    assert forward.shape == backward.shape and np.abs(forward - backward).max() > 0.01


def test_vanilla_network_is_the_recurrence():
    """h_t = tanh(W x_t + U h_{t-1} + b), forwards and backwards, and a dense layer on where each direction ends."""
    built = small(cell="vanilla", pooling="last")
    embedding, w, u, b, w_back, u_back, b_back, dense, bias = built.get_weights()

    def end(tokens, w, u, b):
        h = np.zeros(3)
        for token in tokens:
            h = np.tanh(embedding[token] @ w + h @ u + b)
        return h

    tokens = SHORT[0]
    both = np.concatenate([end(tokens, w, u, b), end(tokens[::-1], w_back, u_back, b_back)])
    np.testing.assert_allclose(built(BATCH).numpy()[0], both @ dense + bias, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["max", "mean", "attention", "label-wise attention"])
def test_poolings_against_numpy(pooling):
    built = small(pooling=pooling)
    states, found = states_of(built), built(BATCH).numpy()
    read_out = [
        v.numpy() for v in built.trainable_variables if "embedding" not in v.path and "bidirectional" not in v.path
    ]
    for row, length in enumerate(LENGTHS):
        h = states[row, :length]  # (time, h)
        if pooling == "label-wise attention":
            scores, votes, bias = read_out
            attention = scipy.special.softmax(h @ scores, axis=0)  # (time, K)
            texts = np.einsum("tk,th->kh", attention, h)  # what each label sees of the text
            expected = np.sum(texts * votes.T, axis=1) + bias
        else:
            *inner, dense, bias = read_out
            if pooling == "attention":
                hidden, hidden_bias, scores = inner
                pooled = scipy.special.softmax(np.tanh(h @ hidden + hidden_bias) @ scores, axis=0).T[0] @ h
            else:
                pooled = {"max": np.max, "mean": np.mean}[pooling](h, axis=0)
            expected = pooled @ dense + bias
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-5)


def test_skip_connection_lets_the_pooling_see_the_words():
    built = small(pooling="max", skip_connection=True)
    vectors = built.get_layer("embedding").get_weights()[0]
    dense, bias = built.get_weights()[-2:]
    both = np.concatenate([states_of(built)[0, :4], vectors[SHORT[0]]], axis=1)  # (time, h + size)
    np.testing.assert_allclose(built(BATCH).numpy()[0], both.max(axis=0) @ dense + bias, rtol=1e-4, atol=1e-5)


def test_words_may_vote_by_themselves():
    built = small(pooling="max", word_votes=True)
    votes = built.get_layer("word_votes").get_weights()[0]
    without = small(pooling="max")
    without.set_weights([v.numpy() for v in built.trainable_variables if "word_votes" not in v.path])
    found = built(BATCH).numpy() - without(BATCH).numpy()
    for row, length in enumerate(LENGTHS):
        expected = votes[BATCH[row, :length]].sum(axis=0) / np.sqrt(length)
        np.testing.assert_allclose(found[row], expected, rtol=1e-4, atol=1e-5)
    assert not rnn.classifier(WORDS, LABELS, word_votes=True).get_layer("word_votes").get_weights()[0].any()


def test_logits_of_several_poolings_are_added():
    several = small(pooling=("max", "mean"))
    *shared, dense_max, bias_max, dense_mean, bias_mean = several.get_weights()
    total = 0
    for name, dense, bias in (("max", dense_max, bias_max), ("mean", dense_mean, bias_mean)):
        single = small(pooling=name)
        single.set_weights([*shared, dense, bias])
        total = total + single(BATCH).numpy()
    np.testing.assert_allclose(several(BATCH).numpy(), total, rtol=1e-5)


def test_attention_can_be_looked_at():
    built = small(pooling=("attention", "label-wise attention"))
    for name, shape in {"attention": (3, 7, 1), "label_wise_attention": (3, 7, LABELS)}.items():
        weights = keras.Model(built.input, built.get_layer(name).output)(BATCH).numpy()
        assert weights.shape == shape
        np.testing.assert_allclose(weights.sum(axis=1), 1, rtol=1e-5)
        assert not weights[0, 4:].any() and not weights[2, 1:].any()


def test_words_are_dropped_in_training_only_and_padding_never():
    share = 0.3
    built = small(word_dropout=share, bidirectional=False)
    at_embedding = keras.Model(built.input, built.get_layer("embedding").input)
    tokens = np.random.default_rng(0).integers(2, WORDS, (200, 50), np.int32)
    tokens[:, 40:] = 0
    np.testing.assert_array_equal(at_embedding(tokens), tokens)
    seen = at_embedding(tokens, training=True).numpy()
    changed = seen != tokens
    assert np.all(seen[changed] == text.UNKNOWN) and not changed[:, 40:].any()
    assert abs(changed[:, :40].mean() - share) < 0.02  # 4 standard deviations of 8,000 draws


def test_dropout_takes_an_entry_of_the_states_from_all_words_alike():
    built = small(dropout=0.5, units=20)
    recurrent, dropped = (
        next(layer for layer in built.layers if isinstance(layer, kind))
        for kind in (keras.layers.Bidirectional, keras.layers.SpatialDropout1D)
    )
    keras.utils.set_random_seed(0)
    states, seen = keras.Model(built.input, [recurrent.output, dropped.output])(BATCH, training=True)
    kept = np.abs(seen).max(axis=1, keepdims=True) > 0  # (batch, 1, h)
    assert 0.3 < kept.mean() < 0.7
    np.testing.assert_allclose(seen, 2 * states * kept, rtol=1e-6)


def test_word_vectors_to_begin_with():
    vectors = np.random.default_rng(0).normal(size=(WORDS, 6)).astype(np.float32)
    built = rnn.classifier(WORDS, LABELS, embedding=vectors)
    np.testing.assert_array_equal(built.get_layer("embedding").get_weights()[0], vectors)
    assert built.get_layer("embedding").trainable
    assert len(built.to_json()) < 20_000  # the vectors are weights, and no part of the configuration


@pytest.mark.parametrize("pooling", [("label-wise attention", "max"), "last"])
def test_first_logits_may_be_those_of_the_frequencies(pooling):
    frequencies = np.array([0.5, 0.9, 0.01, 0])
    options = {"cell": "vanilla", "units": LABELS, "bidirectional": False, "pooling": pooling}  # biases of equal shape
    plain, informed = (rnn.classifier(WORDS, LABELS, frequencies=f, **options) for f in (None, frequencies))
    shift = (informed(BATCH) - plain(BATCH)).numpy()
    np.testing.assert_allclose(shift[:, :3], np.broadcast_to(scipy.special.logit(frequencies[:3]), (3, 3)), rtol=1e-5)
    assert np.all(shift[:, 3] < -9)  # a label that no text has: very improbable, and still a number


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"cell": "gru"}, "cell: expected one of vanilla, GRU, LSTM; found 'gru'"),
        ({"pooling": "sum"}, "pooling: expected one or several of last, max, mean"),
        ({"pooling": ("max", "max")}, "found .'max', 'max'."),
        ({"pooling": ()}, "pooling: expected one or several"),
        ({"units": 0}, "units: expected a whole number from 1 on, found 0"),
        ({"units": 1.5}, "units: expected a whole number"),
        ({"embedding": np.zeros((29, 5))}, "a row for each of the 30 tokens; found shape .29, 5."),
        ({"embedding": np.full((30, 5), np.nan)}, "expected finite numbers"),
        ({"embedding": 0}, "embedding: expected a whole number"),
        ({"dropout": 1.0}, "dropout: expected a share"),
        ({"word_dropout": -0.1}, "word_dropout: expected a share"),
        ({"frequencies": np.zeros(3)}, "frequencies: .* each of the 4 labels, such as y.mean.* found shape .3,."),
        ({"frequencies": np.full(4, 2)}, "frequencies: .* 2 to 2"),
    ],
)
def test_networks_that_cannot_be_built(changes, message):
    with pytest.raises(ValueError, match=message):
        rnn.classifier(WORDS, LABELS, **changes)


def test_asymmetric_loss_is_its_formula():
    random = np.random.default_rng(0)
    y, logits = random.integers(0, 2, (6, 5)).astype(np.float32), random.normal(0, 3, (6, 5)).astype(np.float32)
    p = scipy.special.expit(logits.astype(np.float64))
    for present, absent, margin in ((0, 4, 0.05), (1, 2, 0), (0.5, 0.5, 0.2)):
        q = np.maximum(p - margin, 0)
        expected = -np.mean(y * (1 - p) ** present * np.log(p) + (1 - y) * q**absent * np.log(1 - q))
        found = losses.AsymmetricLoss(present, absent, margin)(y, logits)
        np.testing.assert_allclose(found, expected, rtol=1e-4)
    plain = keras.losses.BinaryCrossentropy(from_logits=True)(y, logits)
    np.testing.assert_allclose(losses.AsymmetricLoss(0, 0, 0)(y, logits), plain, rtol=1e-5)


@pytest.mark.parametrize("present, absent, margin", [(0, 4, 0.05), (0, 0, 0.05), (0.5, 0.5, 0), (2, 0, 0)])
def test_asymmetric_loss_has_finite_slopes_everywhere(present, absent, margin):
    logits = tf.constant([[-1000.0, -20, -3, 0, 3, 20, 1000]])
    for y in (tf.zeros_like(logits), tf.ones_like(logits)):
        with tf.GradientTape() as tape:
            tape.watch(logits)
            loss = losses.AsymmetricLoss(present, absent, margin)(y, logits)
        assert np.isfinite(loss) and np.isfinite(tape.gradient(loss, logits)).all()


def test_asymmetric_loss_is_saved_with_a_model(tmp_path):
    built = small()
    built.compile("sgd", losses.AsymmetricLoss(1.0, 2.0, 0.1))
    built.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    assert (loaded.loss.present, loaded.loss.absent, loaded.loss.margin) == (1.0, 2.0, 0.1)
    with pytest.raises(ValueError, match="powers `present` and `absent` from 0 on"):
        losses.AsymmetricLoss(absent=-1)


def test_neighbours_are_counted_by_distance():
    texts = ["a b c", "b a"]
    vectorizer = text.vectorizer(texts)
    number = {word: vectorizer.get_vocabulary().index(word) for word in "abc"}
    counts = word_vectors.neighbours(text.tokens(texts, vectorizer), vectorizer.vocabulary_size(), window=2).toarray()
    expected = np.zeros_like(counts)
    for (one, other), value in {("a", "b"): 2, ("b", "c"): 1, ("a", "c"): 0.5}.items():
        expected[number[one], number[other]] = expected[number[other], number[one]] = value
    np.testing.assert_array_equal(counts, expected)


def test_unknown_words_are_no_neighbours():
    vectorizer = text.vectorizer(["a b", "a b"])
    tokens = text.tokens(["a x b", "x", ""], vectorizer)
    counts = word_vectors.neighbours(tokens, vectorizer.vocabulary_size(), window=2).toarray()
    assert counts[text.UNKNOWN].sum() == 0 and counts.sum() == 1  # a and b, two apart, both ways


def test_pointwise_information_by_hand():
    counts = np.array([[0, 6, 1], [6, 0, 3], [1, 3, 4]], float)
    joint = counts / counts.sum()
    smoothed = counts.sum(axis=0) ** 0.75 / np.sum(counts.sum(axis=0) ** 0.75)
    with np.errstate(divide="ignore"):
        expected = np.maximum(np.log(joint / np.outer(joint.sum(axis=1), smoothed)), 0)
    found = word_vectors.pointwise_information(scipy.sparse.csr_array(counts))
    np.testing.assert_allclose(found.toarray(), expected, rtol=1e-6)


def test_words_among_the_same_words_get_like_vectors():
    """ "red" and "blue" never stand together, but in the same places."""
    places = ["the {} car drove off", "a {} house stood there", "her {} coat was warm"]
    texts = [place.format(colour) for place in places for colour in ("red", "blue")] + ["we ate bread and cheese"] * 6
    vectorizer = text.vectorizer(texts)
    vectors = word_vectors.from_texts(texts, vectorizer, size=4)
    words = vectorizer.get_vocabulary()
    red, blue, cheese = (vectors[words.index(word)] for word in ("red", "blue", "cheese"))
    assert vectors.dtype == np.float32 and vectors.shape == (len(words), 4)
    np.testing.assert_allclose(np.linalg.norm(vectors[2:], axis=1), 1, rtol=1e-5)
    assert not vectors[: text.UNKNOWN + 1].any()
    assert red @ blue > 0.9 > 0.3 > abs(red @ cheese)
    np.testing.assert_array_equal(vectors, word_vectors.from_texts(texts, vectorizer, size=4))
    with pytest.raises(ValueError, match=f"size: expected 1 to {len(words) - 1}, below the size of the vocabulary"):
        word_vectors.from_texts(texts, vectorizer, size=300)
    with pytest.raises(ValueError, match="window: expected at least 1"):
        word_vectors.from_texts(texts, vectorizer, size=4, window=0)


@pytest.mark.parametrize("warm_up, first, last", [(0.1, 0.0, 0.0), (0.0, 3e-3, 0.0)])
def test_the_rate_rises_and_falls(warm_up, first, last):
    schedule = rnn.optimizer(100, rate=3e-3, warm_up=warm_up).get_config()["learning_rate"]
    rates = [float(keras.optimizers.schedules.CosineDecay(**schedule["config"])(step)) for step in range(101)]
    rising = round(100 * warm_up)
    assert (rates[0], max(rates), rates[-1]) == pytest.approx((first, 3e-3, last), abs=1e-9)
    assert rates[rising] == pytest.approx(3e-3) and np.all(np.diff(rates[rising:]) < 0)
    for bad in ({"steps": 0}, {"rate": 0}, {"clip": 0}, {"warm_up": 1}, {"average": 1.0}):
        with pytest.raises(ValueError, match=f"{next(iter(bad))}.*expected"):
            rnn.optimizer(**{"steps": 10, **bad})
    with pytest.raises(ValueError, match="amsgrad"):  # it is another formula
        optimization.Adam(1e-3, amsgrad=True)


@pytest.mark.parametrize("average", [0.0, 0.5])
def test_adam_is_its_formula(average):
    """Against NumPy, for word vectors whose gradient names a word several times, or not at all."""
    chance = np.random.default_rng(0)
    vectors, chosen, wanted = chance.normal(size=(6, 2)), np.array([2, 4, 2, 2, 5]), chance.normal(size=(5, 2))
    layer = keras.layers.Embedding(6, 2, weights=[vectors])
    model = keras.Sequential([keras.Input((), dtype="int32"), layer])
    settings = {"steps": 8, "rate": 0.1, "warm_up": 0.0, "clip": 0.5}
    model.compile(rnn.optimizer(**settings, average=average), "mse")
    model.fit(chosen, wanted, batch_size=5, epochs=8, shuffle=False, verbose=0)
    momentum, velocity, averaged = np.zeros((3, 6, 2))
    for step in range(8):
        gradient = np.zeros((6, 2))
        np.add.at(gradient, chosen, 2 * (vectors[chosen] - wanted) / wanted.size)
        gradient *= min(1, 0.5 / np.linalg.norm(gradient))
        momentum = 0.9 * momentum + 0.1 * gradient
        velocity = 0.999 * velocity + 0.001 * gradient**2
        fraction = momentum / (1 - 0.9 ** (step + 1)) / (np.sqrt(velocity / (1 - 0.999 ** (step + 1))) + 1e-7)
        vectors = vectors - 0.05 * (1 + np.cos(np.pi * step / 8)) * fraction
        averaged = 0.75 * averaged + 0.25 * vectors if step else vectors
    np.testing.assert_allclose(layer.get_weights()[0], averaged if average else vectors, rtol=1e-4)


LISTINGS = product_listings.load_data(200, 50, 50)


@pytest.fixture(scope="module")
def vectorizer():
    return text.vectorizer(LISTINGS.train.x)


def listings_network(vectorizer, steps=2 * 12, **changes):
    options = {"units": 8, "embedding": 8, "word_dropout": 0.1, "dropout": 0.2, **changes}
    built = rnn.classifier(vectorizer.vocabulary_size(), 25, **options)
    built.compile(rnn.optimizer(steps, average=10 / steps), keras.losses.BinaryCrossentropy(from_logits=True))
    return built, text.batches(LISTINGS.train.x, LISTINGS.train.y, vectorizer, 20, seed=0)


def test_the_weights_after_a_training_are_the_average(vectorizer):
    """Against the average of the weights after each step, taken by hand."""
    built, batches = listings_network(vectorizer)
    by_hand = []

    class Average(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            now = [variable.numpy() for variable in built.trainable_variables]
            by_hand[:] = [0.9 * a + 0.1 * b for a, b in zip(by_hand, now, strict=True)] if by_hand else now

    training.fit(built, batches, 2, callbacks=[Average()])
    for mine, theirs in zip(by_hand, built.trainable_variables, strict=True):
        np.testing.assert_allclose(theirs.numpy(), mine, rtol=1e-4, atol=1e-6)


def test_an_interrupted_training_ends_with_the_same_weights(vectorizer, tmp_path):
    """Averages, dropout and bucketed batches included, to the last bit; and so does one that was done before."""

    def trained(epochs, folder=None):
        built, batches = listings_network(vectorizer)
        return training.fit(built, batches, epochs, folder), built.get_weights()

    whole = trained(2)
    trained(1, tmp_path / "state")
    resumed = trained(2, tmp_path / "state")
    read_again = trained(2, tmp_path / "state")
    assert whole[0] == resumed[0] == read_again[0]
    for weights in zip(whole[1], resumed[1], read_again[1], strict=True):
        np.testing.assert_array_equal(weights[0], weights[1])
        np.testing.assert_array_equal(weights[0], weights[2])


@pytest.mark.parametrize("batches, losses_within, weights_within", [("halves", 1e-6, 1e-5), ("buckets", 2e-4, 0.02)])
def test_two_devices_train_as_one(batches, losses_within, weights_within):
    """Sums over a batch are rounded otherwise when two devices share it.

    The last batch of a bucket may have an odd number of texts: Keras takes the mean of the devices' means, in which a
    text of the smaller share counts a little more. Adam, which divides gradients by their size, enlarges that in the
    weights of rare words.
    """
    script = pathlib.Path(__file__).with_name("rnn_two_devices.py")
    run = subprocess.run([sys.executable, script, batches], capture_output=True, text=True, cwd=PROJECT)
    assert run.returncode == 0, run.stderr
    differences = json.loads(run.stdout.splitlines()[-1])
    assert differences["losses"] < losses_within and differences["weights"] < weights_within, differences
