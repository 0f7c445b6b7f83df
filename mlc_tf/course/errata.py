"""The page `docs/errata.md`: what the two articles say and what holds, gathered from the lessons, which show it."""

import pathlib
import re
from collections.abc import Sequence

from mlc_tf.course.source import read_source

HEAD = """\
# What the two articles said, and what holds

The course grew out of two articles in Chinese, both signed 禅与计算机程序设计艺术 (a pen name: "Zen and the art of
computer programming"). The *GAN article*, whose title our copy lacks, is on multi-label classification with generative
adversarial networks; the *RNN article* is 如何使用RNN进行多标签分类 ("How to do multi-label classification with an
RNN"). Their plan is a good one, and the course follows it. Where their text or their code does not hold, the lesson
named below says so and shows it: what is "run below" is run there, "ours" is the course's, and a number in brackets is
a reference at the end of the lesson. Lessons 03 to 05 are about the GAN article, 06 to 09 about the RNN article.
(`make notebooks` gathers this page from the lessons.)
"""


def page(paths: Sequence[pathlib.Path]) -> str:
    """The page: the tables under "What the article said" of the lessons whose sources these are."""
    text = HEAD
    for path in paths:
        cells = [cell.source for cell in read_source(path).cells if cell.cell_type == "markdown"]
        title, lesson = cells[0].splitlines()[0].removeprefix("# "), "\n\n".join(cells)
        section = re.search(r"^## (\d+)\. What the articles? said.*?(?=^## |\Z)", lesson, re.MULTILINE | re.DOTALL)
        if section:
            rows = re.findall(r"^\|.*\|$", section[0], re.MULTILINE)
            heading = f"## [{title}](../notebooks/{path.stem}.ipynb), step {section[1]}"
            text += "\n".join(["", heading, "", *rows, ""])
    return text
