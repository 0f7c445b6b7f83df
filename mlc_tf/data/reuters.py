"""Reuters-21578, Distribution 1.0, in the ModApte split: 10,789 news stories of 1987 with 90 topics.

Lewis 1997. The split and the topics are those of the literature: stories that were indexed (`TOPICS="YES"`),
with Lewis' marks for training and test; topics with at least one training and one test story; stories with at
least one of these topics. (`keras.datasets.reuters` is another task: one label each, numbers for words.)
"""

import html
import pathlib
import re

from mlc_tf.data.dataset import Dataset, Split
from mlc_tf.data.downloads import Archive, fetch, read_file, wrong_content

ARCHIVE = Archive(
    name="reuters-21578",
    url="https://archive.ics.uci.edu/ml/machine-learning-databases/reuters21578-mld/reuters21578.tar.gz",
    sha256="3bae43c9b14e387f76a61b6d82bf98a4fb5d3ef99ef7e7075ff2ccbcf59f9d30",
    folder="reuters21578",
    files=tuple(f"reut2-{number:03}.sgm" for number in range(22)),
)

STORY = re.compile(r"<REUTERS(?P<marks>[^>]*)>(?P<content>.*?)</REUTERS>", re.DOTALL)
PART = re.compile(r'LEWISSPLIT="(TRAIN|TEST)"')
TOPICS = re.compile(r"<TOPICS>(.*?)</TOPICS>")
TOPIC = re.compile(r"<D>(.*?)</D>")
TEXT = re.compile(r"<TEXT[^>]*>(.*)</TEXT>", re.DOTALL)
TITLE = re.compile(r"<TITLE>(.*?)</TITLE>", re.DOTALL)
BODY = re.compile(r"<BODY>(.*?)</BODY>", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # all but tab and line break


def load_data(validation: int = 1000, seed: int = 0) -> Dataset:
    """Reuters in the ModApte split: 6,770 + 1,000 + 3,019 stories. Lesson 07.

    A text is the title, a line break, and the body. Downloads 8 MB when the data directory has no folder
    `reuters21578`.

    Args:
        validation: stories to draw from the 7,770 for training, by iterative stratification, so that rare topics are
            in both parts.
        seed: draws them.

    Returns:
        A `Dataset` with `x` an object array `(N,)` of str, and `y` `(N, 90)`.

    Raises:
        DataError: when the data cannot be had or are damaged.
        ValueError: when `validation` leaves a part empty.
    """
    train, test, topics = read(fetch(ARCHIVE, check=read))
    return Dataset("reuters-21578", *train.hold_out(validation, seed), test, topics)


def read(folder: pathlib.Path) -> tuple[Split, Split, tuple[str, ...]]:
    """Read and verify the folder of the distribution: the training stories, the test stories, the 90 topics.

    Raises:
        DataError: when one of the 22 files is missing, or the counts of stories or topics are not those of the
            distribution.
    """
    story_count = 0
    parts: dict[str, list[tuple[str, set[str]]]] = {"TRAIN": [], "TEST": []}  # SGML of a story, its topics
    for name in ARCHIVE.files:
        for story in STORY.finditer(read_file(ARCHIVE, folder / name).decode("latin-1")):
            story_count += 1
            part, topics = PART.search(story["marks"]), TOPICS.search(story["content"])
            if part and topics and 'TOPICS="YES"' in story["marks"]:
                parts[part[1]].append((story["content"], set(TOPIC.findall(topics[1]))))

    used = [set().union(*(topics for _, topics in stories)) for stories in parts.values()]
    label_names = tuple(sorted(set.intersection(*used)))
    train, test = ([story for story in stories if not story[1].isdisjoint(label_names)] for stories in parts.values())
    counts = "{:,} stories; in the ModApte split {:,} topics, {:,} training and {:,} test stories"
    expected = counts.format(21_578, 90, 7_770, 3_019)
    found = counts.format(story_count, len(label_names), len(train), len(test))
    if found != expected:
        raise wrong_content(ARCHIVE, folder, expected, found)
    return _split(train, label_names), _split(test, label_names), label_names


def clean_text(content: str) -> str:
    """Title, line break and body of a story's SGML, without entities and control characters.

    A story marked BRIEF has no body: it is its title (after it stands "Blah blah blah."). A story marked
    UNPROC has neither, and is its whole text.
    """
    text = TEXT.search(content)[1]
    pieces = [match[1] for match in (TITLE.search(text), BODY.search(text)) if match] or [text]
    return "\n".join(CONTROL.sub("", html.unescape(piece)).strip() for piece in pieces)


def _split(stories: list[tuple[str, set[str]]], label_names: tuple[str, ...]) -> Split:
    texts = [clean_text(content) for content, _ in stories]
    return Split(texts, [[name in topics for name in label_names] for _, topics in stories])
