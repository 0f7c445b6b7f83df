"""Learning once: the language model against NumPy, what is carried over word by word, and rates by group."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf.data import text
from mlc_tf.models import rnn
from mlc_tf.models.rnn import pretraining

TEXTS = ["a red bag and a blue cup", "the blue bag , not red", "one cup"] * 8
VECTORIZER = text.vectorizer(TEXTS)
V = VECTORIZER.vocabulary_size()


def network(vocabulary_size=V, labels=3, seed=1, **options):
    return rnn.classifier(vocabulary_size, labels, seed=seed, **{"units": 8, "embedding": 6} | options)


def loss_of(model, tokens):
    return float(model.compute_loss(tokens, None, model(tokens)))


@pytest.mark.parametrize("options", [{}, {"bidirectional": False, "cell": "LSTM"}])
def test_the_loss_is_what_each_word_costs_given_those_on_one_side(options):
    model = pretraining.LanguageModel(network(**options), seed=2)
    model.frequent.assign(np.linspace(-1, 1, V))
    tokens = np.array([[2, 5, 3, 4, 0], [6, 1, 2, 0, 0], [7, 0, 0, 0, 0]], np.int32)
    costs = []
    for row in tokens:
        words = row[row > 0]
        expected = [one.numpy()[0] for one in model(words[None])]  # alone: no padding
        for at, word in enumerate(words):
            sides = [expected[0][at - 1]] if at > 0 else []
            if not options and at + 1 < len(words):
                sides.append(expected[1][at + 1])
            for side in sides if word != text.UNKNOWN else []:
                logits = model.words.embeddings.numpy() @ side + model.frequent.numpy()
                costs.append(np.log(np.exp(logits).sum()) - logits[word])
    assert len(costs) == (4 if options else 8)
    assert loss_of(model, tokens) == pytest.approx(np.mean(costs), rel=1e-5)
    assert loss_of(model, np.array([[5], [6]], np.int32)) == 0  # nothing to ask for


def test_what_is_learnt_is_in_the_classifier():
    classifier = network()
    before = [layer.get_weights() for layer in pretraining.encoder(classifier)]
    model = pretraining.LanguageModel(classifier)
    model.compile(rnn.optimizer(100, 1e-2))
    batches = text.batches(TEXTS, np.zeros((len(TEXTS), 1)), VECTORIZER, 12, seed=0)
    losses = model.fit(batches, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.7 * losses[0]
    for layer, old in zip(pretraining.encoder(classifier), before, strict=True):
        assert all((one != other).any() for one, other in zip(layer.get_weights(), old, strict=True))


def test_vectors_go_over_by_word_and_all_recurrent_weights():
    other = text.vectorizer(["cup bag yellow", "red cup"])
    source, target = network(seed=1), network(other.vocabulary_size(), labels=2, seed=2)
    own = target.get_weights()
    assert pretraining.carry_over(source, VECTORIZER, target, other) == 3
    numbers = {word: at for at, word in enumerate(VECTORIZER.get_vocabulary())}
    for at, word in enumerate(other.get_vocabulary()):
        expected = source.get_weights()[0][numbers[word]] if word in numbers else own[0][at]
        np.testing.assert_array_equal(target.get_weights()[0][at], expected)
    for layer in range(1, 7):
        np.testing.assert_array_equal(target.get_weights()[layer], source.get_weights()[layer])
    for mine, kept in zip(target.get_weights()[7:], own[7:], strict=True):  # what reads out the labels
        np.testing.assert_array_equal(mine, kept)


def test_vectors_may_be_brought_to_the_length_of_those_that_were_there():
    source, target = network(seed=1), network(seed=2)
    own, found = (model.get_weights()[0] for model in (target, source))
    found *= np.linspace(0, 3, len(found))[:, None]  # of many lengths, one of them 0
    source.set_weights([found, *source.get_weights()[1:]])
    pretraining.carry_over(source, VECTORIZER, target, VECTORIZER, one_length=True)
    carried = target.get_weights()[0]
    np.testing.assert_array_equal(carried[0], 0)
    length = np.linalg.norm(own, axis=1).mean()
    np.testing.assert_allclose(np.linalg.norm(carried[1:], axis=1), length, rtol=1e-5)
    np.testing.assert_allclose(carried[1:] / length, found[1:] / np.linalg.norm(found[1:], axis=1)[:, None], rtol=1e-5)


@pytest.mark.parametrize("options", [{"units": 4}, {"embedding": 5}, {"cell": "LSTM"}, {"bidirectional": False}])
def test_encoders_that_do_not_fit_are_refused_and_nothing_has_changed(options):
    target = network(**options)
    before = target.get_weights()
    with pytest.raises(ValueError, match="encoders of one kind and size; found word vectors of"):
        pretraining.carry_over(network(), VECTORIZER, target, VECTORIZER)
    for one, other in zip(target.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def moved(model, steps):
    """How far each weight is moved by so many steps: word vectors, the first recurrent weight, the last layer."""
    before = model.get_weights()
    x, y = VECTORIZER(TEXTS[:3]), np.eye(3, dtype=np.float32)
    model.fit(tf.data.Dataset.from_tensors((x, y)), epochs=steps, verbose=0)
    distances = [np.abs(one - other).max() for one, other in zip(model.get_weights(), before, strict=True)]
    return distances[0], distances[1], distances[-1]


def fine_tuned(words, states):
    model = network()
    optimizer = pretraining.optimizer(model, 10, 1e-3, words, states, warm_up=0.0, average=0.0)
    model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
    return model


def test_a_group_moves_at_its_rate():
    words, states, last = moved(fine_tuned((1, 0), (1, 0)), 1)
    slower = moved(fine_tuned((0.25, 0), (0.5, 0)), 1)
    np.testing.assert_allclose(slower, (0.25 * words, 0.5 * states, last), rtol=1e-3)


def test_a_group_rests_until_its_step_also_when_the_training_was_saved(tmp_path):
    model = fine_tuned(words=(0, 0), states=(1, 0.4))
    words, states, last = moved(model, 4)
    assert words == states == 0 < last
    model.save(tmp_path / "model.keras")
    for one in (model, keras.models.load_model(tmp_path / "model.keras")):  # which goes on where it was
        words, states, last = moved(one, 1)
        assert words == 0 < min(states, last)


def test_without_groups_it_is_the_optimizer_of_the_recurrent_networks():
    plain, whole = network(), network()
    for model, optimizer in ((plain, rnn.optimizer(6)), (whole, pretraining.optimizer(whole, 6))):
        model.compile(optimizer, keras.losses.BinaryCrossentropy(from_logits=True))
        moved(model, 6)
    for one, other in zip(plain.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_what_it_cannot_use_is_refused():
    with pytest.raises(ValueError, match="words: expected a factor from 0 on, and a share"):
        pretraining.optimizer(network(), 10, words=(1.0, 2.0))
    with pytest.raises(ValueError, match="with word vectors and a recurrent layer"):
        pretraining.LanguageModel(keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))


@pytest.mark.parametrize("program", "abcd")
def test_what_lesson_09_says_of_programs_that_let_an_encoder_rest(program):
    encoder, x, y = keras.layers.Dense(3), np.ones((4, 2)), np.zeros((4, 1))
    model, optimizer = keras.Sequential([keras.Input((2,)), encoder, keras.layers.Dense(1)]), keras.optimizers.Adam()

    def moves():
        before = encoder.get_weights()[0]
        model.fit(x, y, verbose=0)
        return np.abs(encoder.get_weights()[0] - before).max() > 0

    encoder.trainable = program == "d"
    model.compile(optimizer, "mse")
    encoder.trainable = False
    assert not moves()
    encoder.trainable = True
    if program in "bc":
        model.compile(optimizer if program == "b" else keras.optimizers.Adam(), "mse")
    if program == "b":
        with pytest.raises(ValueError, match="only be called for the variables it was originally built with"):
            moves()
    else:
        assert moves() == (program == "c")
