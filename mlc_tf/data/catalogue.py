"""The data sets of the course by name: what each is, whether it is here, how to get it and verify it."""

import collections.abc
import dataclasses
import functools
import pathlib
import types

from mlc_tf.data import cifar100, digit_scenes, mulan, product_listings, reuters
from mlc_tf.data.dataset import DataError, Dataset
from mlc_tf.data.downloads import data_directory


@dataclasses.dataclass(frozen=True)
class Entry:
    """A data set of the catalogue.

    Args:
        name, summary: as the command line shows them.
        kind: "images", "text" or "features".
        source: "embedded" (comes with the course), "download", or "by hand" (a person places the files).
        load: returns it; takes a `seed`.
        folder, files: where it is in the data directory.
    """

    name: str
    summary: str
    kind: str
    source: str
    load: collections.abc.Callable[..., Dataset]
    folder: str = ""
    files: tuple[str, ...] = ()

    def state(self) -> str:
        """Say in a word or two whether the data set is here; looks for the files, does not read them."""
        if self.source == "embedded":
            return "ready"
        folder = data_directory() / self.folder
        missing = [name for name in self.files if not (folder / name).is_file()]
        if not missing:
            return "ready"
        if folder.exists():
            return f"incomplete: no {missing[0]}"
        return "not fetched" if self.source == "download" else "not placed"

    def fetch(self) -> pathlib.Path | None:
        """Download the data set when it is not there, and verify it in any case.

        Returns:
            Its folder; None if it is embedded.

        Raises:
            DataError: when it is damaged, cannot be downloaded, or must be placed by hand.
        """
        if self.source == "embedded":
            return None
        self.load()
        return data_directory() / self.folder

    def verify(self) -> str:
        """Load the data set and return its counts in a line.

        Raises:
            DataError: when it is not here or damaged.
        """
        if self.source == "download" and not (data_directory() / self.folder).exists():
            raise DataError(
                f"{self.name}: expected the folder {data_directory() / self.folder}, found none. "
                f"Run `python -m mlc_tf data fetch {self.name}`."
            )
        dataset = self.load()
        splits = dataset.train, dataset.validation, dataset.test
        sizes = " + ".join(f"{len(split):,}" for split in splits)
        cardinality = sum(float(split.y.sum()) for split in splits) / sum(len(split) for split in splits)
        return (
            f"{sizes} examples (train + validation + test), {len(dataset.label_names)} labels, "
            f"{cardinality:.3f} of them an example"
        )


def _embedded(name: str, module: types.ModuleType, kind: str, summary: str) -> Entry:
    return Entry(name, summary, kind, "embedded", module.load_data)


def _download(module: types.ModuleType, kind: str, summary: str) -> Entry:
    archive = module.ARCHIVE
    return Entry(archive.name, summary, kind, "download", module.load_data, archive.folder, archive.files)


def _by_hand(name: str, summary: str) -> Entry:
    files = (f"{name}-train.arff", f"{name}-test.arff", f"{name}.xml")
    return Entry(name, summary, "features", "by hand", functools.partial(mulan.load_data, name), name, files)


_ENTRIES = (
    _embedded("digit-scenes", digit_scenes, "images", "handwritten digits, zero to three in a picture; 10 labels"),
    _embedded("product-listings", product_listings, "text", "short shop listings written by a grammar; 25 tags"),
    _download(cifar100, "images", "60,000 photographs of 32x32 pixels; 100 fine and 20 coarse labels; 169 MB"),
    _download(reuters, "text", "10,789 news stories, ModApte split; 90 topics; 8 MB"),
    _by_hand("emotions", "593 pieces of music, 72 features of their sound; 6 emotions"),
    _by_hand("medical", "978 radiology reports, 1,449 words; 45 diagnosis codes"),
    _by_hand("delicious", "16,105 bookmarked pages, 500 words; 983 tags"),
)
CATALOGUE: dict[str, Entry] = {entry.name: entry for entry in _ENTRIES}


def find(name: str) -> Entry:
    """The data set of that name.

    Raises:
        DataError: when there is none; it says which there are.
    """
    if name not in CATALOGUE:
        raise DataError(f"no data set is called {name!r}; there are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def load(name: str, seed: int = 0) -> Dataset:
    """Load the data set of that name.

    Args:
        name: one of `CATALOGUE`.
        seed: draws its validation split, or all of it when it is embedded.

    Raises:
        DataError: when there is none of that name, or it cannot be had.
    """
    return find(name).load(seed=seed)
