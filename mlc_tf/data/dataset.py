"""How every data set of the course is carried: three splits, a label matrix each, and the labels' names."""

import collections.abc
import contextlib
import dataclasses
import numbers

import numpy as np

from mlc_tf.data.conversion import as_array, as_matrix, as_pictures, check_examples, dense, read_labels
from mlc_tf.data.labels import check_label_matrix, stratified_split


class DataError(Exception):
    """Data that is missing, damaged or not what was asked for; the message says what to do about it."""


@dataclasses.dataclass(frozen=True)
class Split:
    """Examples and their label sets, checked; what is plain (lists, tables, other number types) becomes an array.

    Args:
        x: pictures `(N, height, width, channels)` uint8 in 0..255, texts `(N,)` str, none of them empty, or features
            `(N, F)`, finite, which become float32.
        y: the label matrix, `(N, K)` of 0 and 1, which becomes float32. (Float, because `y.T @ y` overflows in small
            integer types and `y_true - y_pred` in unsigned ones.) Soft targets are for batches, not for a split.

    Raises:
        ValueError: when `x` or `y` is something else, or they differ in length.
    """

    x: np.ndarray
    y: np.ndarray

    def __post_init__(self):
        x, y = check_examples(self.x), check_label_matrix(self.y).astype(np.float32)
        if len(x) != len(y):
            raise ValueError(
                "a split needs one row of labels for each example: expected y of shape (N, K) and x of length N, "
                f"found x of shape {x.shape} and y of shape {y.shape}"
            )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y)

    def __len__(self) -> int:
        """Number of examples, N."""
        return len(self.y)

    def hold_out(self, size: int | float, seed: int) -> tuple["Split", "Split"]:
        """What is kept, and `size` examples (a number or a fraction) held out by `labels.stratified_split`."""
        kept, held_out = stratified_split(self.y, size, seed)
        return Split(self.x[kept], self.y[kept]), Split(self.x[held_out], self.y[held_out])


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A multi-label data set. The validation split is always separate from the test split.

    Raises:
        ValueError: when the label names are not K different names, or the splits hold examples of different shapes.
    """

    name: str
    train: Split
    validation: Split
    test: Split
    label_names: tuple[str, ...]

    def __post_init__(self):
        names = self.label_names
        if isinstance(names, str) or not all(isinstance(name, str) and name.strip() for name in names):
            raise ValueError(
                f"{self.name}, label_names: expected a str, not empty, for each label; found {names!r:.200}"
            )
        object.__setattr__(self, "label_names", tuple(names))
        repeated = sorted({name for name in names if self.label_names.count(name) > 1})
        if repeated:
            raise ValueError(f"{self.name}, label_names: expected another name for each label, found twice: {repeated}")
        for split in (self.train, self.validation, self.test):
            if split.y.shape[1] != len(names):
                raise ValueError(
                    f"{self.name}: expected a column of y for each of the {len(names)} label names, "
                    f"found y of shape {split.y.shape}"
                )
            if split.x.shape[1:] != self.train.x.shape[1:]:
                raise ValueError(
                    f"{self.name}: expected examples of one shape in all splits, found x of the shapes "
                    f"{self.train.x.shape} and {split.x.shape}"
                )

    @classmethod
    def from_arrays(
        cls,
        name: str,
        x: collections.abc.Sequence | np.ndarray,
        y: collections.abc.Sequence | np.ndarray,
        label_names: collections.abc.Sequence[str] | None = None,
        *,
        validation: int | float | tuple = 0.15,
        test: int | float | tuple = 0.15,
        seed: int = 0,
    ) -> "Dataset":
        """Make a data set of one's own, from arrays, lists, or columns of a table.

        >>> texts = ["red bag", "blue bag", "red cup", "blue cup", "red hat", "green hat"]
        >>> tags = [["red", "bag"], ["bag"], ["red"], [], ["red"], []]
        >>> mine = Dataset.from_arrays("mine", texts, tags, validation=1, test=1)
        >>> mine.label_names
        ('bag', 'red')
        >>> len(mine.train), mine.train.y.shape
        (4, (4, 2))

        Args:
            name: what tables and figures call it.
            x: texts `(N,)`; features `(N, F)`, also sparse; or pictures `(N, height, width, channels)`, where grey ones
                may lack the channel. Pictures are numbers in 0..255, or in 0..1, which are multiplied by 255.
            y: the label matrix `(N, K)` of 0 and 1, also sparse or a table with named columns; or N lists of tags.
            label_names: K names, in the order of the columns. Without: a table's column names, the tags in
                alphabetical order, or "0" to "K-1".
            validation, test: the split as a pair `(x, y)`; or how many rows to draw from `x` and `y` for it by
                iterative stratification, a number or a fraction (of which at least one row comes).
            seed: draws them.

        Raises:
            ValueError: when something is none of these; the message says which split, which row, and what to do.
        """
        given = {"train": (x, y)}
        asked = {"test": test, "validation": validation}
        for part, pair in asked.items():
            if isinstance(pair, tuple) and len(pair) == 2:
                given[part] = pair
            elif not isinstance(pair, numbers.Real):
                raise ValueError(f"{part}: expected a number, a fraction, or a pair (x, y); found {pair!r:.80}")
        labels, splits = {}, {}
        for part, (_, y) in given.items():
            with _told_of(f"{name}, {part} split"):
                labels[part] = read_labels(y)
        if label_names is None and isinstance(labels["train"][0], list):
            label_names = sorted(set().union(*(names for _, names in labels.values())))
        elif label_names is None:
            label_names = labels["train"][1] or [str(column) for column in range(labels["train"][0].shape[1])]
        for part, (x, _) in given.items():
            with _told_of(f"{name}, {part} split"):
                splits[part] = Split(as_pictures(as_array(dense(x))), as_matrix(*labels[part], label_names))
        examples = len(splits["train"])
        sizes = {
            part: size if isinstance(size, numbers.Integral) else round(size * examples) or int(size > 0)
            for part, size in asked.items()
            if part not in given
        }
        if min(sizes.values(), default=1) < 1 or sum(sizes.values()) >= examples:
            raise ValueError(
                f"{name}: expected at least one example in each split; found {examples} examples, of which these are "
                f"to be drawn: {sizes}. Ask for fewer, or give these splits as pairs (x, y)."
            )
        for part, size in sizes.items():
            splits["train"], splits[part] = splits["train"].hold_out(size, seed)
        return cls(name, **splits, label_names=label_names)


@contextlib.contextmanager
def _told_of(where: str) -> collections.abc.Iterator[None]:
    """Begin what a ValueError says with `where`."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
