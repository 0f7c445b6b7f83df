"""CIFAR-100, Reuters-21578 and MULAN's data sets: the real ones where they are, small ones made here elsewhere."""

import ast
import dataclasses
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile

import numpy as np
import pytest
import scipy.io.arff

from mlc_tf.data import DataError, cifar100, mulan, reuters
from mlc_tf.data.catalogue import CATALOGUE
from mlc_tf.data.downloads import data_directory
from mlc_tf.data.labels import cardinality

PLACED = os.environ.get("MLC_TF_DATA")


def real(name: str):
    """Mark a test that needs a data set in the directory the environment names; otherwise it is skipped."""
    here = bool(PLACED) and CATALOGUE[name].state() == "ready"
    return pytest.mark.skipif(not here, reason=f"no {name} in the directory that MLC_TF_DATA names ({PLACED})")


def all_labels(dataset) -> np.ndarray:
    return np.concatenate([dataset.train.y, dataset.validation.y, dataset.test.y])


@pytest.fixture
def empty_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("MLC_TF_DATA", str(tmp_path))
    return tmp_path


def place(name: str, directory: pathlib.Path, leave_out: str) -> pathlib.Path:
    """Link the real files into a folder of `directory`, all but one; return the place of that one."""
    folder = directory / CATALOGUE[name].folder
    folder.mkdir()
    for file in CATALOGUE[name].files:
        if file != leave_out:
            (folder / file).symlink_to(pathlib.Path(PLACED) / CATALOGUE[name].folder / file)
    return folder / leave_out


# --- CIFAR-100


@pytest.fixture(scope="module")
def cifar():
    return cifar100.load_data()


@real("cifar-100")
def test_cifar100_has_the_published_counts_and_channel_means(cifar):
    assert [len(split) for split in (cifar.train, cifar.validation, cifar.test)] == [45_000, 5_000, 10_000]
    for split, per_fine_label in ((cifar.train, 450), (cifar.validation, 50), (cifar.test, 100)):
        assert split.x.dtype == np.uint8
        assert split.x.shape[1:] == (32, 32, 3)
        assert (split.y[:, :100].sum(axis=0) == per_fine_label).all()
        assert (split.y[:, 100:].sum(axis=0) == 5 * per_fine_label).all()
        assert (split.y[:, :100].sum(axis=1) == 1).all()
        assert (split.y[:, 100:].sum(axis=1) == 1).all()
    total = sum(split.x.sum(axis=(0, 1, 2), dtype=np.int64) for split in (cifar.train, cifar.validation))
    assert total / (50_000 * 32 * 32 * 255) == pytest.approx([0.50708, 0.48655, 0.44092], abs=5e-6)


@real("cifar-100")
def test_cifar100_has_one_coarse_label_for_each_fine_label(cifar):
    y = all_labels(cifar)
    pairs = y[:, :100].T @ y[:, 100:]
    assert ((pairs > 0).sum(axis=1) == 1).all()
    coarse_of = dict(zip(cifar.label_names[:100], np.array(cifar.label_names[100:])[pairs.argmax(axis=1)], strict=True))
    assert coarse_of["fine: maple_tree"] == "coarse: trees"
    assert coarse_of["fine: dolphin"] == "coarse: aquatic_mammals"
    assert len(set(cifar.label_names)) == 120


@real("cifar-100")
def test_cifar100_pictures_and_names_are_those_of_the_records(cifar):
    folder = pathlib.Path(PLACED) / "cifar-100-binary"
    fine_names = (folder / "fine_label_names.txt").read_text().split()
    with (folder / "test.bin").open("rb") as stream:
        for picture, labels in zip(cifar.test.x[:3], cifar.test.y[:3], strict=True):
            coarse, fine, *planes = stream.read(3074)
            assert np.flatnonzero(labels).tolist() == [fine, 100 + coarse]
            assert cifar.label_names[fine] == f"fine: {fine_names[fine]}"
            for row, column, colour in ((0, 0, 0), (3, 17, 1), (31, 30, 2)):
                assert picture[row, column, colour] == planes[colour * 1024 + row * 32 + column]


@real("cifar-100")
def test_cifar100_validation_is_drawn_by_the_seed(cifar):
    again, other = cifar100.load_data(), cifar100.load_data(seed=1)
    assert np.array_equal(again.validation.x, cifar.validation.x)
    assert not np.array_equal(other.validation.x, cifar.validation.x)
    assert np.array_equal(other.test.x, cifar.test.x)
    with pytest.raises(ValueError, match="multiple of 100"):
        cifar100.load_data(validation=5050)


@real("cifar-100")
@pytest.mark.parametrize(
    ("position", "value", "found"),
    [
        (1, 100, "labels 0 to 100"),
        (0, 20, "labels 0 to 20"),
        (1, None, "fine labels 0 to 99 with 100 pictures each"),
        (2, None, "bytes that sum to"),
    ],
)
def test_cifar100_with_a_wrong_byte_is_refused(empty_directory, position, value, found):
    damaged = place("cifar-100", empty_directory, leave_out="test.bin")
    shutil.copy(pathlib.Path(PLACED) / "cifar-100-binary" / "test.bin", damaged)
    with damaged.open("r+b") as stream:
        stream.seek(position)
        old = stream.read(1)[0]
        stream.seek(position)
        stream.write(bytes([(old + 1) % 100 if value is None else value]))
    with pytest.raises(DataError, match=found):
        cifar100.load_data()


@real("cifar-100")
def test_cifar100_with_two_coarse_labels_for_a_fine_label_is_refused(empty_directory):
    """The coarse labels of two records change places: every count stays right."""
    damaged = place("cifar-100", empty_directory, leave_out="test.bin")
    records = np.fromfile(pathlib.Path(PLACED) / "cifar-100-binary" / "test.bin", np.uint8).reshape(-1, 3074)
    other = np.flatnonzero(records[:, 0] != records[0, 0])[0]
    records[[0, other], 0] = records[[other, 0], 0]
    records.tofile(damaged)
    with pytest.raises(DataError, match="102 pairs"):
        cifar100.load_data()


@real("cifar-100")
@pytest.mark.parametrize("file", ["train.bin", "coarse_label_names.txt"])
def test_cifar100_placed_by_hand_without_a_file_or_with_half_of_it_is_refused(empty_directory, file):
    missing = place("cifar-100", empty_directory, leave_out=file)
    assert CATALOGUE["cifar-100"].state() == f"incomplete: no {file}"
    with pytest.raises(DataError, match="No such file") as caught:
        cifar100.load_data()
    for part in (str(missing), "what to do", "data fetch cifar-100", "digit-scenes"):
        assert part in str(caught.value)
    missing.write_bytes((pathlib.Path(PLACED) / "cifar-100-binary" / file).read_bytes()[:100])
    with pytest.raises(DataError, match=r"(?s)expected: .*(153,700,000 bytes|20 different names).*found: .*"):
        cifar100.load_data()


# --- Reuters-21578

STORY = """<TEXT{kind}>&#2;
<TITLE>{title}</TITLE>
<AUTHOR>by a person</AUTHOR><DATELINE> PARIS, March 3 - </DATELINE>{body}
</TEXT>"""


def test_a_story_is_its_title_and_body_without_markup():
    body = "<BODY>Shares of AT&amp;T &lt;T> rose\n\tto 5.\x03\x7f Reuter\n&#3;</BODY>"
    assert reuters.clean_text(STORY.format(kind="", title="PROFIT &lt;T>", body=body)) == (
        "PROFIT <T>\nShares of AT&T <T> rose\n\tto 5. Reuter"
    )
    brief = STORY.format(kind=' TYPE="BRIEF"', title="SHR 5 CTS", body="Blah blah blah.")
    assert reuters.clean_text(brief) == "SHR 5 CTS"
    assert reuters.clean_text('<TEXT TYPE="UNPROC">&#2;\nHARTMARX\n  Qtly &lt;HMX>\n&#3;\n</TEXT>') == (
        "HARTMARX\n  Qtly <HMX>"
    )


@pytest.fixture(scope="module")
def news():
    return reuters.load_data()


@real("reuters-21578")
def test_reuters_has_the_published_counts(news):
    assert [len(split) for split in (news.train, news.validation, news.test)] == [6_770, 1_000, 3_019]
    assert len(news.label_names) == 90
    y = np.concatenate([news.train.y, news.validation.y])
    assert cardinality(y) == pytest.approx(1.2336, abs=5e-5)
    assert cardinality(news.test.y) == pytest.approx(1.2401, abs=5e-5)
    # Training and test stories of the ten most frequent topics, as papers on this split print them.
    published = {
        "earn": (2877, 1087), "acq": (1650, 719), "money-fx": (538, 179), "grain": (433, 149), "crude": (389, 189),
        "trade": (369, 117), "interest": (347, 131), "ship": (197, 89), "wheat": (212, 71), "corn": (181, 56),
    }  # fmt: skip
    for topic, counts in published.items():
        column = news.label_names.index(topic)
        assert (y[:, column].sum(), news.test.y[:, column].sum()) == counts


@real("reuters-21578")
def test_reuters_texts_are_clean_and_belong_to_their_topics(news):
    texts = np.concatenate([news.train.x, news.validation.x, news.test.x])
    joined = "\x00".join(texts)
    assert texts.dtype == object
    assert all(text.strip() for text in texts)
    assert not any(mark in joined for mark in ("&lt;", "&amp;", "&#", "<BODY", "<TITLE", "Blah blah"))
    assert all(character.isprintable() or character in "\n\t\x00" for character in set(joined))
    assert "growth.üside" in joined, "the one letter that is not ASCII, read as latin-1"
    first = next(row for row, text in enumerate(texts) if text.startswith("BAHIA COCOA REVIEW\nShowers continued"))
    topics = np.flatnonzero(all_labels(news)[first])
    assert [news.label_names[topic] for topic in topics] == ["cocoa"]


@real("reuters-21578")
def test_reuters_is_downloaded_verified_and_read_from_an_archive_in_the_official_layout(
    empty_directory, monkeypatch, capsys
):
    """From an archive that a person has put there; how it comes over a network is in test_downloads.py."""
    placed = empty_directory / reuters.ARCHIVE.file_name
    with tarfile.open(placed, "w:gz", compresslevel=1) as tar:
        for file in reuters.ARCHIVE.files:
            tar.add(pathlib.Path(PLACED) / "reuters21578" / file, file)
    with pytest.raises(DataError, match="placed by hand, is not the official archive"):
        reuters.load_data()
    sha256 = hashlib.sha256(placed.read_bytes()).hexdigest()
    monkeypatch.setattr(reuters, "ARCHIVE", dataclasses.replace(reuters.ARCHIVE, sha256=sha256))
    assert len(reuters.load_data(validation=0.1).validation) == 777
    assert CATALOGUE["reuters-21578"].state() == "ready"


@real("reuters-21578")
def test_reuters_with_a_missing_or_cut_file_is_refused(empty_directory):
    missing = place("reuters-21578", empty_directory, leave_out="reut2-021.sgm")
    with pytest.raises(DataError, match="No such file"):
        reuters.load_data()
    whole = (pathlib.Path(PLACED) / "reuters21578" / missing.name).read_bytes()
    missing.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=r"expected: 21,578 stories") as caught:
        reuters.load_data()
    assert "data fetch reuters-21578" in str(caught.value)


# --- MULAN

HEADER = """% a comment
@relation 'pair: -C 2'

@attribute	size	numeric
@attribute 'colour of it' {red,'dark green',blue}
@attribute on {off,on}
@attribute TAG_m\\'usica {0,1}
@attribute parent {0, 1}
@attribute child {1,0}
@data
"""
DENSE = HEADER + "1.5,'dark green',on,1,0,1\n\n% between rows\n-2,blue,off,0,1,0\n3,red,off,0,0,0\n"
SPARSE = HEADER + "{0 1.5,1 'dark green',2 on,3 1}\n{0 -2, 1 blue, 4 1, 5 0}\n{0 3,5 0}\n"
LABELS = """<?xml version="1.0" encoding="utf-8"?>
<labels xmlns="http://mulan.sourceforge.net/labels">
<label name="parent"><label name="child"></label></label>
<label name="TAG_m'usica"/>
</labels>
"""
FEATURES = [[1.5, 0, 1, 0, 1], [-2, 0, 0, 1, 0], [3, 1, 0, 0, 0]]
LABEL_MATRIX = [[0, 1, 1], [1, 0, 0], [0, 0, 0]]


def load_texts(directory, train, test, labels):
    paths = directory / "train.arff", directory / "test.arff", directory / "labels.xml"
    for path, text in zip(paths, (train, test, labels), strict=True):
        path.write_text(text, encoding="utf-8")
    return mulan.load_pair(*paths, validation=1)


@pytest.mark.parametrize("rows", [DENSE, SPARSE])
@pytest.mark.parametrize("labels", [LABELS, LABELS.replace("m'usica", "m\\'usica")])
def test_a_mulan_pair_is_read_as_it_is_written(tmp_path, rows, labels):
    """Dense and sparse rows, where an attribute left out has its *first* value; nested labels and odd names."""
    dataset = load_texts(tmp_path, rows, rows, labels)
    assert dataset.label_names == ("parent", "child", "TAG_m'usica")
    assert dataset.test.x.dtype == np.float32
    assert dataset.test.x.tolist() == FEATURES
    assert dataset.test.y.tolist() == LABEL_MATRIX
    assert sorted([*dataset.train.x.tolist(), *dataset.validation.x.tolist()]) == sorted(FEATURES)
    assert len(dataset.validation) == 1


@pytest.mark.parametrize(
    ("train", "test", "labels", "found"),
    [
        (DENSE, DENSE, LABELS.replace("child", "niece"), "train.arff: .* found no niece"),
        (DENSE, DENSE, LABELS.replace("child", "colour of it"), "the label colour of it .*dark green"),
        (DENSE, DENSE, LABELS.replace("child", "size"), "the label size .*NUMERIC"),
        (DENSE.replace(",1,0,1\n", ",?,0,1\n"), DENSE, LABELS, "TAG_m'usica .* 1 values missing"),
        (DENSE, DENSE, "<labels></labels>", "labels.xml: .* found 0"),
        (DENSE, DENSE, LABELS.replace("parent", "child"), r"labels.xml: .* twice: \['child'\]"),
        (DENSE, DENSE, LABELS.replace("</labels>", ""), "labels.xml: expected XML, .*line 6"),
        (DENSE, DENSE.replace("size", "length"), LABELS, "same attributes .*'size'.*'length'"),
        (DENSE, "@relation r\n@attribute size numeric\n@data\n1\n", LABELS, "found 6 and 1 attributes"),
        (DENSE.replace("-2,", "two,"), DENSE, LABELS, "train.arff, line 14: .*two"),
        (DENSE, DENSE.replace("3,red", "3,pink"), LABELS, "test.arff, line 15: .*pink.*BadNominalValue"),
        (DENSE, SPARSE.replace("5 0", "6 0"), LABELS, "test.arff, line 12: .*6 0"),
        (DENSE.replace("3,red,off,0,0,0", "50%,red"), DENSE, LABELS, "train.arff, line 15: .*50%,red"),
        (DENSE.replace("size\tnumeric", "size"), DENSE, LABELS, r"train.arff, line 4: .*@attribute\\tsize"),
        (DENSE.replace("@data", ""), DENSE, LABELS, "train.arff, line"),
        (DENSE.replace("dark green',on", "dark \\q',on"), DENSE, LABELS, "train.arff, line 11: .*ValueError"),
        (HEADER, HEADER, LABELS, "train.arff: .* no rows"),
        (DENSE.replace("1.5,", "?,"), DENSE, LABELS, "attribute size; found 1 rows without"),
        (DENSE.replace("numeric", "string"), DENSE.replace("numeric", "string"), LABELS, r"texts in .*\['size'\]"),
    ],
)
def test_a_wrong_mulan_file_is_refused_with_its_place(tmp_path, train, test, labels, found):
    with pytest.raises(DataError, match=found) as caught:
        load_texts(tmp_path, train, test, labels)
    assert "expected" in str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_a_mulan_file_of_another_encoding_is_told_apart_from_one_that_begins_with_a_byte_order_mark(tmp_path):
    rows, names = (text.replace("m\\'usica", "música").replace("m'usica", "música") for text in (DENSE, LABELS))
    assert "TAG_música" in load_texts(tmp_path, rows, "\ufeff" + rows, names).label_names
    for encoding in ("latin-1", "utf-16"):
        (tmp_path / "train.arff").write_text(rows, encoding=encoding)
        with pytest.raises(DataError, match="train.arff: expected UTF-8, found another encoding.*Save it as UTF-8"):
            mulan.read_arff(tmp_path / "train.arff")
    (tmp_path / "labels.xml").write_text('<?xml version="1.0" encoding="gb2312"?>\n<labels/>', encoding="ascii")
    with pytest.raises(DataError, match="labels.xml: expected XML, found multi-byte encodings are not supported"):
        mulan.read_label_names(tmp_path / "labels.xml")


def test_mulan_files_that_are_not_there(empty_directory):
    with pytest.raises(DataError, match=r"(?s)no emotions-train.arff.*what to do: take emotions from") as caught:
        mulan.load_data("emotions")
    assert str(empty_directory / "emotions") in str(caught.value)
    with pytest.raises(DataError, match="nowhere.xml: .* No such file"):
        mulan.load_pair("train.arff", "test.arff", empty_directory / "nowhere.xml")


@real("emotions")
def test_emotions_agrees_with_another_reader():
    dataset = mulan.load_data("emotions")
    rows, _ = scipy.io.arff.loadarff(data_directory() / "emotions" / "emotions-test.arff")
    table = np.array(rows.tolist(), dtype=np.float64)  # the six labels are the last columns
    assert np.array_equal(dataset.test.x, table[:, :72].astype(np.float32))
    assert np.array_equal(dataset.test.y, table[:, 72:])
    assert cardinality(all_labels(dataset)) == pytest.approx(1.869, abs=0.001)


@real("medical")
def test_medical_has_the_published_cardinality():
    dataset = mulan.load_data("medical")
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (266, 67, 645)
    assert dataset.test.x.shape[1] == 1_449
    assert cardinality(all_labels(dataset)) == pytest.approx(1.245, abs=0.0005)


@real("delicious")
def test_delicious_agrees_with_its_sparse_rows():
    dataset = mulan.load_data("delicious", validation=2_000)
    text = (data_directory() / "delicious" / "delicious-test.arff").read_text()
    rows = text.partition("@data\n")[2].split("\n")
    cells = [{int(cell.split()[0]) for cell in row.strip("{}").split(",") if cell} for row in rows if row]
    expected = np.array([[column in row for column in range(1_483)] for row in cells])  # every value given is 1
    assert np.array_equal(dataset.test.x, expected[:, :500])
    assert np.array_equal(dataset.test.y, expected[:, 500:])
    y = all_labels(dataset)
    assert cardinality(y) == pytest.approx(19.020, abs=0.0005)
    assert (y.sum(axis=1) == 0).sum() == 14
    assert (len(dataset.train), len(dataset.validation), len(dataset.test)) == (10_920, 2_000, 3_185)
    assert {"TAG_musica", "TAG_m'usica"} < set(dataset.label_names)


@real("emotions")
def test_a_mulan_data_set_with_other_counts_than_published_is_refused(empty_directory):
    damaged = place("emotions", empty_directory, leave_out="emotions-test.arff")
    whole = (pathlib.Path(PLACED) / "emotions" / damaged.name).read_text()
    damaged.write_text(whole.strip().rpartition("\n")[0])
    with pytest.raises(DataError, match=r"(?s)expected: .*test=202.*found: .*test=201"):
        mulan.load_data("emotions")


# --- the catalogue


def test_the_catalogue_says_what_is_here_without_loading_tensorflow(tmp_path):
    code = (
        "import sys; from mlc_tf.data.catalogue import CATALOGUE;"
        "print({name: entry.state() for name, entry in CATALOGUE.items()});"
        "assert not {'tensorflow', 'keras'} & set(sys.modules)"
    )
    environment = os.environ | {"MLC_TF_DATA": str(tmp_path)}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ast.literal_eval(printed.stdout) == {
        "digit-scenes": "ready",
        "product-listings": "ready",
        "cifar-100": "not fetched",
        "reuters-21578": "not fetched",
        "emotions": "not placed",
        "medical": "not placed",
        "delicious": "not placed",
    }
    assert not any(tmp_path.iterdir())


def test_an_embedded_data_set_is_verified_and_needs_no_fetching():
    assert CATALOGUE["digit-scenes"].fetch() is None
    assert CATALOGUE["digit-scenes"].verify().startswith("8,000 + 2,000 + 2,000 examples")


def test_verify_does_not_download(empty_directory):
    for name in ("cifar-100", "reuters-21578"):
        with pytest.raises(DataError, match=f"Run `python -m mlc_tf data fetch {name}`"):
            CATALOGUE[name].verify()


@real("medical")
def test_a_placed_data_set_is_fetched_and_verified():
    assert CATALOGUE["medical"].fetch() == data_directory() / "medical"
    assert CATALOGUE["medical"].verify() == (
        "266 + 67 + 645 examples (train + validation + test), 45 labels, 1.245 of them an example"
    )
