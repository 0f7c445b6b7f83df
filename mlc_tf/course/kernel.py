"""A live Jupyter kernel that runs notebook cells and says clearly what went wrong."""

import contextlib
import logging
import os
import pathlib
import tempfile
import threading
from collections.abc import Mapping

import click
import nbclient
import nbclient.exceptions
import nbformat
import psutil

DEFAULT_TIMEOUT = 600  # seconds a cell may take, unless its metadata names another `timeout`
# With these, figures would not appear, and tables would be as wide as the terminal.
NOT_INHERITED = ("MPLBACKEND", "COLUMNS", "LINES")


class CellFailed(Exception):
    """A cell that did not run to its end; the message has no colour codes and ends with the trace, if any."""


class Kernel:
    """A kernel of this very Python interpreter, alive inside a `with` block.

    `folder` is its working directory. It gets this process' environment without `NOT_INHERITED`, then
    `MLC_TF_HEADLESS=1` and what `environment` adds. `timeout` is for every cell, in seconds (0: no limit); when
    None, a cell's own metadata `timeout` counts, else `DEFAULT_TIMEOUT`.

    What it takes of the machine is looked at five times a second, and can still be asked for after the block.
    """

    def __init__(
        self, folder: pathlib.Path, environment: Mapping[str, str] | None = None, timeout: int | None = None
    ) -> None:
        """Nothing starts yet: `with` does that."""
        self._folder = folder
        self._environment = dict(environment or {})
        self._timeout = timeout
        self._watch: _Watch | None = None

    @property
    def peak_memory(self) -> int:
        """The largest resident memory seen, in bytes, of the kernel together with the processes it started."""
        return self._watch.peak_memory if self._watch else 0

    @property
    def processor_seconds(self) -> float:
        """How long the kernel has kept processors busy, all cores together."""
        return self._watch.processor_seconds if self._watch else 0.0

    def __enter__(self) -> "Kernel":
        """Start the kernel. Raises `CellFailed` when it does not come up."""
        # Cells are executed one by one; the client keeps them in a notebook of its own, because output that
        # is updated later (`display(...).update(...)`) is found there by the cell's index.
        self._client = nbclient.NotebookClient(
            nbformat.v4.new_notebook(),
            kernel_name="python3",
            timeout_func=self._cell_timeout,
            # Output that arrives late on a busy machine must be waited for, never dropped silently.
            iopub_timeout=60,
            raise_on_iopub_timeout=True,
            # Two runs give the same bytes: no times of day, no widget identifiers, and streams merged. Not by the
            # client: what it does takes hours for a line of some megabytes, and no time limit applies.
            coalesce_streams=False,
            record_timing=False,
            store_widget_state=False,
            log=_silent_logger(),
        )
        manager = self._client.create_kernel_manager()
        # Without registered kernels Jupyter falls back to the interpreter it runs in, which is the point: a
        # "python3" registered by another environment would run the lessons without TensorFlow.
        manager.kernel_spec_manager.kernel_dirs = []
        manager.transport_encryption = "auto"  # else ipykernel warns about unencrypted TCP
        inherited = {name: value for name, value in os.environ.items() if name not in NOT_INHERITED}
        # What the kernel writes before it serves, or as it crashes, is kept for the error message.
        self._crash_log = tempfile.TemporaryFile()
        self._alive = contextlib.ExitStack()
        try:
            self._client.start_new_kernel(
                cwd=str(self._folder),
                env=inherited | {"MLC_TF_HEADLESS": "1"} | self._environment,  # nobody moves a slider here
                stderr=self._crash_log,
            )
            self._watch = _Watch(manager.provisioner.process.pid)
            self._watch.start()
            self._alive.enter_context(self._client.setup_kernel())  # connects; shuts the kernel down at the end
        except BaseException as error:
            self._close()
            if isinstance(error, RuntimeError):  # what Jupyter raises for a kernel that does not answer
                raise CellFailed(f"the kernel did not start: {error}{self._last_words()}") from error
            raise
        return self

    def __exit__(self, exception_type, exception, trace) -> None:
        """End the kernel and every process it started."""
        # After a failure or Ctrl-C the kernel may be busy for ever: it is not asked, it is ended.
        self._client.shutdown_kernel = "graceful" if exception_type is None else "immediate"
        self._alive.close()
        self._close()

    def run(self, cell: nbformat.NotebookNode) -> None:
        """Execute a code cell and put its outputs into it.

        Raises `CellFailed` when the cell raises (unless tagged `raises-exception`), takes too long, or ends
        the kernel.
        """
        cells = self._client.nb.cells
        cells.append(cell)
        try:
            self._client.execute_cell(cell, len(cells) - 1)
        except nbclient.exceptions.CellExecutionError:
            trace = [line for output in cell.outputs for line in output.get("traceback", [])]
            raise CellFailed(click.unstyle("\n".join(trace))) from None
        except nbclient.exceptions.CellTimeoutError:
            limit = self._cell_timeout(cell)
            raise CellFailed(f"the cell took longer than the {limit} seconds it is given") from None
        except nbclient.exceptions.DeadKernelError:
            raise CellFailed(f"the kernel died ({self._cause_of_death()}){self._last_words()}") from None
        finally:
            _merge_streams(cell)

    def _cell_timeout(self, cell: nbformat.NotebookNode) -> int:
        if self._timeout is not None:
            return self._timeout
        return cell.metadata.get("timeout", DEFAULT_TIMEOUT)

    def _cause_of_death(self) -> str:
        status = self._client.km.provisioner.process.returncode
        if status is None or status >= 0:
            return f"exit status {status}"
        if status == -9:
            return "killed by signal 9: perhaps the machine ran out of memory"
        return f"killed by signal {-status}"

    def _last_words(self, lines: int = 20) -> str:
        self._crash_log.seek(0)
        text = self._crash_log.read().decode(errors="replace").strip()
        return "\n" + "\n".join(text.splitlines()[-lines:]) if text else ""

    def _close(self) -> None:
        if self._watch:
            self._watch.stop()
        self._crash_log.close()


def _merge_streams(cell: nbformat.NotebookNode) -> None:
    """Make one output of what a cell wrote in pieces, and of a line that it rewrote (`\\r`) its last state."""
    merged, streams = [], {}
    for output in cell.outputs:
        if output.output_type != "stream":
            merged.append(output)
            streams = {}
        elif output.name in streams:
            streams[output.name].text += output.text
        else:
            merged.append(output)
            streams[output.name] = output
    for output in merged:
        if output.output_type == "stream":
            lines = output.text.split("\n")
            output.text = "\n".join(line.rstrip("\r").rpartition("\r")[2] for line in lines)
    cell.outputs = merged


class _Watch(threading.Thread):
    """Looks at what a process and its descendants take of the machine; ends those that outlive it."""

    def __init__(self, pid: int):
        super().__init__(daemon=True)
        self.peak_memory, self.processor_seconds = 0, 0.0
        self._process = psutil.Process(pid)
        self._family = {self._process}
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(0.2):
            try:
                family = {self._process, *self._process.children(recursive=True)}
                memory = sum(process.memory_info().rss for process in family)
                self.peak_memory = max(self.peak_memory, memory)
                self.processor_seconds = sum(self._process.cpu_times()[:2])  # user, system
                self._family |= family
            except psutil.NoSuchProcess:
                continue  # one ended between the two calls; the next round sees the others

    def stop(self) -> None:
        self._stopped.set()
        self.join()
        for process in self._family:
            try:
                process.kill()  # psutil checks that the number still belongs to the same process
            except psutil.NoSuchProcess:
                continue


def _silent_logger() -> logging.Logger:
    """A logger that says nothing: what matters is raised, and reported once, by us."""
    logger = logging.getLogger("mlc_tf.course.kernel")
    logger.disabled = True
    return logger
