"""Captioned scenes: what picture and sentence say together is the label set, and by itself neither says more than its
ceiling.
"""

import itertools
import re

import numpy as np
import pytest

import mlc_tf
from mlc_tf.data import captioned_scenes
from mlc_tf.data.hidden_scenes import CURTAIN

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
PLACES = ["upper left", "upper right", "lower left", "lower right"]


@pytest.fixture(scope="module")
def scenes():
    return captioned_scenes.load_data(train=4_000, validation=500, test=500, seed=2)


def read(sentence):
    """The digit behind the curtain and the place that does not count, or None, by the words that deny."""
    behind, counting = sorted(re.findall(r"[^.]+\.", sentence), key=lambda part: "curtain" not in part)
    denied = re.search(r"\b[Nn]ot (?:even )?an? (\w+)", behind)[1]
    digits = [WORDS.index(word) for word in re.findall(r"\w+", behind.lower()) if word in WORDS and word != denied]
    left_out = re.search(
        rf"the ({'|'.join(PLACES)}) one does not count|not the ({'|'.join(PLACES)}) one\.|"
        rf"but the ({'|'.join(PLACES)}) one",
        counting,
        re.IGNORECASE,
    )
    if "No place" in counting or left_out is None:
        return digits, None
    return digits, PLACES.index(next(filter(None, left_out.groups())).lower())


def places_of(x):
    """The pixels of each of the four places, `(N, 4, 64)`."""
    return x.reshape(-1, 2, 8, 2, 8).swapaxes(2, 3).reshape(-1, 4, 64)


def test_picture_and_sentence_together_are_the_label_set(scenes):
    """By rules alone, but for the digits of the picture: as many as count, and none twice."""
    pictures, sentences = (part.train for part in scenes)
    np.testing.assert_array_equal(pictures.y, sentences.y)
    places = places_of(pictures.x)
    curtain = (places == CURTAIN).all(axis=2)
    assert (curtain.sum(axis=1) == 1).all()
    full = places.any(axis=2) & ~curtain
    assert set(full.sum(axis=1)) == {0, 1, 2, 3}
    for row in range(len(places)):
        digits, left_out = read(sentences.x[row])
        counting = full[row].sum() - (left_out is not None and full[row, left_out])
        assert left_out is None or not curtain[row, left_out]
        assert pictures.y[row].sum() == len(digits) + counting, (sentences.x[row], pictures.y[row])
        assert pictures.y[row, digits].all()


def test_a_digit_that_does_not_count_is_no_label(scenes):
    """Of pictures with one digit whose place is left out, and nothing behind the curtain, no label is left."""
    pictures, sentences = (part.train for part in scenes)
    said = [read(sentence) for sentence in sentences.x]
    empty = [row for row, (digits, _) in enumerate(said) if not digits and not pictures.y[row].any()]
    shown = places_of(pictures.x[empty])
    full = shown.any(axis=2) & (shown != CURTAIN).any(axis=2)
    assert full.any(), "some show a digit all the same"
    assert all(
        full[number].sum() == full[number, said[row][1]] for number, row in enumerate(empty) if full[number].any()
    )


def test_the_ceilings_are_those_of_the_best_answers():
    """By adding up all that may be, given all that the picture tells, or the sentence."""
    of_picture = []
    for visible in range(4):
        p = {}
        hidden = {(): 0.5} | {(digit,): 0.5 / (10 - visible) for digit in range(visible, 10)}
        for (behind, share), left_out in itertools.product(hidden.items(), (None, 0, 1, 2)):
            answer = frozenset({*range(visible)} - {left_out} | {*behind})
            p[answer] = p.get(answer, 0) + share * (1 / 2 if left_out is None else 1 / 6)
        of_picture.append(max(p.values()))
    assert np.mean(of_picture) == pytest.approx(captioned_scenes.PICTURE_CEILING)

    of_sentence = []
    for left_out in (None, 0):
        p = {}
        for visible in range(4):
            for where in itertools.combinations(range(3), visible):
                for digits in itertools.permutations(range(1, 10), visible):  # 0 is behind the curtain
                    answer = frozenset(digit for place, digit in zip(where, digits, strict=True) if place != left_out)
                    ways = len(list(itertools.combinations(range(3), visible)))
                    count = np.prod(range(10 - visible, 10))
                    p[answer] = p.get(answer, 0) + 1 / 4 / ways / count
        of_sentence.append(max(p.values()))
    assert np.mean(of_sentence) == pytest.approx(captioned_scenes.SENTENCE_CEILING)


def test_the_best_answer_from_one_of_them_reaches_its_ceiling_in_the_data(scenes):
    """The digits that can be seen, all of them; the digit behind the curtain, and nothing else."""
    pictures, sentences = (part.train for part in scenes)
    from_sentence = np.zeros_like(sentences.y)
    for row, sentence in enumerate(sentences.x):
        from_sentence[row, read(sentence)[0]] = 1
    right = (from_sentence == sentences.y).all(axis=1).mean()
    error = np.sqrt(0.25 / len(sentences))
    assert abs(right - captioned_scenes.SENTENCE_CEILING) < 4 * error
    hidden = [bool(read(sentence)[0]) for sentence in sentences.x]
    places = places_of(pictures.x)
    full = (places.any(axis=2) & (places != CURTAIN).any(axis=2)).sum(axis=1)
    right = (~np.array(hidden) & (pictures.y.sum(axis=1) == full)).mean()
    assert abs(right - captioned_scenes.PICTURE_CEILING) < 4 * error


def test_the_same_words_in_another_order_mean_something_else(scenes):
    """A bag of words does not read the sentence."""
    bags = {}
    for sentence in scenes[1].train.x:
        bag = " ".join(sorted(re.findall(r"\w+", sentence.lower())))
        bags.setdefault(bag, set()).add((tuple(read(sentence)[0]), read(sentence)[1]))
    assert sum(len(meanings) > 1 for meanings in bags.values()) > 50


def test_the_same_seed_draws_the_same_and_silly_sizes_are_refused():
    one, other = (captioned_scenes.load_data(3, 3, 3, seed=5) for _ in range(2))
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a.train.x, b.train.x)
    with pytest.raises(ValueError, match="test is a number of scenes: expected a whole number from 1 on"):
        captioned_scenes.load_data(test=0)


def test_the_card_says_what_is_there():
    card = (mlc_tf.PROJECT / "data" / "README.md").read_text(encoding="utf-8").partition("## Captioned scenes")[2]
    pictures, sentences = captioned_scenes.load_data()
    y = np.concatenate([part.y for part in (pictures.train, pictures.validation, pictures.test)])
    words = [len(one.split()) for part in (sentences.train, sentences.validation, sentences.test) for one in part.x]
    for fact in (
        f"| Cardinality | {y.sum(axis=1).mean():.3f} |",
        f"| Scenes without a label | {(y.sum(axis=1) == 0).mean():.1%} |".replace("%", " %"),
        f"| Distinct label sets | {len(np.unique(y, axis=0))} |",
        f"| Words a sentence, on average | {np.mean(words):.1f} |",
        sentences.train.x[1],
    ):
        assert fact in card
