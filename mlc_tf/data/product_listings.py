"""Product listings: short advertisements with 25 tags, written by a grammar, where a tag hangs on word order.

"Waterproof, not shockproof" and "shockproof, not waterproof" have the same bag of words and different tags. The
grammar is `data/product_listings/grammar.toml`: products, tags, phrases and sentences, to be read and added to; its
head explains the notation. The card (`data/README.md`) has the figures. Introduced in lesson 01.
"""

import dataclasses
import pathlib
import random
import re
import tomllib

import numpy as np

from mlc_tf import PROJECT
from mlc_tf.data.dataset import DataError, Dataset, Split

GRAMMAR = PROJECT / "data" / "product_listings" / "grammar.toml"
OF_THE_PRODUCT = ("product", "part")  # slots filled from the kind of product
SECTIONS = ("openings", "plain", "turned", "small_talk", "closings")
OF_A_PART = "of"  # the form of phrase that says what a part is made of
HOW_OFTEN = ("nearly_always", "often", "sometimes", "rarely", "hardly_ever")
WORDS_PER_LISTING = range(10, 81)

_SLOT = re.compile(r"\{([^{}]*)\}")
_SENTENCE = re.compile(r"(.*?)(?: \[([^\[\]]*)\])?", re.DOTALL)
_SENTENCE_START = re.compile(r"(?:^|(?<=[.!?] ))[a-z]")
_A_BEFORE_VOWEL = re.compile(r"\b([Aa])(?= (?:[aeioAEIO]|u(?!k|s)))")


@dataclasses.dataclass(frozen=True)
class Sentence:
    """One sentence of the grammar: its text with slots, the forms of phrase it asks for, the tags it names itself."""

    text: str
    forms: tuple[str, ...]
    holds: tuple[str, ...]
    mentions: tuple[str, ...]


class Grammar:
    """The grammar file, checked: an unknown slot, tag or list is reported with the place where it stands.

    Raises:
        DataError: when the file is missing, is not TOML, or refers to something it does not define.
    """

    def __init__(self, path: pathlib.Path):
        """Read and check the grammar at `path`."""
        self.path = path
        try:
            content = tomllib.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise DataError(f"expected the grammar of the product listings at {path}: found no such file") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise DataError(f"{path} is not valid TOML in UTF-8: {error}") from None
        for section in ("mix", "tags", "kinds", "words", *SECTIONS):
            if not content.get(section):
                raise DataError(f"{path}: expected a section [{section}], found none or an empty one")
        self.mix, self.tags, self.kinds, self.words = (content[name] for name in ("mix", "tags", "kinds", "words"))
        above = list(OF_THE_PRODUCT)
        for name, entries in self.words.items():
            for entry in entries:
                self._known(_SLOT.findall(entry), above, "slot", f"[words] {name}: {entry!r}")
            above.append(name)
        self._known(self.mix["fixed"], self.words, "word list", "[mix] fixed")
        self.weights: dict[str, dict[str, float]] = {}  # kind -> tag -> how likely it is to come up
        self.phrases: dict[str, dict[str, dict[str, list[str]]]] = {}  # kind -> tag -> form -> phrases
        for name, kind in self.kinds.items():
            self._known(kind, ("share", "products", "parts", "parts_only", *HOW_OFTEN), "entry", f"[kinds.{name}]")
            self._known(("share", "products", "parts"), kind, "entry (it is needed)", f"[kinds.{name}]")
            self.weights[name] = {tag: self.mix[often] for often in HOW_OFTEN for tag in kind.get(often, ())}
            only = kind.get("parts_only", ())
            self._known([*self.weights[name], *only], self.tags, "tag", f"[kinds.{name}]")
            self.phrases[name] = {
                tag: {form: said for form, said in self.tags[tag].items() if form == OF_A_PART or tag not in only}
                for tag in self.weights[name]
            }
        self.forms = {form for phrases in self.tags.values() for form in phrases} - {"companions"}
        # section -> style -> its sentences; those under "any" are in every style.
        self.sentences = {}
        for section in SECTIONS:
            self._known(content[section], ["any", *self.mix["styles"]], "style", f"[{section}]")
            checked = {
                style: [self._sentence(line, f"[{section}] {line!r}") for line in lines]
                for style, lines in content[section].items()
            }
            self.sentences[section] = {
                style: checked.get("any", []) + checked.get(style, []) for style in self.mix["styles"]
            }
        used = {
            form
            for styles in self.sentences.values()
            for sentences in styles.values()
            for sentence in sentences
            for form in sentence.forms
        }
        for name, tag in self.tags.items():
            self._known(tag.get("companions", ()), self.tags, "tag", f"[tags.{name}] companions")
            self._known(tag.keys() - {"companions"}, used, "form of phrase", f"[tags.{name}]")

    def _known(self, names, known, what: str, where: str) -> None:
        for name in names:
            if name not in known:
                raise DataError(f"{self.path}, {where}: unknown {what} {name!r}; known are {', '.join(sorted(known))}")

    def _sentence(self, line: str, where: str) -> Sentence:
        text, named = _SENTENCE.fullmatch(line).groups()
        signed = (named or "").split()
        if re.search(r"[][{}]", _SLOT.sub("", text)) or not all(tag[0] in "+-" for tag in signed):
            raise DataError(
                f"{self.path}, {where}: expected slots like {{+is}} or {{colour}} and, at the end after a space, "
                "tags like [+gift -delivery]; found a bracket without its partner or a tag without + or -"
            )
        slots = _SLOT.findall(text)
        forms = tuple(slot[1:] for slot in slots if slot[:1] in ("+", "-"))
        self._known(forms, self.forms, "form of phrase", where)
        self._known(
            [slot for slot in slots if slot[:1] not in ("+", "-")],
            [*self.words, *OF_THE_PRODUCT],
            "slot",
            where,
        )
        self._known([tag[1:] for tag in signed], self.tags, "tag", where)
        holds, mentions = (tuple(tag[1:] for tag in signed if tag[0] == sign) for sign in "+-")
        return Sentence(text, forms, holds, mentions)


class _Writer:
    """Writes one listing: remembers which tags it has mentioned and which of them hold."""

    def __init__(self, grammar: Grammar, chance: random.Random):
        self.grammar, self.chance = grammar, chance
        name = chance.choices(list(grammar.kinds), [kind["share"] for kind in grammar.kinds.values()])[0]
        kind, self.weights, self.phrases = grammar.kinds[name], grammar.weights[name], grammar.phrases[name]
        once = {name: grammar.words[name] for name in grammar.mix["fixed"]} | {"product": kind["products"]}
        self.words = (
            grammar.words | {"part": kind["parts"]} | {name: [chance.choice(entries)] for name, entries in once.items()}
        )
        self.left: dict[str, list[str]] = {}  # word list -> its entries not used yet, in random order
        self.said: set[Sentence] = set()
        self.mentioned: set[str] = set()
        self.holding: set[str] = set()

    def write(self) -> str:
        mix, chance = self.grammar.mix, self.chance
        style = chance.choices(list(mix["styles"]), mix["styles"].values())[0]
        count = chance.choices(range(1, len(mix["sentences"]) + 1), mix["sentences"])[0]
        plan = ["openings"]
        for _ in range(count - 1):
            if chance.random() < mix["small_talk"]:
                plan.append("small_talk")
            else:
                plan.append("turned" if chance.random() < mix["turned"] else "plain")
        if count > 2 and chance.random() < mix["closing"]:
            plan[-1] = "closings"
        written = []
        for section in plan:
            sentence = self._choose(self.grammar.sentences[section][style])
            self.said.add(sentence)
            self.mentioned.update(sentence.holds, sentence.mentions)
            self.holding.update(sentence.holds)
            written.append(self._fill(sentence.text))
        text = _A_BEFORE_VOWEL.sub(r"\1n", " ".join(written))
        return _SENTENCE_START.sub(lambda letter: letter[0].upper(), text)

    def _choose(self, sentences: list[Sentence]) -> Sentence:
        """A sentence that the tags still unmentioned can fill."""
        for sentence in self.chance.sample(sentences, len(sentences)):
            if sentence in self.said:
                continue
            named = {*sentence.holds, *sentence.mentions}
            open_tags = self.weights.keys() - self.mentioned - named
            if named <= self.weights.keys() - self.mentioned and all(
                sum(form in self.phrases[tag] for tag in open_tags) >= len(sentence.forms) for form in sentence.forms
            ):
                return sentence
        raise DataError(
            f"{self.grammar.path}: a listing already mentions {', '.join(sorted(self.mentioned))}, and none of "
            f"{len(sentences)} sentences to go on with, such as {sentences[0].text!r}, can be filled with other tags; "
            "give its kind of product more tags, or add a sentence that needs none"
        )

    def _fill(self, text: str) -> str:
        return _SLOT.sub(lambda slot: self._slot(slot[1]), text)

    def _slot(self, slot: str) -> str:
        if slot[0] in "+-":
            tag = self._tag(slot[1:])
            self.mentioned.add(tag)
            if slot[0] == "+":
                self.holding.add(tag)
            return self.chance.choice(self.phrases[tag][slot[1:]])
        if not self.left.get(slot):
            self.left[slot] = self.chance.sample(self.words[slot], len(self.words[slot]))
        return self._fill(self.left[slot].pop())

    def _tag(self, form: str) -> str:
        """A tag with phrases of this form.

        One that holds and one that is only mentioned are drawn alike, so that a mention by itself does not tell.
        """
        open_tags = [tag for tag in self.weights if tag not in self.mentioned and form in self.phrases[tag]]
        tags = self.grammar.tags
        expected = {companion for tag in self.mentioned for companion in tags[tag].get("companions", ())}
        weights = [self.weights[tag] * (self.grammar.mix["companion"] if tag in expected else 1) for tag in open_tags]
        return self.chance.choices(open_tags, weights)[0]


def load_data(
    train: int = 8000,
    validation: int = 2000,
    test: int = 2000,
    seed: int = 0,
    grammar: pathlib.Path = GRAMMAR,
) -> Dataset:
    """The product listings, all written anew; the same arguments give the same listings, on any machine. Lesson 01.

    No two listings have the same words in the same order, within a split or across splits.

    Args:
        train, validation, test: number of listings in each split.
        seed: of the writing.
        grammar: a grammar file to use instead of the course's own.

    Returns:
        A `Dataset` with `x` an object array `(N,)` of str, and `y` `(N, 25)`.

    Raises:
        ValueError: for a size below 1.
        DataError: for a grammar with a mistake in it.
    """
    sizes = {"train": train, "validation": validation, "test": test}
    for name, size in sizes.items():
        if size < 1:
            raise ValueError(f"{name}: expected at least 1 listing, found {size}")
    rules = Grammar(grammar)
    label_names = tuple(rules.tags)
    column = {name: index for index, name in enumerate(label_names)}
    chance = random.Random(seed)
    texts, rows, seen = [], [], set()
    in_vain = 0  # listings in a row that were too short, too long or there already
    while len(texts) < sum(sizes.values()):
        writer = _Writer(rules, chance)
        text = writer.write()
        spoken = " ".join(re.findall(r"\w+", text.lower()))  # without capitals and punctuation
        if len(text.split()) not in WORDS_PER_LISTING or spoken in seen:
            in_vain += 1
            if in_vain == 1000:
                raise DataError(f"{grammar}: found no other listing after {len(texts)}; add phrases or ask for fewer")
            continue
        in_vain = 0
        seen.add(spoken)
        texts.append(text)
        rows.append([column[tag] for tag in writer.holding])
    y = np.zeros((len(texts), len(label_names)), np.float32)
    for row, columns in zip(y, rows, strict=True):
        row[columns] = 1
    x = np.array(texts, dtype=object)
    ends = np.cumsum(list(sizes.values()))[:-1]
    splits = [Split(*part) for part in zip(np.split(x, ends), np.split(y, ends), strict=True)]
    return Dataset("product listings", *splits, label_names)
