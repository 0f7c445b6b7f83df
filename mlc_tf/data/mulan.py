"""Data sets in MULAN's format: a train and a test ARFF file, and an XML file that names the labels.

Tsoumakas et al. 2011, "MULAN: a Java library for multi-label learning", JMLR 12. In the ARFF files labels are
attributes `{0,1}` among the features; only the XML file says which ones they are. Lesson 01.
"""

import collections.abc
import pathlib
import re
import typing
import xml.etree.ElementTree

import arff
import numpy as np

from mlc_tf.data.dataset import DataError, Dataset, Split
from mlc_tf.data.downloads import NO_DOWNLOAD_NEEDED, data_directory


class Published(typing.NamedTuple):
    """What MULAN's table of data sets says; `cardinality` is over train and test together."""

    train: int
    test: int
    features: int
    labels: int
    cardinality: float


PUBLISHED = {
    "emotions": Published(391, 202, 72, 6, 1.869),
    "medical": Published(333, 645, 1_449, 45, 1.245),
    "delicious": Published(12_920, 3_185, 500, 983, 19.020),
}


class Table(typing.NamedTuple):
    """An ARFF file: name and type of each attribute, and the values, float32 `(N, A)`.

    A type is a word such as NUMERIC, or the list of a nominal attribute's values; then a value is an index
    into it. A missing value is nan.
    """

    attributes: list[tuple[str, str | list[str]]]
    values: np.ndarray


def load_data(name: str, validation: int | float = 0.2, seed: int = 0) -> Dataset:
    """The MULAN data set in the folder `name` of the data directory. Lesson 01.

    Args:
        name: of the folder, which holds `NAME-train.arff`, `NAME-test.arff` and `NAME.xml`. The data sets in
            `PUBLISHED` are verified against MULAN's table.
        validation: rows to draw from train by iterative stratification, a number or a fraction.
        seed: draws them.

    Returns:
        A `Dataset` as `load_pair` makes it.

    Raises:
        DataError: when a file is missing or damaged, or the counts are not those of MULAN's table.
        ValueError: when `validation` leaves a part empty.
    """
    dataset = load_pair(*placed_files(name), name=name, validation=validation, seed=seed)
    if name in PUBLISHED:
        _verify(dataset, PUBLISHED[name])
    return dataset


def load_pair(
    train_arff: str | pathlib.Path,
    test_arff: str | pathlib.Path,
    labels_xml: str | pathlib.Path,
    name: str = "mulan",
    validation: int | float = 0.2,
    seed: int = 0,
) -> Dataset:
    """The data set in a pair of ARFF files, with dense or sparse rows, and the XML file of its labels.

    Args:
        train_arff, test_arff: the files, in UTF-8.
        labels_xml: names the attributes that are labels.
        name: of the data set.
        validation: rows to draw from train by iterative stratification, a number or a fraction.
        seed: draws them.

    Returns:
        A `Dataset` with `x` float32 `(N, F)`, where a numeric attribute is one feature, a nominal one with two values
        is 0 for the first and 1 for the second, and one with more becomes a feature of 0 and 1 for each value; and
        `y` `(N, K)`, in the XML's order, parents before children where labels are nested.

    Raises:
        DataError: when a file cannot be read or parsed (with its line), when the two ARFF files do not have the same
            attributes, when the XML names no label or one that is no attribute, when a label's values are not 0 and
            1, and when a feature is text or has missing values.
        ValueError: when `validation` leaves a part empty.
    """
    train_arff, test_arff = pathlib.Path(train_arff), pathlib.Path(test_arff)
    label_names = read_label_names(pathlib.Path(labels_xml))
    train, test = read_arff(train_arff), read_arff(test_arff)
    if train.attributes != test.attributes:
        pairs = zip(train.attributes, test.attributes, strict=False)
        numbers = f"{len(train.attributes)} and {len(test.attributes)} attributes"
        different = next((f"{ours} and {theirs}" for ours, theirs in pairs if ours != theirs), numbers)
        raise DataError(
            f"expected the same attributes in the same order in {train_arff} and {test_arff}; "
            f"found {different}. Use the pair of one data set."
        )
    train, test = _split(train_arff, train, label_names), _split(test_arff, test, label_names)
    return Dataset(name, *train.hold_out(validation, seed), test, label_names)


def placed_files(name: str) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    """The paths of a data set's train, test and label file.

    Raises:
        DataError: when one of them is missing.
    """
    folder = data_directory() / name
    paths = folder / f"{name}-train.arff", folder / f"{name}-test.arff", folder / f"{name}.xml"
    missing = [path.name for path in paths if not path.is_file()]
    if missing:
        raise DataError(
            f"{name}: not all files are in {folder}.\n"
            f"  expected: {', '.join(path.name for path in paths)}\n"
            f"  found: no {', no '.join(missing)}\n"
            f"  what to do: {_how_to_place(name)}"
        )
    return paths


def read_label_names(path: pathlib.Path) -> tuple[str, ...]:
    """The label names of MULAN's XML file in its order; nested ones stand after their parent.

    Raises:
        DataError: when the file cannot be read, or has no names or one twice.
    """
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except OSError as error:
        raise _unreadable(path, error) from None
    except (xml.etree.ElementTree.ParseError, ValueError, LookupError) as error:  # the last two: of its encoding
        raise DataError(f"{path}: expected XML, found {error}. Put an intact file there, in UTF-8.") from None
    elements = [element for element in root.iter() if element.tag.rpartition("}")[2] == "label"]
    names = tuple(_plain(element.get("name", "")) for element in elements)
    wrong = sorted({name for name in names if not name or names.count(name) > 1})
    if not names or wrong:
        raise DataError(
            f'{path}: expected <label name="..."> elements, each with another name; found {len(names)} of them'
            + (f", and without a name or twice: {wrong}" if wrong else "")
            + ". Put MULAN's XML file there."
        )
    return names


def read_arff(path: pathlib.Path) -> Table:
    """Read an ARFF file with dense or sparse rows, in UTF-8.

    Raises:
        DataError: when it cannot be read, or has an error (with its line), texts, or no rows.
    """
    number, line = 0, ""

    def lines() -> collections.abc.Iterator[str]:
        nonlocal number, line
        with path.open(encoding="utf-8-sig") as stream:
            for line in stream:  # both are read in the error below
                number += 1
                yield line.replace("\t", " ") if line.startswith("@") else line  # the reader wants spaces there

    try:
        # As a list of dicts, sparse rows load ten times as fast as in the reader's default form (0.3 s for
        # Delicious instead of 3.2 s), which looks up every attribute of every row.
        return_type = arff.LOD if _has_sparse_rows(path) else arff.DENSE
        content = arff.load(lines(), encode_nominal=True, return_type=return_type)
    except OSError as error:
        raise _unreadable(path, error) from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: expected UTF-8, found another encoding: {error}. Save it as UTF-8.") from None
    except (arff.ArffException, ValueError) as error:  # the reader lets some ValueErrors through
        found = f"{line.strip()[:80]!r} ({type(error).__name__})"
        raise DataError(f"{path}, line {number}: expected ARFF, found {found}. Correct that line.") from None
    attributes = [(_plain(name), kind) for name, kind in content["attributes"]]
    texts = [name for name, kind in attributes if kind == "STRING"]
    if texts or not content["data"]:
        found = f"texts in the attributes {texts[:5]}" if texts else "no rows"
        raise DataError(f"{path}: expected rows of numbers and nominal values, found {found}. Correct the file.")
    values = np.zeros((len(content["data"]), len(attributes)), np.float32)
    for row, cells in zip(values, content["data"], strict=True):
        if return_type == arff.LOD:
            row[list(cells)] = list(cells.values())
        else:
            row[:] = cells
    return Table(attributes, values)


def _has_sparse_rows(path: pathlib.Path) -> bool:
    with path.open(encoding="utf-8-sig") as stream:
        lines = map(str.strip, stream)
        any(line.lower().startswith("@data") for line in lines)  # reads up to that line
        return next((line for line in lines if line and line[0] != "%"), "").startswith("{")


def _split(path: pathlib.Path, table: Table, label_names: tuple[str, ...]) -> Split:
    """Part the attributes into features and labels."""
    column_of = {name: column for column, (name, _) in enumerate(table.attributes)}
    unknown = [name for name in label_names if name not in column_of]
    if unknown:
        raise DataError(
            f"{path}: expected every label of the XML file to be an attribute; found no {', no '.join(unknown[:5])} "
            f"({len(unknown)} of {len(label_names)} missing). Use the three files of one data set."
        )
    y = np.empty((len(table.values), len(label_names)), np.float32)
    for label, name in enumerate(label_names):
        kind, column = table.attributes[column_of[name]][1], table.values[:, column_of[name]]
        missing = np.isnan(column).sum()
        if sorted(kind) != ["0", "1"] or missing:
            raise DataError(
                f"{path}: expected the label {name} to be an attribute {{0,1}} without missing values; "
                f"found the type {kind}, {missing} values missing. Correct it in both ARFF files."
            )
        y[:, label] = column == kind.index("1")

    labels = set(label_names)
    features = []
    for column, (name, kind) in enumerate(table.attributes):
        if name in labels:
            continue
        values = table.values[:, column : column + 1]  # (N, 1)
        not_finite = (~np.isfinite(values)).sum()
        if not_finite:
            raise DataError(
                f"{path}: expected a finite number or a value in every row of the attribute {name}; found "
                f"{not_finite} rows without. Fill it in, or remove the attribute from both ARFF files."
            )
        several = isinstance(kind, list) and len(kind) > 2
        features.append((values == np.arange(len(kind))).astype(np.float32) if several else values)
    if not features:
        raise DataError(f"{path}: expected features beside the labels, found none. Use another XML file.")
    return Split(np.concatenate(features, axis=1), y)


def _verify(dataset: Dataset, published: Published) -> None:
    y = np.concatenate([dataset.train.y, dataset.validation.y, dataset.test.y])
    found = Published(
        train=len(dataset.train) + len(dataset.validation),
        test=len(dataset.test),
        features=dataset.train.x.shape[1],
        labels=y.shape[1],
        cardinality=round(float(y.sum(axis=1).mean(dtype=np.float64)), 4),
    )
    # 0.001: the table does not always round to the nearest (emotions: 1,108 / 593 = 1.8685, given as 1.869).
    if found[:4] != published[:4] or abs(found.cardinality - published.cardinality) > 0.001:
        raise DataError(
            f"{dataset.name}: the files in {data_directory() / dataset.name} are not those of MULAN's table.\n"
            f"  expected: {published}\n"
            f"  found: {found}\n"
            f"  what to do: {_how_to_place(dataset.name)}"
        )


def _plain(name: str) -> str:
    r"""Undo backslashes; the ARFF and the XML file need not agree on them (`TAG_m\'usica`)."""
    return re.sub(r"\\(.)", r"\1", name)


def _unreadable(path: pathlib.Path, error: OSError) -> DataError:
    return DataError(f"{path}: expected a file that can be read, found: {error.strerror}. Correct the path.")


def _how_to_place(name: str) -> str:
    return (
        f"take {name} from the page of multi-label data sets of the MULAN project (mulan.sourceforge.net), "
        f"unpack it, and put {name}-train.arff, {name}-test.arff and {name}.xml into {data_directory() / name}; "
        "or set the environment variable MLC_TF_DATA to a directory that holds this folder. "
        f"{NO_DOWNLOAD_NEEDED}"
    )
