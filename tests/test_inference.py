"""One model from raw texts or pictures to the names of their labels: what was trained is what is served, and saved."""

import json
import subprocess
import sys

import keras
import numpy as np
import pytest

from mlc_tf import PROJECT, training
from mlc_tf.data import product_listings, text
from mlc_tf.evaluation import decisions, thresholds
from mlc_tf.models import cnn, dense, fusion, inference, places, rnn
from mlc_tf.models.label_sets import Answers, Chain, Decoder, Powerset, Reinforce

LISTINGS = product_listings.load_data(200, 50, 50)
NAMES = LISTINGS.label_names
PICTURES = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), np.uint8)
MAX_LENGTH = 12  # most listings are longer


@pytest.fixture(scope="module")
def vectorizer():
    return text.vectorizer(LISTINGS.train.x, max_length=MAX_LENGTH)


@pytest.fixture(scope="module")
def network(vectorizer):
    built = rnn.classifier(vectorizer.vocabulary_size(), len(NAMES), units=8, embedding=8)
    built.compile(rnn.optimizer(20), keras.losses.BinaryCrossentropy(from_logits=True))
    training.fit(built, text.batches(LISTINGS.train.x, LISTINGS.train.y, vectorizer, 20, seed=0), 2)
    return built


@pytest.fixture(scope="module")
def cut(network, vectorizer):
    """A threshold that some labels are above, and some texts have none."""
    return float(np.quantile(rnn.probabilities(network, LISTINGS.test.x, vectorizer), 0.97))


@pytest.fixture(scope="module")
def model(network, vectorizer, cut):
    return inference.end_to_end(network, NAMES, cut, vectorizer)


def sets_of(decided):
    """The names in each row of a matrix of 0 and 1."""
    return [{NAMES[k] for k in np.flatnonzero(row)} for row in decided]


def test_texts_are_served_as_they_were_trained(network, vectorizer, model, cut):
    """At the length of the training, though most texts are longer; against the batches that the training saw."""
    assert np.median([len(row) for row in text.tokens(LISTINGS.test.x, text.vectorizer(LISTINGS.train.x))]) > MAX_LENGTH
    batches = text.batches(LISTINGS.test.x, LISTINGS.test.y, vectorizer, 50)
    p = keras.ops.sigmoid(network.predict(batches, verbose=0)).numpy()  # (N, K)
    np.testing.assert_allclose(rnn.probabilities(network, LISTINGS.test.x, vectorizer), p, rtol=1e-5)
    found = inference.predict_labels(model, LISTINGS.test.x)
    assert [set(labels) for labels in found] == sets_of(p > cut)
    for labels, row in zip(found, p, strict=True):
        assert list(labels.values()) == sorted(labels.values(), reverse=True)
        assert labels == pytest.approx({name: row[NAMES.index(name)] for name in labels}, rel=1e-5)


@pytest.mark.parametrize("at_least_one", [False, True])
@pytest.mark.parametrize("per_label", [False, True])
def test_the_decision_is_that_of_the_thresholds(network, vectorizer, cut, per_label, at_least_one):
    """One threshold or one for each label; and the most probable label where there is none."""
    p = rnn.probabilities(network, LISTINGS.test.x, vectorizer)
    cut = np.quantile(p, 0.98, axis=0) if per_label else cut
    decided = thresholds.decide(p, cut, at_least_one)
    assert (decided.sum(axis=1) == 0).any() != at_least_one
    served = inference.end_to_end(network, NAMES, cut, vectorizer, at_least_one)
    assert [set(found) for found in inference.predict_labels(served, LISTINGS.test.x)] == sets_of(decided)


def test_pictures_are_served_too():
    classifier = cnn.classifier(PICTURES.shape[1:], 4, seed=1)
    p = cnn.probabilities(classifier, PICTURES)
    cut = np.median(p, axis=0)
    served = inference.end_to_end(classifier, ["a", "b", "c", "d"], cut)
    expected = [{name for name, is_present in zip("abcd", row, strict=True) if is_present} for row in p > cut]
    assert [set(found) for found in inference.predict_labels(served, PICTURES)] == expected
    for wrong in (PICTURES / 255, PICTURES[0], PICTURES[:, :4], PICTURES[:0]):
        with pytest.raises(ValueError, match=r"at least one picture, shape .N, 8, 8, 3., uint8 in 0..255; found"):
            inference.predict_labels(served, wrong)


SENTENCES = ["red box", "blue bag box", "bag", "red red bag", "blue", "a red box"]
WORDS = text.vectorizer(SENTENCES)


def label_sets(kind):
    """A model that reads small texts or pictures, with other weights, so that it has much to choose from."""
    labels, generator = 4, np.random.default_rng(3)
    if kind == "texts":
        network = places.with_places(rnn.classifier(WORDS.vocabulary_size(), 16 + labels, units=5, embedding=6))
        model, spread = Decoder(network, labels, 16, order="random", longest=3), 0.3
    else:
        model, spread = Chain(cnn.classifier((8, 8, 3), labels * 4), labels, 4), 0.05
    for weight in model.trainable_weights:
        weight.assign_add(spread * generator.normal(size=weight.shape))
    return model


@pytest.mark.parametrize("kind", ["texts", "pictures"])
def test_a_model_of_label_sets_is_served_with_its_decision(kind, tmp_path):
    """Against the decisions for arrays; the same after it was saved, and whatever stands beside an example."""
    model, names = label_sets(kind), np.array(["a", "b", "c", "d"])
    vectorizer, x, read = None, PICTURES[:6], PICTURES[:6]
    if kind == "texts":
        vectorizer, x, read = WORDS, SENTENCES, text.tokens(SENTENCES, WORDS).to_tensor().numpy()
    sets, log_p = model.search(read, 50)
    weights = np.exp(log_p)
    assert weights.max(axis=1).mean() < 0.9  # there is something to decide
    p, some = decisions.marginals(sets, weights), {"at_least_one": True}
    expected = {
        ("most probable", False): decisions.most_probable(sets, weights),
        ("most probable", True): decisions.most_probable(sets, weights, **some),
        ("best F1", False): decisions.best_f1(sets, weights),
        ("best F1", True): decisions.best_f1(sets, weights, **some),
        (0.4, True): thresholds.decide(p, 0.4, **some),
    }
    for (decision, at_least_one), answers in expected.items():
        served = inference.end_to_end(model, names, decision, vectorizer, at_least_one)
        found = inference.predict_labels(served, x)
        assert [set(labels) for labels in found] == [set(names[row == 1]) for row in answers]
        for labels, row in zip(found, p, strict=True):
            assert labels == pytest.approx({name: row[list(names).index(name)] for name in labels}, rel=1e-4)
    served.save(tmp_path / "served.keras")
    again = inference.predict_labels(keras.models.load_model(tmp_path / "served.keras"), x[2:3])
    assert again[0] == pytest.approx(found[2], rel=1e-4)


def test_what_is_served_decides_by_name_only_for_label_sets(network, vectorizer):
    with pytest.raises(ValueError, match="expected a threshold, or one for each label, as Functional is no model of"):
        inference.end_to_end(network, NAMES, "most probable", vectorizer)
    with pytest.raises(ValueError, match="decision: expected one of most probable, best F1; found 'best'"):
        inference.end_to_end(label_sets("pictures"), ["a", "b", "c", "d"], "best")


def test_a_set_that_is_hardly_possible_is_answered_where_there_must_be_one():
    """The empty set has all but e^-200 of the probability; the rest still says which labels are likeliest."""
    model = Powerset(dense.classifier(3, 3), np.eye(3, 2, -1))  # {}, {0}, {1}
    model.network.layers[-1].bias.assign([200.0, 0.0, 3.0])
    for decision in ("most probable", "best F1"):
        _, decided = Answers(model, decision, at_least_one=True)(np.zeros((1, 3), np.float32))
        assert decided.numpy().tolist() == [[0, 1]]


@pytest.mark.parametrize(
    "change, message",
    [
        ({"decision": None}, "decision: expected one threshold or 4.* found None"),
        ({"decision": [0.5, np.nan, 0.5, 0.5]}, "decision: expected one threshold or 4.* found .0.5, nan"),
        ({"decision": np.full(3, 0.5)}, "decision: expected one threshold or 4.* found array"),
        ({"decision": True}, "decision: expected one threshold or 4.* found True"),
        ({"label_names": "abcd"}, "label_names: expected 4 different ones.* found 'abcd'"),
        ({"label_names": ["a", "b", "c"]}, "label_names: expected 4 different ones.* found .'a', 'b', 'c'"),
        ({"label_names": ["a", "b", "b", "c"]}, "label_names: expected 4 different ones"),
        ({"network": Reinforce(Chain(cnn.classifier((8, 8, 3), 16), 4, 4))}, "its `model`.; found Reinforce with 0"),
        ({"network": fusion.classifier(cnn.classifier((8, 8, 3), 4), rnn.classifier(9, 4), 4)}, "with 2 inputs"),
    ],
)
def test_what_cannot_be_served_is_refused(change, message):
    good = {"network": cnn.classifier((8, 8, 3), 4), "label_names": ["a", "b", "c", "d"], "decision": 0.5}
    with pytest.raises(ValueError, match=message):
        inference.end_to_end(**good | change)


def test_texts_of_every_kind_get_an_answer(network, vectorizer):
    known, model = LISTINGS.test.x[0], inference.end_to_end(network, NAMES, 0.2, vectorizer)
    warning = r"no word is known of 3 of 5 texts, which get no label, such as 1 \(''\), 2 \('Квартира"
    at_least_one = inference.end_to_end(network, NAMES, 0.2, vectorizer, at_least_one=True)
    for served in (model, at_least_one):
        with pytest.warns(UserWarning, match=warning):
            answers = inference.predict_labels(served, [known, "", "Квартира в аренду", known * 500, "\n"])
        assert answers[1] == answers[2] == answers[4] == {}
        assert answers[3] == pytest.approx(inference.predict_labels(served, [known * 2])[0], rel=1e-5)  # cut
        assert inference.predict_labels(served, [known])[0] == pytest.approx(answers[0], rel=1e-5)
    for wrong, message in ((known, "expected a list of str, found one str"), ([], "at least one"), ([3], "found int")):
        with pytest.raises(ValueError, match=message):
            inference.predict_labels(model, wrong)


def test_a_vectorizer_goes_with_a_network_for_texts(network, vectorizer):
    for built, given in ((network, None), (cnn.classifier((8, 8, 1), 25), vectorizer)):
        with pytest.raises(ValueError, match="vectorizer: expected the one that the network was trained with"):
            inference.end_to_end(built, NAMES, 0.5, given)


IN_ANOTHER_PROCESS = """
import json, sys
import mlc_tf, keras, numpy as np
from mlc_tf.models import inference

for file, given in json.loads(sys.stdin.read()).items():
    x = given if isinstance(given[0], str) else np.array(given, np.uint8)
    print(json.dumps(inference.predict_labels(keras.models.load_model(file), x)))
"""
WITHOUT_THE_PACKAGE = """
import json, sys
sys.modules["mlc_tf"] = sys.modules["keras"] = None  # importing one is an error from here on
import tensorflow as tf

for folder, given in json.loads(sys.stdin.read()).items():
    x = tf.constant(given)[:, None] if isinstance(given[0], str) else tf.constant(given, tf.uint8)
    loaded = tf.saved_model.load(folder)
    answer = loaded.serve(x)
    rows = zip(answer["labels"].numpy(), answer["probabilities"].numpy(), answer["present"].numpy())
    print(json.dumps([{n.decode(): float(p) for n, p, present in zip(*row) if present} for row in rows]))
"""


@pytest.mark.parametrize("code", [IN_ANOTHER_PROCESS, WITHOUT_THE_PACKAGE])
def test_one_file_or_folder_holds_all_of_it(model, tmp_path, code):
    of_pictures = inference.end_to_end(cnn.classifier(PICTURES.shape[1:], 4), ["a", "b", "c", "d"], 0.5, None, True)
    texts = [*LISTINGS.test.x[:4], "Softer, l’été\u00a0bag", "a bag " * 100]
    expected, given = [], {}
    for name, served, x in (("texts", model, texts), ("pictures", of_pictures, PICTURES)):
        file = tmp_path / (f"{name}.keras" if code is IN_ANOTHER_PROCESS else name)
        if code is IN_ANOTHER_PROCESS:
            served.save(file)
        else:
            served.export(file, verbose=False)
        given[str(file)] = x if name == "texts" else x.tolist()
        expected.append(inference.predict_labels(served, x))
    run = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(given), capture_output=True, text=True, cwd=PROJECT
    )
    assert run.returncode == 0, run.stderr
    for line, answers in zip(run.stdout.splitlines()[-2:], expected, strict=True):
        for found, answer in zip(json.loads(line), answers, strict=True):
            assert found == pytest.approx(answer, rel=1e-5)
