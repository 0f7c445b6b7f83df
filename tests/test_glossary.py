"""The glossary: gathered from the lessons, with links that lead somewhere; and no term is used before it is defined."""

import re

import pytest

from mlc_tf import PROJECT
from mlc_tf.course import glossary, run
from mlc_tf.course.source import AuthoringError, derive, read_source

SOURCES = sorted((run.NOTEBOOKS / "src").glob("*.py"))
TOY = """\
# %% [markdown]
# # 00 A toy
# It says what a network is.

# %% [markdown] defines="logit; hinge loss" minutes=3
# ## 1. Two terms
#
# Here is a figure of 0.5, no more. Each output of the network (there are
# $K$) is a **logit** [1, 2],
#
# $$z_k.$$
#
# - **Hinge loss**: a loss with a corner. It is **hinge loss** again.
"""


def early_uses(paths):
    """Where a term occurs in a markdown cell before the one that defines it: the term, the lesson, the cell's text.

    What a lesson promises in its first cell may name what that lesson defines.
    """
    markdown = [
        (path.stem, position, cell)
        for path in paths
        for position, cell in enumerate(read_source(path).cells)
        if cell.cell_type == "markdown"
    ]
    defined = {name: (lesson, at) for lesson, at, cell in markdown for name in glossary.defined_in(cell)}
    return [
        (name, lesson, cell.source)
        for name, (its_lesson, its_cell) in defined.items()
        for lesson, position, cell in markdown
        if (lesson, position) < (its_lesson, its_cell)
        and not (position == 0 and lesson == its_lesson)
        and re.search(rf"(?<![\w-]){re.escape(name)}s?(?![\w-])", _words(cell.source), re.IGNORECASE)
    ]


def _words(markdown):
    """The text on one line, without code, formulas and the addresses of links."""
    return " ".join(re.sub(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)", "", markdown, flags=re.DOTALL).split())


def test_the_page_is_gathered_from_the_lessons_and_each_of_its_links_leads_to_one():
    page = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
    assert page == glossary.page(SOURCES), "run 'make notebooks'"
    links = re.findall(r"\]\((\S+\.ipynb)\)", page)
    assert len(links) == len(glossary.terms(SOURCES)) >= 45
    assert all((PROJECT / "docs" / link).exists() for link in links)


def test_no_term_is_used_before_it_is_defined():
    assert not early_uses(SOURCES)


def toy(tmp_path, old="", new=""):
    assert old in TOY
    path = tmp_path / "00_toy.py"
    path.write_text(TOY.replace(old, new, 1), encoding="utf-8")
    return path


def test_a_definition_is_the_first_sentence_with_the_term_in_bold_fit_to_be_read_alone(tmp_path):
    path = toy(tmp_path)
    hinge, logit = glossary.terms([path])
    assert (hinge.name, hinge.definition) == ("hinge loss", "a loss with a corner.")
    assert (logit.name, logit.definition) == ("logit", "Each output of the network (there are $K$) is a logit.")
    assert {(term.lesson, term.title, term.step) for term in (hinge, logit)} == {("00_toy", "00 A toy", "1. Two terms")}
    assert "[00 A toy](../notebooks/00_toy.ipynb), step 1, *Two terms*" in glossary.page([path])
    assert all("defines" not in cell.metadata for cell in derive(read_source(path), "lesson").cells)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("a **logit**", "a logit", r"00_toy.py, cell-1: write \*\*logit\*\* in the sentence"),
        ("logit; hinge loss", "logit; hinge loss; logit", "00_toy.py, cell-1: logit is defined in 00_toy already"),
    ],
)
def test_a_term_that_is_not_in_bold_or_defined_twice_is_refused(tmp_path, old, new, message):
    with pytest.raises(AuthoringError, match=message):
        glossary.terms([toy(tmp_path, old, new)])


def test_a_use_before_the_definition_is_found_also_in_the_plural_but_not_within_a_word_or_in_code(tmp_path):
    extra = "# %% [markdown]\n# {}\n\n# %% [markdown] defines"
    found = [
        bool(early_uses([toy(tmp_path, "# %% [markdown] defines", extra.format(text))]))
        for text in ("A Hinge\n# loss.", "Its logits.", "Of logitech.", "`logit` and $logit$", "The hinge of a loss.")
    ]
    assert found == [True, True, False, False, False]
