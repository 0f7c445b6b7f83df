"""Fetching an archive, against a server on this machine that misbehaves as servers, networks and disks do.

A read-only directory is stood in for by one that lies below a regular file, and a full disk by a limit on the size
of files: both make the operating system itself refuse to write, for the root user too.
"""

import dataclasses
import hashlib
import http.server
import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import traceback

import numpy as np
import pytest

from mlc_tf.data import DataError, downloads

CONTENT = np.random.default_rng(0).bytes(300_000)  # does not compress: the archive is as large


def pack(*members: tuple[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the archive in the manner that the first part of the path names."""

    def do_GET(self):
        manner, content = self.path.split("/")[1], self.server.content
        self.server.requests.append(manner)
        half = len(content) // 2
        if manner == "missing":
            return self.send_error(404)
        if manner == "closed":
            return self.connection.shutdown(socket.SHUT_RDWR)
        self.send_response(200)
        if manner != "lengthless":
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if manner in {"truncated", "lengthless"}:
            self.wfile.write(content[:half])
        elif manner == "tampered":
            self.wfile.write(content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :])
        elif manner in {"stalled", "interrupted", "held"}:
            self.wfile.write(content[:half])
            self.wfile.flush()
            self.server.halfway.set()
            if manner == "interrupted":
                os.kill(os.getpid(), signal.SIGINT)
            self.server.go_on.wait(30)
            self.wfile.write(content[half:])
        else:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = pack(("tiny/data.bin", CONTENT))
        self.requests = []
        self.halfway, self.go_on = threading.Event(), threading.Event()

    def archive(self, manner: str) -> downloads.Archive:
        return downloads.Archive(
            name="tiny",
            url=f"http://127.0.0.1:{self.server_port}/{manner}/tiny.tar.gz",
            sha256=hashlib.sha256(self.content).hexdigest(),
            folder="tiny",
            files=("data.bin",),
            inside="tiny",
        )

    def handle_error(self, *_):
        pass  # a client that hangs up is part of the tests


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def directory(tmp_path, monkeypatch):
    directory = tmp_path / "data"
    monkeypatch.setenv("MLC_TF_DATA", str(directory))
    return directory


def check(folder):
    if (folder / "data.bin").read_bytes() != CONTENT:
        raise DataError("data.bin has another content")


def failed_fetch(archive: downloads.Archive) -> str:
    """Fetch in vain; the message must say all that a person needs, without a chain of inner errors."""
    with pytest.raises(DataError) as caught:
        downloads.fetch(archive, check)
    message = str(caught.value)
    place = os.environ["MLC_TF_DATA"]
    for part in ("expected:", archive.url, "found:", "what to do:", place, "MLC_TF_DATA", "digit-scenes"):
        assert part in message
    assert len(traceback.format_exception(caught.value)) < 12, "one short trace"
    assert "During handling" not in "".join(traceback.format_exception(caught.value))
    return message


def assert_nothing_left(directory):
    assert {path.name for path in directory.iterdir()} <= {".tiny.lock"}


def test_a_good_archive_is_fetched_once_and_leaves_only_its_folder(server, directory, capsys):
    checked = []

    def note(folder):
        checked.append((folder, (folder / "data.bin").stat().st_ino))

    for _ in range(2):
        assert downloads.fetch(server.archive("good"), note) == directory / "tiny"
    assert server.requests == ["good"]
    assert "Downloading data from" in capsys.readouterr().out
    assert {path.name for path in directory.iterdir()} == {"tiny", ".tiny.lock"}
    assert [path.name for path in (directory / "tiny").iterdir()] == ["data.bin"]
    assert (directory / "tiny" / "data.bin").read_bytes() == CONTENT
    [(folder, number)] = checked
    assert folder != directory / "tiny"
    assert number == (directory / "tiny" / "data.bin").stat().st_ino, "renamed, which cannot be half done, not copied"


@pytest.mark.parametrize(
    ("manner", "found"),
    [
        ("missing", "404"),
        ("closed", "closed connection without response"),
        ("truncated", "got only"),
        ("lengthless", "not all of it: "),
        ("tampered", "not the official archive"),
        ("stalled", "timed out"),
    ],
)
def test_a_failed_download_says_what_to_do_and_leaves_nothing(server, directory, monkeypatch, manner, found):
    if manner == "stalled":
        monkeypatch.setattr(downloads, "STALL_SECONDS", 0.3)
    archive = server.archive(manner)
    assert found in failed_fetch(archive)
    assert_nothing_left(directory)
    assert socket.getdefaulttimeout() is None
    monkeypatch.setattr(downloads, "STALL_SECONDS", 60)
    downloads.fetch(dataclasses.replace(archive, url=server.archive("good").url), check)  # the later run


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one's own process")
def test_an_interrupt_stays_one_and_leaves_nothing(server, directory):
    """`except DataError: continue`, in a loop over data sets, must not swallow it."""
    with pytest.raises(KeyboardInterrupt):
        downloads.fetch(server.archive("interrupted"), check)
    assert_nothing_left(directory)
    assert socket.getdefaulttimeout() is None
    downloads.fetch(server.archive("good"), check)


def test_no_network(directory, server):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/tiny.tar.gz"
        assert "refused" in failed_fetch(dataclasses.replace(server.archive("good"), url=url))
    assert_nothing_left(directory)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ((("other/data.bin", CONTENT),), "tiny.tar.gz has no file tiny/data.bin"),
        ((("tiny/data.bin", b"other"),), "another content"),
    ],
)
def test_an_archive_with_another_content_is_not_put_in_place(server, directory, members, found):
    server.content = pack(*members)
    assert found in failed_fetch(server.archive("good"))
    assert_nothing_left(directory)


def test_only_the_data_sets_own_files_are_unpacked(server, directory):
    server.content = pack(("../outside", b""), ("./tiny/data.bin", CONTENT), ("tiny/more", b""), ("tiny/../up", b""))
    assert downloads.fetch(server.archive("good"), check) == directory / "tiny"
    assert {path.relative_to(directory.parent).as_posix() for path in directory.parent.rglob("*")} == {
        directory.name,
        *(f"{directory.name}/{name}" for name in (".tiny.lock", "tiny", "tiny/data.bin")),
    }


def test_an_archive_placed_by_hand_is_used_or_refused_but_never_replaced(server, directory):
    directory.mkdir()
    placed = directory / "tiny.tar.gz"
    placed.write_bytes(server.content[:1000])
    message = failed_fetch(server.archive("good"))
    assert f"{placed}, placed by hand, is not the official archive" in message
    assert "1,000 bytes" in message
    placed.write_bytes(server.content)
    assert downloads.fetch(server.archive("good"), check) == directory / "tiny"
    assert server.requests == []
    assert placed.read_bytes() == server.content


@pytest.mark.parametrize("below", ["file", "file/deeper"])
def test_a_directory_that_cannot_be_written(server, tmp_path, monkeypatch, below):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLC_TF_DATA", str(tmp_path / below))
    assert "cannot write in" in failed_fetch(server.archive("good"))
    assert server.requests == []
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize(("step", "room"), [("download", 100_000), ("unpacking", 400_000)])
def test_a_disk_that_fills_up(server, directory, step, room):
    resource = pytest.importorskip(
        "resource", reason="this system has no limit on file sizes to stand in for a full disk"
    )
    if step == "unpacking":
        server.content = pack(("tiny/data.bin", bytes(1_000_000)))  # compresses well: only the unpacked file is large
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, before[1]))
    try:
        assert "File too large" in failed_fetch(server.archive("good"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert_nothing_left(directory)


def start_another_process(archive: downloads.Archive) -> subprocess.Popen:
    code = f"from mlc_tf.data.downloads import *; print(fetch({archive!r}, check=lambda folder: None))"
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)


def test_a_killed_download_is_not_trusted(server, directory):
    with start_another_process(server.archive("held")) as process:
        assert server.halfway.wait(60)
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size for path in directory.rglob("*.tar.gz")) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.kill()
    assert any(directory.rglob("*.tar.gz")), "it died with a part of the archive on the disk"
    assert not (directory / "tiny").exists()
    assert downloads.fetch(server.archive("good"), check) == directory / "tiny"
    assert {path.name for path in directory.iterdir()} == {"tiny", ".tiny.lock"}


def test_of_two_processes_one_downloads_and_the_other_waits_for_it(server, directory, capsys):
    with start_another_process(server.archive("held")) as process:
        assert server.halfway.wait(60)
        threading.Timer(0.3, server.go_on.set).start()
        assert downloads.fetch(server.archive("held"), check) == directory / "tiny"
        assert str(directory / "tiny") in process.communicate()[0]
    assert process.returncode == 0
    assert server.requests == ["held"]
    assert "another process is fetching it; waiting" in capsys.readouterr().out
