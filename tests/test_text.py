"""Texts to batches: one tokenisation, every example once an epoch, in the order promised, with little padding."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from mlc_tf.data import product_listings, text


@pytest.fixture(scope="module")
def split():
    return product_listings.load_data(1000, 10, 10).train


@pytest.fixture(scope="module")
def vectorizer(split):
    return text.vectorizer(split.x)


def numbered(count):
    """Labels that number the examples, to recognise them in a batch: `(count, 1)`."""
    return np.arange(count, dtype=np.float32)[:, None]


def epoch(batches):
    """The numbers of the examples of an epoch, batch by batch."""
    return [labels[:, 0].numpy().astype(int).tolist() for _, labels in batches]


def test_tokens_are_the_words_and_signs_by_frequency():
    layer = text.vectorizer(["Not wireless, waterproof!", "Wireless; not WATERPROOF: not"])
    assert layer.get_vocabulary()[:3] == ["", "[UNK]", "not"]
    words = np.array(layer.get_vocabulary())
    assert words[layer(["Wireless, not mother-in-law's."]).numpy()].tolist() == [
        ["wireless", ",", "not", "[UNK]", "[UNK]"]
    ]
    assert len(text.vectorizer(["a b c d e"], vocabulary_size=4).get_vocabulary()) == 4


def test_batches_hold_the_tokens_of_their_texts(split, vectorizer):
    """Against the layer itself, applied to one text at a time."""
    for seed in (None, 3):
        seen = 0
        for tokens, labels in text.batches(split.x[:100], numbered(100), vectorizer, 16, seed=seed):
            assert tokens.dtype == tf.int32 and labels.dtype == tf.float32 and tokens.shape[0] == labels.shape[0]
            for row, number in zip(tokens.numpy(), labels[:, 0].numpy().astype(int), strict=True):
                np.testing.assert_array_equal(np.trim_zeros(row, "b"), vectorizer([split.x[number]]).numpy()[0])
                seen += 1
        assert seen == 100


def test_an_epoch_has_every_example_once_and_the_next_another_order(split, vectorizer):
    batches = text.batches(split.x, numbered(1000), vectorizer, 32, seed=1)
    first, second = epoch(batches), epoch(batches)
    for batch_numbers in (first, second):
        assert sorted(itertools.chain(*batch_numbers)) == list(range(1000))
        assert len(batch_numbers) == int(batches.cardinality())
        assert max(len(batch) for batch in batch_numbers) == 32
    assert first != second


def test_seed_decides_every_epoch(split, vectorizer):
    def two_epochs(seed):
        keras.utils.set_random_seed(0)
        batches = text.batches(split.x[:200], numbered(200), vectorizer, 32, seed=seed)
        return epoch(batches), epoch(batches)

    assert two_epochs(1) == two_epochs(1)
    assert two_epochs(1) != two_epochs(2)


def test_without_a_seed_predictions_line_up_with_the_texts(split, vectorizer):
    batches = text.batches(split.x, numbered(1000), vectorizer, 64)
    assert list(itertools.chain(*epoch(batches))) == list(range(1000))
    # The model counts the tokens of a text: row i has to be the count of text i.
    inputs = keras.Input((None,), dtype="int32")
    count = keras.layers.Lambda(lambda tokens: keras.ops.sum(keras.ops.cast(tokens > 0, "float32"), 1, keepdims=True))
    predicted = keras.Model(inputs, count(inputs)).predict(batches, verbose=0)[:, 0]
    assert predicted.tolist() == [np.count_nonzero(vectorizer([one])) for one in split.x]


def test_bucketing_saves_most_of_the_padding(split, vectorizer):
    def share_of_padding(batches):
        padding, positions = np.sum([[np.sum(tokens == 0), tf.size(tokens)] for tokens, _ in batches], axis=0)
        return padding / positions

    shuffled = np.random.default_rng(0).permutation(1000)
    without = share_of_padding(text.batches(split.x[shuffled], numbered(1000), vectorizer, 32))
    bucketed = share_of_padding(text.batches(split.x, numbered(1000), vectorizer, 32, seed=0))
    assert without > 0.4 and bucketed < without / 3, (without, bucketed)


def test_long_texts_are_cut_and_empty_ones_become_unknown(split, tmp_path):
    """By the layer itself, in every way to give it texts, and after it was saved."""
    texts = ["not " * 300, "", "\u00ad", "  ", "not"]
    vectorizer = text.vectorizer(split.x, max_length=50)
    strings = keras.Input((1,), dtype="string")
    keras.Model(strings, vectorizer(strings)).save(tmp_path / "layer.keras")
    expected = np.zeros((5, 50), int)
    word = vectorizer.get_vocabulary().index("not")
    expected[0], expected[1:4, 0], expected[4, 0] = word, text.UNKNOWN, word
    ((in_batches, _),) = text.batches(texts, numbered(5), vectorizer, 5)
    of_rows = text.tokens(texts, vectorizer).to_tensor()
    loaded = keras.models.load_model(tmp_path / "layer.keras")(tf.constant(texts)[:, None])
    for tokens in (vectorizer(texts), in_batches, of_rows, loaded):
        np.testing.assert_array_equal(tokens, expected)
    ((tokens, _),) = text.batches([""], numbered(1), vectorizer, 4, seed=0)
    assert tokens.numpy().tolist() == [[text.UNKNOWN]]


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("cafe\u0301 naïve", ["café", "naïve"]),  # an accent that is a character of its own
        ("हिन्दी में", ["हिन्दी", "में"]),  # vowel signs
        ("ภาษาไทย\u200bดี", ["ภาษาไทย", "ดี"]),  # a blank without width between words
        ("L’eau, d\u02bceau", ["l'eau", ",", "d'eau"]),
        ("water\u00adproof\u2011bag", ["waterproof-bag"]),  # a soft hyphen, a hyphen that does not break
        ("no\u00a0blank\u3000here\u2028now\tor\x85so", ["no", "blank", "here", "now", "or", "so"]),
        ("\ufeffstart \u200fشكرا\u200e", ["start", "شكرا"]),  # marks of encoding and direction
        ("防水，背包", ["防水", "，", "背包"]),
        ("I ❤\ufe0f it", ["i", "❤\ufe0f", "it"]),
    ],
)
def test_words_of_the_world_stay_whole(written, means):
    layer = text.vectorizer([written])
    words = layer.get_vocabulary()
    assert [words[token] for token in text.tokens([written], layer)[0].numpy()] == means


def test_both_ways_to_write_an_accent_are_one_word():
    whole, apart = "café", "cafe\u0301"
    layer = text.vectorizer([whole])
    assert text.tokens([apart], layer).to_list() == text.tokens([whole], layer).to_list() == [[2]]
    assert text.vectorizer([apart, whole]).vocabulary_size() == 3


def test_training_does_not_run_out_of_batches_and_a_model_with_its_vectorizer_is_saved(
    split, vectorizer, tmp_path, recwarn
):
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.layers.Embedding(vectorizer.vocabulary_size(), 4),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(25),
        ]
    )
    network.compile("adam", keras.losses.BinaryCrossentropy(from_logits=True))
    network.fit(text.batches(split.x, split.y, vectorizer, 64, seed=0), epochs=3, verbose=0)
    assert [str(warning.message) for warning in recwarn if "ran out of data" in str(warning.message)] == []
    strings = keras.Input((), dtype="string")
    whole = keras.Model(strings, network(vectorizer(strings)))
    whole.save(tmp_path / "whole.keras")
    told = tf.constant(split.x[:5].tolist())
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "whole.keras")(told), whole(told))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"texts": []}, "expected at least one text, found none"),
        ({"texts": ["a", None]}, r"texts\[1\]: expected a str, found NoneType"),
        ({"texts": "ab"}, "found one str; write"),
        ({"y": np.zeros((3, 1))}, r"y of shape \(2, K\) for 2 texts, found y of shape \(3, 1\)"),
        ({"y": np.zeros(2)}, r"found y of shape \(2,\)"),
        ({"batch_size": 0}, "batch_size: expected at least 1, found 0"),
    ],
)
def test_bad_arguments_are_named(vectorizer, change, says):
    arguments = {"texts": ["a", "b"], "y": np.zeros((2, 1)), "vectorizer": vectorizer, "batch_size": 2}
    with pytest.raises(ValueError, match=says):
        text.batches(**arguments | change)


def test_a_vocabulary_needs_texts_and_room():
    with pytest.raises(ValueError, match="expected at least one text"):
        text.vectorizer([])
    with pytest.raises(ValueError, match="vocabulary_size: expected at least 3"):
        text.vectorizer(["a"], vocabulary_size=2)
    for wrong in (0, 2.5, None):
        with pytest.raises(ValueError, match=f"max_length: expected a whole number of tokens from 1 on, found {wrong}"):
            text.vectorizer(["a"], max_length=wrong)
