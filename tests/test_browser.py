"""Lessons in real JupyterLab, in a headless Chromium: what a learner sees, clicks and moves."""

import collections
import contextlib
import dataclasses
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time
import urllib.parse

import nbconvert.filters
import nbformat
import playwright.sync_api
import psutil
import pytest

from mlc_tf import PROJECT
from mlc_tf.course import kernel, run, settings

pytestmark = pytest.mark.browser

START = 60  # seconds JupyterLab, a page of it or a kernel may take to come up on a busy machine
# How the page marks errors and warnings, and questions and messages that wait for an answer.
TROUBLE = '[data-mime-type="application/vnd.jupyter.stderr"], .jp-Dialog'
FIGURE = "document.querySelector('.widget-interact img')?.getAttribute('src')"
KERNEL = "jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status"


class Lab:
    """A JupyterLab page in the browser, and the notebook that is open in it."""

    def __init__(self, page: playwright.sync_api.Page, server: psutil.Process) -> None:
        self.page = page
        self._server = server

    def open(self, name: str) -> None:
        """Open a notebook of the folder and wait for its kernel."""
        self.page.evaluate("name => void jupyterapp.commands.execute('docmanager:open', {path: name})", name)
        self.wait(
            f"name => jupyterapp.shell.currentWidget?.context?.path === name && {KERNEL} === 'idle'",
            START,
            f"{name} is open and its kernel is idle",
            name,
        )

    def kernel_interpreters(self) -> set[str]:
        """The Python interpreters that run the kernels."""
        commands = [process.cmdline() for process in self._server.children(recursive=True)]
        return {command[0] for command in commands if any("ipykernel" in argument for argument in command)}

    def run_all_cells(self, seconds: int) -> nbformat.NotebookNode:
        """Clear the outputs, run all cells, check that none shows an error; returns the notebook."""
        self.page.evaluate(
            """() => {
                window.ended = false;
                jupyterapp.commands.execute('notebook:clear-all-cell-outputs')
                    .then(() => jupyterapp.commands.execute('notebook:run-all-cells'))
                    .finally(() => { window.ended = true; });
            }"""
        )
        self.wait(f"() => window.ended && {KERNEL} === 'idle'", seconds, "all cells have run")
        self.assert_no_error_is_shown()
        notebook = self.notebook()
        not_run = not_numbered(notebook)
        assert not not_run, "not every cell was run; the first that was not:\n" + not_run[0]
        return notebook

    def notebook(self) -> nbformat.NotebookNode:
        """The notebook as JupyterLab has it now, saved or not."""
        return nbformat.from_dict(self.page.evaluate("jupyterapp.shell.currentWidget.context.model.toJSON()"))

    def assert_no_error_is_shown(self) -> None:
        """Neither in the notebook, nor below a widget, whose figures and errors are only on the page."""
        for cell in self.notebook().cells:
            for output in cell.get("outputs", []):
                if output.output_type == "error" or output.get("name") == "stderr":
                    message = output.get("text") or "\n".join(output.traceback)
                    pytest.fail(f"{cell.source}\n\nshows\n\n{nbconvert.filters.strip_ansi(message)}")
        assert self.page.locator(TROUBLE).all_inner_texts() == []

    def wait(self, condition: str, seconds: int, expected: str, argument: str | None = None) -> None:
        """Wait until a JavaScript function of `argument` is true; fails saying what was `expected`."""
        try:
            self.page.wait_for_function(condition, arg=argument, timeout=seconds * 1000, polling=200)
        except playwright.sync_api.TimeoutError:
            pytest.fail(f"waited {seconds} seconds until {expected}. {self._state()}")

    def save(self) -> None:
        """Save the notebook, as Ctrl+S does."""
        self.page.evaluate("void jupyterapp.commands.execute('docmanager:save')")
        self.wait("() => !jupyterapp.shell.currentWidget.context.model.dirty", START, "the notebook is saved")

    def reload(self) -> None:
        """Take what is on the disk, as File > Reload Notebook from Disk does."""
        self.page.evaluate("jupyterapp.shell.currentWidget.context.revert()")

    def answer(self, check: str, answer: str) -> str:
        """Type an answer over the cell above a check, and run both; returns what the check prints."""
        index = next(i for i, cell in enumerate(self.notebook().cells) if check in cell.source)
        self.page.evaluate("i => { jupyterapp.shell.currentWidget.content.activeCellIndex = i }", index - 1)
        self.page.locator(".jp-Notebook-cell.jp-mod-active .cm-content").click()
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(answer)
        ran = self.notebook().cells[index].execution_count
        self.page.keyboard.press("Shift+Enter")
        self.page.keyboard.press("Shift+Enter")
        self.wait(
            f"ran => {KERNEL} === 'idle' && "
            f"jupyterapp.shell.currentWidget.context.model.cells.get({index}).executionCount > ran",
            START,
            "the check has run",
            ran,
        )
        assert self.notebook().cells[index - 1].source == answer
        return text_below(self.notebook(), check)

    def _state(self) -> str:
        """What keeps JupyterLab from going on, as far as it can be seen."""
        trouble = self.page.locator(TROUBLE).all_inner_texts()
        try:
            waiting = not_numbered(self.notebook())
            status = self.page.evaluate(KERNEL)
        except playwright.sync_api.Error as error:
            return f"No notebook is open ({error}). Errors and dialogs: {trouble}"
        first = waiting[0] if waiting else "none"
        return f"The kernel is {status}. Errors and dialogs: {trouble}. First cell without a number:\n{first}"


def not_numbered(notebook: nbformat.NotebookNode) -> list[str]:
    """The code cells that have not been run to their end."""
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and not cell.execution_count]


@pytest.fixture
def course(tmp_path):
    """The course as a person has it: a clone in a folder with a blank in its name, where nothing was run yet."""
    copy = tmp_path / "Jane's course"
    for folder in ("mlc_tf", "notebooks", "data", "benchmarks/results"):
        unwanted = shutil.ignore_patterns(".*", "__pycache__", "downloads")
        shutil.copytree(PROJECT / folder, copy / folder, ignore=unwanted)
    for file in (".gitignore", "requirements.txt"):
        shutil.copy(PROJECT / file, copy)
    if shutil.which("git"):
        git(copy, "init", "--quiet")
        git(copy, "add", "--all")
        git(copy, "-c", "user.name=Jane", "-c", "user.email=jane@example.org", "commit", "--quiet", "--message=course")
    return copy


def git(course: pathlib.Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=course, check=True, capture_output=True, text=True).stdout


def command(course: pathlib.Path, *arguments: str) -> str:
    """What a command of the course prints, given in its folder."""
    environment = os.environ | {"PYTHONPATH": str(course), "COLUMNS": "120"}
    return subprocess.run(
        [sys.executable, "-m", "mlc_tf", *arguments],
        cwd=course, env=environment, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip


@pytest.fixture
def lab(browser, course, tmp_path):
    """JupyterLab on a person's copies, in the browser. When the test fails, its log and the page's are shown."""
    messages = collections.deque(maxlen=30)
    outside = []

    def answer(route):
        host = urllib.parse.urlsplit(route.request.url).hostname
        if host == "127.0.0.1":
            route.continue_()
        else:
            outside.append(route.request.url)
            route.abort()

    with contextlib.ExitStack() as stack:
        server = stack.enter_context(jupyter_server(course, tmp_path))
        page = stack.enter_context(browser.new_page(viewport={"width": 1280, "height": 900}))
        stack.callback(lambda: page.screenshot(path=tmp_path / "page.png"))
        stack.callback(lambda: print("The page's last messages:", *messages, sep="\n"))
        page.on("console", lambda message: messages.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: messages.append(f"error: {error}"))
        page.route("**", answer)
        page.goto(f"{server.url}lab?token={server.token}", timeout=START * 1000)
        page.wait_for_function("() => window.jupyterapp?.restored.then(() => true)", timeout=START * 1000)
        yield Lab(page, server.process)
    assert not outside, "a course that works offline must not ask the network for anything"


@dataclasses.dataclass(frozen=True)
class Server:
    process: psutil.Process
    url: str
    token: str


@contextlib.contextmanager
def jupyter_server(course: pathlib.Path, private: pathlib.Path):
    """JupyterLab as the course starts it, but with nobody's settings: they are in `private`."""
    unwanted = {*kernel.NOT_INHERITED, "MLC_TF_HEADLESS"}  # with the latter there would be no slider
    environment = {
        name: value for name, value in os.environ.items() if name not in unwanted and not name.startswith("JUPYTER")
    }
    environment["PYTHONPATH"] = str(course)
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        environment[name] = str(private / name.lower())
    command = [sys.executable, "-m", "mlc_tf", "lab", "--no-browser", "--port=0"]
    command += ["--LabApp.expose_app_in_browser=True"]
    log = private / "jupyter.log"
    with log.open("wb") as stream:
        process = psutil.Popen(
            command, cwd=course, env=environment, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL
        )
    try:
        yield _wait_for_server(process, private / "jupyter_runtime_dir")
    finally:
        _end(process)
        print("JupyterLab's log:", *log.read_text(errors="replace").splitlines()[-60:], sep="\n")


def _wait_for_server(process: psutil.Popen, runtime: pathlib.Path) -> Server:
    """Address and token, which a server that is ready writes into its runtime folder."""
    until = time.monotonic() + START
    while time.monotonic() < until and process.poll() is None:
        for path in runtime.glob("jpserver-*.json"):
            with contextlib.suppress(json.JSONDecodeError):  # half written
                server = json.loads(path.read_text())
                return Server(process, server["url"], server["token"])
        time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start within {START} seconds; its exit status: {process.poll()}")


def _end(process: psutil.Popen) -> None:
    """End the server and its kernels: gently, then not."""
    if process.poll() is None:
        family = [process, *process.children(recursive=True)]
        process.terminate()
        _, remaining = psutil.wait_procs(family, timeout=10)
        for member in remaining:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(remaining, timeout=10)


def text_below(notebook: nbformat.NotebookNode, source: str) -> str:
    """What the one cell with `source` in it has printed."""
    (cell,) = (cell for cell in notebook.cells if cell.cell_type == "code" and source in cell.source)
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def test_a_person_works_in_a_copy_of_lesson_00(lab, course):
    names = lab.page.locator(".jp-DirListing-itemText").all_inner_texts()
    assert sorted(names) == sorted(path.name for path in (course / "notebooks").glob("*.ipynb"))
    lab.open("00_start_here.ipynb")
    assert lab.kernel_interpreters() == {sys.executable}
    figure = lab.page.locator(".jp-OutputArea-output img").first
    playwright.sync_api.expect(figure).to_be_attached()  # the committed one
    assert not lab.page.evaluate("jupyterapp.shell.currentWidget.context.model.dirty"), "it was only opened"

    notebook = lab.run_all_cells(seconds=150)

    machine = text_below(notebook, "print_check()").splitlines()
    rows = {line.split()[0]: line.split()[1:] for line in machine}
    assert rows["Python"] == [platform.python_version(), "OK"]
    assert {"tensorflow", "keras", "processors", "memory"} <= rows.keys()
    figure.scroll_into_view_if_needed()
    playwright.sync_api.expect(figure).to_be_visible()
    assert figure.evaluate("image => image.naturalWidth") > 300
    assert "Eight scenes" in figure.get_attribute("alt")  # for a screen reader
    playwright.sync_api.expect(lab.page.locator(".execute-time").first).to_be_attached()

    answer = "def label_set(row, label_names):\n    return {name for name, present in zip(label_names, row) if present}"
    check = 'check("label set", label_set)'
    assert text_below(notebook, check).startswith("Not yet")
    assert lab.answer(check, answer.translate(str.maketrans("{}", "[]"))).startswith("Hint")
    assert solved_and_tried(course) == ["0", "1"]
    assert lab.answer(check, answer).startswith("Correct")
    assert solved_and_tried(course) == ["1", "0"]
    lab.save()
    assert "zip(label_names, row)" in command(course, "compare", "00")

    lesson = run.read(course / "notebooks" / "00_start_here.ipynb")
    lesson.cells[0].source += "\n\nA better word."
    run.write_notebook(lesson, course / "notebooks" / "00_start_here.ipynb")
    assert "00_start_here" in command(course, "update")
    assert "label set" in command(course, "update", "--apply")
    lab.reload()
    assert "A better word." in lab.notebook().cells[0].source
    assert answer in [cell.source for cell in lab.notebook().cells]

    command(course, "reset", "00")
    lab.reload()
    assert [cell.source for cell in lab.notebook().cells] == [cell.source for cell in lesson.cells]
    assert len(list((course / "my" / "earlier").iterdir())) == 2
    if shutil.which("git"):
        assert git(course, "status", "--porcelain").split() == ["M", "notebooks/00_start_here.ipynb"]  # our better word


def solved_and_tried(course: pathlib.Path) -> list[str]:
    """Of lesson 00, what `progress` counts."""
    (line,) = (line for line in command(course, "progress").splitlines() if "00_start_here" in line)
    return line.split()[1:3]


def test_the_slider_of_lesson_02_moves_its_figure(lab, course):
    path = course / "my" / "02_first_classifier.ipynb"
    lesson = run.read(path)
    settings.apply_settings(lesson, {"PROFILE": "'smoke'"})
    nbformat.write(lesson, path)
    lab.open(path.name)
    lab.run_all_cells(seconds=200)

    slider = lab.page.locator(".widget-interact").get_by_role("slider")
    slider.scroll_into_view_if_needed()
    playwright.sync_api.expect(lab.page.locator(".widget-interact img")).to_be_visible()
    slider.focus()
    readout = lab.page.locator(".widget-interact .widget-readout")
    figures, values = [lab.page.evaluate(FIGURE)], [float(readout.inner_text())]
    for _ in range(3):
        slider.press("ArrowRight")
        lab.wait(f"last => {FIGURE} && {FIGURE} !== last", 20, "the figure has followed the slider", figures[-1])
        figures.append(lab.page.evaluate(FIGURE))
        values.append(float(readout.inner_text()))
    assert len(set(figures)) == 4 and values == sorted(set(values))
    for earlier in reversed(figures[:-1]):
        slider.press("ArrowLeft")
        lab.wait(f"earlier => {FIGURE} === earlier", 20, "the figure is what it was at this value before", earlier)

    lab.assert_no_error_is_shown()
    lab.save()
    run.read(path)  # still a valid notebook
