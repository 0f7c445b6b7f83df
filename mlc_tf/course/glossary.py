"""The page `docs/glossary.md`: the terms of the field, each with the sentence of the lesson that defines it."""

import dataclasses
import pathlib
import re
from collections.abc import Sequence

from mlc_tf.course.source import AuthoringError, read_source

HEAD = """\
# Glossary

The words of the field that the course uses, each in the words of the lesson that defines it. (`make notebooks` gathers
this page from the lessons.)

"""
SENTENCE = re.compile(r"\S.*?[.?!][)*\"]*(?=\s|$)|\S.*$")
CITATION = re.compile(r"\s+\[\d+(, \d+)*\](?!\()")


@dataclasses.dataclass(frozen=True)
class Term:
    """A term, the sentence that defines it, and where: the lesson's file without its ending, its title, the step."""

    name: str
    definition: str
    lesson: str
    title: str
    step: str


def terms(paths: Sequence[pathlib.Path]) -> list[Term]:
    """The terms that the cells of these sources name in `defines="one; another"`, in alphabetical order.

    Raises `AuthoringError` when a term is not in bold in its cell, or is defined twice.
    """
    found = {}
    for path in paths:
        title = step = ""
        for cell in read_source(path).cells:
            sentences = []
            for block in _blocks(cell.source) if cell.cell_type == "markdown" else []:
                title = title or block.removeprefix("# ")
                step = block.removeprefix("## ") if block.startswith("## ") else step
                sentences += [(step, sentence) for sentence in SENTENCE.findall(block.removeprefix("- "))]
            for name in defined_in(cell):
                at = next((one for one in sentences if f"**{name}**".lower() in one[1].lower()), None)
                if at is None:
                    raise AuthoringError(f"{path.name}, {cell.id}: write **{name}** in the sentence that defines it")
                if name in found:
                    raise AuthoringError(f"{path.name}, {cell.id}: {name} is defined in {found[name].lesson} already")
                found[name] = Term(name, _alone(name, at[1]), path.stem, title, at[0])
    return sorted(found.values(), key=lambda term: term.name.lower())


def defined_in(cell: dict) -> list[str]:
    """The terms that a cell says it defines."""
    return [name.strip() for name in cell.metadata.get("defines", "").split(";") if name.strip()]


def page(paths: Sequence[pathlib.Path]) -> str:
    """The page: the terms of the lessons whose sources these are."""
    return HEAD + "".join(
        f"- **{term.name}**: {term.definition}\n"
        f"  ([{term.title}](../notebooks/{term.lesson}.ipynb), step {term.step.replace('. ', ', *', 1)}*)\n"
        for term in terms(paths)
    )


def _blocks(markdown: str) -> list[str]:
    """The headings, paragraphs and list items, each on one line; no tables."""
    parts = re.split(r"\n\s*\n|\n(?=- )", re.sub(r"^#+ .*$", "\n\\g<0>\n", markdown, flags=re.MULTILINE))
    return [" ".join(part.split()) for part in parts if part.strip() and not part.startswith("|")]


def _alone(name: str, sentence: str) -> str:
    """The sentence as it stands on the page: without references and the formula that follows it."""
    text = CITATION.sub("", sentence).replace("**", "")
    text = re.sub(rf"^{re.escape(name)}: ", "", text, flags=re.IGNORECASE)
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1]
    return text[:-1] + "." if text[-1] in ",:;" else text
