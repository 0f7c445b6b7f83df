"""The listings: labels are the truth of the text, nothing leaks between splits, a mistake in the grammar is named."""

import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tomllib

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from mlc_tf.data import DataError, labels, product_listings

ROOT = pathlib.Path(__file__).parents[1]
CARD = ROOT / "data" / "README.md"

# A grammar small enough to read its labels off the text by hand.
SMALL = """
[mix]
sentences = [0, 1]
styles = { shop = 1 }
small_talk = 0.2
turned = 0.7
closing = 0.0
often = 5
fixed = ["brand"]
companion = 2.0

[tags.dry]
companions = ["light"]
is = ["dry"]
[tags.light]
is = ["light"]
[tags.cheap]
is = ["cheap"]

[kinds.things]
share = 1
products = ["spoon", "anvil"]
parts = ["handle"]
often = ["dry", "light", "cheap"]

[words]
brand = ["Ada", "Bob"]
noise = ["well", "now by {brand}", "so they say", "once more", "as ever", "in short"]

[openings]
shop = [
    "{product} by {brand}, {noise}, as sold to everyone in the whole of our town.",
    "{product}, {noise}, {noise}, {noise}.",
]
[plain]
shop = ["{+is} and {+is}, {noise}, {noise}, {noise}.", "it costs little, {noise}, {noise}. [+cheap]"]
[turned]
shop = [
    "{+is} yes, {noise}, {-is} no, {noise}.",
    "{-is} no, {+is} yes, {noise}, {noise}.",
    "nor is it cheap, {noise}, {noise}. [-cheap]",
]
[small_talk]
shop = ["it is {noise}, {noise}, {noise}."]
[closings]
shop = ["bye."]
"""


@pytest.fixture(scope="module")
def listings():
    return product_listings.load_data()


def everything(dataset):
    splits = dataset.train, dataset.validation, dataset.test
    return np.concatenate([split.x for split in splits]), np.concatenate([split.y for split in splits])


@pytest.fixture
def write_grammar(tmp_path):
    def write(text):
        path = tmp_path / "grammar.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_labels_are_what_the_text_says(write_grammar):
    """Against a reader with rules of its own, for a grammar where they can be written down."""
    dataset = product_listings.load_data(150, 50, 50, grammar=write_grammar(SMALL))
    texts, y = everything(dataset)
    assert dataset.label_names == ("dry", "light", "cheap")
    for text, row in zip(texts, y, strict=True):
        told = text.lower()
        says = {word for word in re.findall(r"(dry|light|cheap)(?= yes| and|,)", told)}
        says |= set(re.findall(r"and (dry|light|cheap)", told)) | ({"cheap"} if "costs little" in told else set())
        says -= {"cheap"} if "nor is it cheap" in told else set()
        assert says == {name for name, held in zip(dataset.label_names, row, strict=True) if held}, text
    assert {tuple(row) for row in y} > {(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0)}


def test_shapes_sizes_and_tags(listings):
    for split, size in ((listings.train, 8000), (listings.validation, 2000), (listings.test, 2000)):
        assert split.x.dtype == object and split.x.shape == (size,) and all(type(text) is str for text in split.x)
        assert split.y.dtype == np.float32 and split.y.shape == (size, 25) and set(np.unique(split.y)) == {0, 1}
    texts, y = everything(listings)
    assert all(10 <= len(text.split()) <= 80 for text in texts)
    frequency = np.sort(y.mean(axis=0))
    assert 0.35 < frequency[-1] < 0.45 and 0.008 < frequency[0] < 0.02 < frequency[3]
    assert 0.02 < (y.sum(axis=1) == 0).mean() < 0.08
    for split in (listings.train, listings.validation, listings.test):
        assert split.y.sum(axis=0).min() >= 15  # every tag can be learnt, tuned and tested


def test_correlated_tags(listings):
    together = labels.co_occurrence(listings.train.y) / len(listings.train)
    index = {name: position for position, name in enumerate(listings.label_names)}
    for one, other in (("wireless", "rechargeable"), ("wireless", "batteries"), ("waterproof", "outdoors")):
        i, j = index[one], index[other]
        assert together[i, j] > 1.5 * together[i, i] * together[j, j], (one, other)


def test_no_text_twice_and_few_alike(listings):
    def spoken(text):
        return " ".join(re.findall(r"\w+", text.lower()))

    texts, _ = everything(listings)
    assert len({spoken(text) for text in texts}) == len(texts)
    tfidf = TfidfVectorizer(ngram_range=(1, 3), sublinear_tf=True).fit(listings.train.x)
    nearest = (tfidf.transform(listings.test.x) @ tfidf.transform(listings.train.x).T).max(axis=1).toarray()
    assert nearest.mean() < 0.45
    likeness = f"{nearest.mean():.3f} on average, above 0.8 for {(nearest > 0.8).mean():.1%}".replace("%", " %")
    assert f"| Likeness of a test listing to the training listing most like it | {likeness} |" in CARD.read_text(
        "utf-8"
    )


def test_texts_are_well_formed(listings):
    for text in everything(listings)[0]:
        assert not text[0].islower() and text[-1] in ".!?"
        assert not re.search(r"\b[aA] [aeio]|\b[aA]n [^aeiouAEIOU]|  |[][{}+]|[.!?] [a-z]", text), text


def test_the_same_bag_of_words_with_different_tags(write_grammar):
    """Listings that differ in nothing but the order of their words, and carry different tags."""
    four = "sentences = [10, 30, 35, 25]"
    grammar = product_listings.GRAMMAR.read_text(encoding="utf-8")
    assert four in grammar  # in listings of one sentence it happens often enough to be seen
    path = write_grammar(grammar.replace(four, "sentences = [1]"))
    dataset = product_listings.load_data(train=6000, grammar=path)
    tags_of = {}
    for text, row in zip(dataset.train.x, dataset.train.y, strict=True):
        tags_of.setdefault(tuple(sorted(re.findall(r"\w+", text.lower()))), set()).add(tuple(row))
    assert sum(len(tags) > 1 for tags in tags_of.values()) >= 3


def test_seed_decides(listings):
    again = product_listings.load_data()
    assert (again.test.x == listings.test.x).all() and (again.train.y == listings.train.y).all()
    other = product_listings.load_data(100, 10, 10, seed=1)
    assert not set(other.train.x) & set(listings.train.x)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("it is {noise},", "it is {noize},", ["[small_talk]", "unknown slot 'noize'", "noise"]),
        ("{+is} yes,", "{+iz} yes,", ["[turned]", "unknown form of phrase 'iz'"]),
        ("[+cheap]", "[+cheep]", ["[plain]", "unknown tag 'cheep'", "cheap, dry, light"]),
        ("[+cheap]", "[cheap]", ["[plain]", "a tag without + or -"]),
        ("by {brand}, {noise}", "by {brand, {noise}", ["[openings]", "a bracket without its partner"]),
        ('"dry", "light", "cheap"]', '"dry", "lite"]', ["[kinds.things]", "unknown tag 'lite'"]),
        ('companions = ["light"]', 'companions = ["lite"]', ["[tags.dry]", "unknown tag 'lite'"]),
        ("often = [", "offen = [", ["[kinds.things]", "unknown entry 'offen'"]),
        ("now by {brand}", "now {noise}", ["[words] noise", "unknown slot 'noise'"]),
        ('is = ["light"]', 'iss = ["light"]', ["[tags.light]", "unknown form of phrase 'iss'"]),
        ("[closings]\nshop", "[closings]\nshopp", ["[closings]", "unknown style 'shopp'"]),
        ("[closings]", "[closing]", ["expected a section [closings]"]),
        ("often = 5", "often = 5 5", ["not valid TOML"]),
    ],
)
def test_mistakes_in_the_grammar_are_named(write_grammar, old, new, says):
    assert old in SMALL
    path = write_grammar(SMALL.replace(old, new))
    with pytest.raises(DataError) as error:
        product_listings.load_data(10, 5, 5, grammar=path)
    for part in (str(path), *says):
        assert part in str(error.value)


def test_a_grammar_with_too_few_listings_says_so(write_grammar, tmp_path):
    with pytest.raises(DataError, match="add phrases or ask for fewer"):
        product_listings.load_data(20_000, 5, 5, grammar=write_grammar(SMALL.replace(", {noise}", "")))
    with pytest.raises(DataError, match="no such file"):
        product_listings.load_data(grammar=tmp_path / "none.toml")
    with pytest.raises(ValueError, match="test: expected at least 1 listing, found 0"):
        product_listings.load_data(test=0)


def test_loading_does_not_import_tensorflow():
    code = (
        "import sys; from mlc_tf.data import product_listings; product_listings.load_data(9, 9, 9); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_card_gives_the_statistics_of_the_data(listings):
    texts, y = everything(listings)
    words = [len(text.split()) for text in texts]
    facts = {
        "Cardinality": f"{labels.cardinality(y):.3f}",
        "Density": f"{labels.density(y):.4f}",
        "Distinct label sets": f"{labels.distinct_label_sets(y):,}",
        "MeanIR": f"{labels.mean_imbalance_ratio(y):.2f}",
        "Listings without a tag": f"{(y.sum(axis=1) == 0).mean():.1%}".replace("%", " %"),
        "Words per listing": f"{np.mean(words):.1f} ({min(words)} to {max(words)})",
    }
    grammar = tomllib.loads(product_listings.GRAMMAR.read_text(encoding="utf-8"))
    counts = [
        sum(len(lines) for section in product_listings.SECTIONS for lines in grammar[section].values()),
        sum(len(kind["products"]) for kind in grammar["kinds"].values()),
        sum(len(said) for tag in grammar["tags"].values() for form, said in tag.items() if form != "companions"),
    ]
    facts["Sentence patterns, products, phrases for tags"] = ", ".join(map(str, counts))
    card = CARD.read_text(encoding="utf-8")
    for name, value in facts.items():
        assert f"| {name} | {value} |" in card
    for name, frequency in zip(listings.label_names, y.mean(axis=0), strict=True):
        assert f"{name} {frequency:.1%}".replace("%", " %") in card


def test_card_gives_the_recorded_scores(listings):
    recorded = json.loads((ROOT / "benchmarks" / "results" / "listings_order.json").read_text())["seeds"]
    assert len(recorded) >= 3
    fingerprint = hashlib.sha256("\n".join(listings.test.x).encode()).hexdigest()
    assert recorded["0"]["sha256 of the listings"] == fingerprint, "the grammar has changed: measure again"
    card = CARD.read_text(encoding="utf-8")
    for system in ("TF-IDF of words, linear", "TF-IDF of 1- to 3-grams, linear", "bidirectional GRU"):
        figures = []
        for score in ("micro_f1", "macro_f1", "subset_accuracy"):
            values = [seed[system][score] for seed in recorded.values()]
            figures.append(f"{np.mean(values):.3f} ({min(values):.3f} to {max(values):.3f})")
        assert f"| {system} | {' | '.join(figures)} |" in card
