"""Fetch an official archive once: verified by its hash, unpacked, checked, and only then put in its place.

A data set's folder in the data directory is either absent or complete. Everything unfinished lives in a
hidden folder beside it, which the next attempt deletes; the finished folder appears by one rename.
"""

import collections.abc
import contextlib
import dataclasses
import hashlib
import os
import pathlib
import posixpath
import shutil
import socket
import tarfile
import urllib.parse

import filelock

from mlc_tf import PROJECT
from mlc_tf.data.dataset import DataError

# A server that sends nothing for so long is given up; without a limit a stalled download waits for ever.
STALL_SECONDS = 60.0
NO_DOWNLOAD_NEEDED = "The data sets digit-scenes and product-listings need no download."


@dataclasses.dataclass(frozen=True)
class Archive:
    """An official release: where it is, and how to know that it is the right one.

    Args:
        name: of the data set.
        url: of the archive.
        sha256: of the archive file.
        folder: the data set's folder in the data directory.
        files: what must be in it.
        inside: the folder within the archive that becomes it; empty when the archive has its files at the top.
    """

    name: str
    url: str
    sha256: str
    folder: str
    files: tuple[str, ...]
    inside: str = ""

    @property
    def file_name(self) -> str:
        """The archive's own file name, the last part of its address."""
        return posixpath.basename(urllib.parse.urlsplit(self.url).path)


def data_directory() -> pathlib.Path:
    """The folder that holds the data sets: `$MLC_TF_DATA` when that is set, else `data/downloads`.

    A relative path is one from the course's folder: a terminal and a notebook work in different folders.
    """
    return PROJECT / pathlib.Path(os.environ.get("MLC_TF_DATA") or "data/downloads").expanduser()


def fetch(archive: Archive, check: collections.abc.Callable[[pathlib.Path], object]) -> pathlib.Path:
    """Download and unpack an archive, unless its folder is there; nothing unfinished is left, whatever happens.

    A folder that is already there is returned as it is: whoever reads it checks what it reads. An archive that a
    person has put in the data directory is used instead of the network. While another process is fetching the same
    archive, this one waits, and then uses its result.

    Args:
        archive: what to fetch.
        check: gets the unpacked folder before it is put in place, and raises `DataError` when its content is not what
            it should be.

    Returns:
        The data set's folder.

    Raises:
        DataError: for every failure; it says what to do.
    """
    folder = data_directory() / archive.folder
    partial = folder.with_name(f".{archive.folder}.partial")
    try:
        if folder.exists():
            return folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _only_one(folder.with_name(f".{archive.folder}.lock"), archive.name):
            if not folder.exists():
                _remove(partial)  # left by a process that was killed
                try:
                    _build(archive, check, partial, folder)
                finally:
                    _remove(partial)
        return folder
    except DataError as error:
        found = str(error)
    except OSError as error:
        found = f"cannot write in {folder.parent}: {error}"
    # Raised here, outside of the except clauses: a person sees this message and no chain of inner errors.
    raise DataError(
        f"{archive.name}: could not get the data.\n"
        f"  expected: {archive.url} (sha256 {archive.sha256}), or a folder {folder}\n"
        f"  found: {found}\n"
        "  what to do: run it again when the cause is gone; or fetch the address above by hand, put "
        f"{archive.file_name} into {folder.parent} and run it again; or set the environment variable MLC_TF_DATA "
        f"to another directory, one that has room or already holds the folder {archive.folder}. "
        f"{NO_DOWNLOAD_NEEDED}"
    )


def read_file(archive: Archive, path: pathlib.Path) -> bytes:
    """The content of a file of the data set.

    Raises:
        DataError: when it cannot be read.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise wrong_content(archive, path, "a file that can be read", str(error.strerror)) from None


def wrong_content(archive: Archive, path: pathlib.Path, expected: str, found: str) -> DataError:
    """The error for a file or folder in the data directory that is not as in the official release."""
    return DataError(
        f"{archive.name}: {path} is not as in the official release.\n"
        f"  expected: {expected}\n"
        f"  found: {found}\n"
        f"  what to do: delete or move the folder {archive.folder} and run `python -m mlc_tf data fetch "
        f"{archive.name}`; or put these files of {archive.url} there by hand: {', '.join(archive.files)}. "
        f"{NO_DOWNLOAD_NEEDED}"
    )


def _build(
    archive: Archive,
    check: collections.abc.Callable[[pathlib.Path], object],
    partial: pathlib.Path,
    folder: pathlib.Path,
) -> None:
    """Download, verify, unpack and check within `partial`; the last step makes the result `folder`."""
    partial.mkdir()
    by_hand = folder.with_name(archive.file_name)
    packed = by_hand if by_hand.exists() else _download(archive, partial)
    with packed.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    if sha256 != archive.sha256:
        what = f"{by_hand}, placed by hand," if packed == by_hand else "what the server sent"
        size = f"{packed.stat().st_size:,} bytes"
        raise DataError(f"{what} is not the official archive, or not all of it: {size}, sha256 {sha256}")
    unpacked = partial / "unpacked"
    unpacked.mkdir()
    try:
        _unpack(archive, packed, unpacked)
    except tarfile.TarError as error:
        raise DataError(f"{archive.file_name} cannot be unpacked: {error}") from None
    check(unpacked)
    os.replace(unpacked, folder)


def _unpack(archive: Archive, packed: pathlib.Path, target: pathlib.Path) -> None:
    """Write the data set's files, and nothing else that may be in the archive, into `target`.

    File by file: `extractall` is safe only with a filter, which Python before 3.11.4 does not have.
    """
    with tarfile.open(packed) as tar:
        members = {posixpath.normpath(member.name): member for member in tar if member.isfile()}
        for name in archive.files:
            inside = posixpath.join(archive.inside, name)
            if inside not in members:
                raise DataError(f"{archive.file_name} has no file {inside}")
            with tar.extractfile(members[inside]) as source, (target / name).open("wb") as file:
                shutil.copyfileobj(source, file)


def _download(archive: Archive, partial: pathlib.Path) -> pathlib.Path:
    """Download with progress into `partial`; DataError when the network, the server or the disk fails."""
    import keras  # here, because it takes seconds to import and only a download needs it

    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(STALL_SECONDS)
    try:
        # The caller verifies the hash, as that of an archive placed by hand, and can say what it found.
        path = keras.utils.get_file(
            archive.file_name, origin=archive.url, cache_dir=str(partial), cache_subdir=str(partial)
        )
    except Exception as error:  # get_file raises a bare Exception for a refused address or an HTTP error
        raise DataError(f"the download failed: {error or type(error).__name__}") from None
    finally:
        socket.setdefaulttimeout(before)
    return pathlib.Path(path)


@contextlib.contextmanager
def _only_one(lock_file: pathlib.Path, name: str) -> collections.abc.Iterator[None]:
    """Hold the lock of a data set; the operating system frees it when the process that holds it dies."""
    lock = filelock.FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"{name}: another process is fetching it; waiting until that is done.", flush=True)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _remove(folder: pathlib.Path) -> None:
    """Delete a folder; a failure matters only if something is still there when the place is needed."""
    shutil.rmtree(folder, ignore_errors=True)
