import dataclasses

import numpy as np
import pytest

from mlc_tf.data import Dataset, Split
from mlc_tf.evaluation import baselines, metrics, thresholds

WORDS = ("red", "green", "blue", "round")


def synthetic(kind):
    """Four labels that a linear model can read off `x`, one that never occurs, and one that always does."""
    generator = np.random.default_rng(0)

    def split(size):
        y = (generator.random((size, 6)) < [0.5, 0.3, 0.2, 0.1, 0, 1]).astype(np.float32)
        if kind == "text":
            x = [" ".join(["thing", *np.array(WORDS)[row[:4] == 1]]) for row in y]
            return Split(np.array(x, dtype=object), y)
        features = y[:, :4] + 0.3 * generator.normal(size=(size, 4)).astype(np.float32)
        if kind == "features":
            return Split((1000 * features).astype(np.float32), y)
        pixels = (127 + 60 * features).clip(0, 255).astype(np.uint8).reshape(size, 2, 2, 1)
        return Split(pixels.repeat(8, axis=1).repeat(8, axis=2), y)  # four patches of 8x8

    return Dataset(kind, split(400), split(200), split(300), (*WORDS, "never", "always"))


@pytest.mark.parametrize("kind", ["text", "images", "features"])
def test_the_linear_baseline_learns_from_every_kind_of_input(kind):
    dataset = synthetic(kind)
    validation, test = baselines.linear(dataset)
    assert validation.shape == dataset.validation.y.shape
    assert test.dtype == np.float32
    assert metrics.mean_average_precision(dataset.test.y, test) > 0.95
    assert metrics.micro_f1(dataset.test.y, thresholds.decide(test, 0.5)) > 0.9
    assert (test[:, 4] == 0).all()  # no training example has it
    assert (test[:, 5] == 1).all()  # all have it
    again = baselines.linear(dataset)
    np.testing.assert_array_equal(again[1], test)


@pytest.mark.parametrize("kind", ["text", "images", "features"])
def test_baselines_do_not_learn_from_the_test_split(kind):
    dataset = synthetic(kind)
    other = dataclasses.replace(dataset, test=Split(dataset.test.x[:9], 1 - dataset.test.y[:9]))
    for baseline in (baselines.all_zeros, baselines.label_prior, baselines.linear):
        validation, test = baseline(other)
        np.testing.assert_allclose(validation, baseline(dataset)[0], atol=1e-6)
        np.testing.assert_allclose(test, baseline(dataset)[1][:9], atol=1e-6)


def test_the_trivial_baselines():
    dataset = synthetic("features")
    assert not np.any(baselines.all_zeros(dataset)[1])
    prior = baselines.label_prior(dataset)
    np.testing.assert_allclose(prior[0], np.tile(dataset.train.y.mean(axis=0), (200, 1)), rtol=1e-6)
    assert prior[1].shape == (300, 6)


@pytest.mark.parametrize(
    "texts",
    [
        ["red bag", "blue shoe", "green hat"],  # no word comes twice
        ["a", "b", "c"],
        ["防水背包", "防震手表", "防水手表"],
        ["防水バッグ", "耐衝撃の時計", "防水の時計"],
        ["กระเป๋ากันน้ำ", "นาฬิกากันกระแทก", "นาฬิกากันน้ำ"],
        ["!", "?", ":)"],
    ],
    ids=["words", "letters", "Chinese", "Japanese", "Thai", "signs"],
)
def test_the_linear_baseline_takes_a_handful_of_texts_of_any_language(texts):
    split = Split(texts, [[1, 0], [0, 1], [1, 1]])
    validation, _ = baselines.linear(Dataset("mine", split, split, split, ("a", "b")))
    cut = thresholds.global_threshold(split.y, validation)
    assert metrics.micro_f1(split.y, thresholds.decide(validation, cut)) == 1


def test_texts_without_blanks_between_words_are_told_apart_by_their_parts():
    """The label is whether a watch stands in the text, in words that no other text repeats as a whole."""
    things, watch = list("包鞋帽杯灯车书笔伞刀"), "手表"
    texts = [f"{a}和{b}{word}" for a in things for b in things for word in ("", watch)]
    y = [[watch in text, watch not in text] for text in texts]
    dataset = Dataset.from_arrays("mine", texts, y, ["watch", "other"])
    assert metrics.micro_f1(dataset.test.y, thresholds.decide(baselines.linear(dataset)[1], 0.5)) == 1


def model_outputs(dataset):
    """A stand-in for a model: better than nothing, worse than the linear baseline."""
    generator = np.random.default_rng(1)
    return [
        (0.4 * part.y + 0.6 * generator.random(part.y.shape)).astype(np.float32)
        for part in (dataset.validation, dataset.test)
    ]


def test_the_honest_table(capsys):
    dataset = synthetic("images")
    validation, test = model_outputs(dataset)
    rows = baselines.honest_table(dataset, validation, test, name="our tiny model")
    printed = capsys.readouterr().out

    assert [row["predictor"] for row in rows] == (
        ["all zeros", "label prior"] + ["linear"] * 3 + ["our tiny model"] * 3
    )
    by_hand = {
        5: (test, 0.5),
        6: (test, thresholds.global_threshold(dataset.validation.y, validation)),
        7: (test, thresholds.per_label_thresholds(dataset.validation.y, validation)),
        4: (
            baselines.linear(dataset)[1],
            thresholds.per_label_thresholds(dataset.validation.y, baselines.linear(dataset)[0]),
        ),
    }
    for number, (probabilities, threshold) in by_hand.items():
        expected = metrics.scores(dataset.test.y, probabilities, threshold)
        assert {name: rows[number][name] for name in expected} == expected
    assert rows[0]["micro-F1"] == 0
    assert rows[0]["Hamming loss"] == pytest.approx(dataset.test.y.mean())

    lines = printed.splitlines()
    assert max(map(len, lines)) <= 100
    table = [line.split() for line in lines if line.startswith("our tiny model")]
    assert [cells[-6] for cells in table] == [f"{row['micro-F1']:.3f}" for row in rows[5:]]
    assert [cells[-3] for cells in table] == [f"{row['Hamming loss']:.4f}" for row in rows[5:]]
    assert "Hamming loss: lower is better; the others: higher" in printed
    assert printed.isascii()
    assert "nothing is fitted on the test split" in printed
    baselines.honest_table(dataset, validation, test, name="our tiny model")
    assert capsys.readouterr().out == printed
    baselines.honest_table(dataset, validation, test, name="[b]模型 of a name that is rather long, as names are[/b]")
    assert capsys.readouterr().out.count("[b]模型 of a name that is rather long, as names are[/b]") == 3


def test_the_test_labels_do_not_move_a_threshold(capsys):
    dataset = synthetic("features")
    validation, test = model_outputs(dataset)
    shuffled = Split(dataset.test.x, np.random.default_rng(2).permutation(dataset.test.y))
    there = baselines.honest_table(dataset, validation, test)
    here = baselines.honest_table(dataclasses.replace(dataset, test=shuffled), validation, test)
    assert [row["threshold"] for row in here] == [row["threshold"] for row in there]
    assert here[-1]["micro-F1"] != there[-1]["micro-F1"]


def test_outputs_that_do_not_fit_are_refused_before_the_work():
    dataset = synthetic("features")
    validation, test = model_outputs(dataset)
    with pytest.raises(ValueError, match=r"test_probabilities: expected shape \(300, 6\).*found \(200, 6\)"):
        baselines.honest_table(dataset, validation, validation)
    with pytest.raises(ValueError, match="validation_probabilities: .*Did you pass logits"):
        baselines.honest_table(dataset, 5 * validation, test)
