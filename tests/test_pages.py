"""The pages of executed lessons, without a network."""

import html.parser

import nbformat
import pytest
import rich.console

from mlc_tf.course import pages, run

FORMULAS = r"""
# A page
The labels of an example are a vector $y \in \{0, 1\}^K$, and $K$ is their number.

$$\ell(p) = \begin{cases} -\log p & \text{present} \\ -q^b \log(1 - q) & \text{absent} \end{cases}$$

| loss | of |
|---|---|
| hinge | $\max(0, 1 - s)$ |
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the pages of two lessons are, one with four formulas and one without."""
    lessons = tmp_path_factory.mktemp("lessons")
    for name, text in (("00_plain", "# No formula"), ("01_formulas", FORMULAS)):
        cells = [nbformat.v4.new_markdown_cell(text), nbformat.v4.new_code_cell("price = '$1 and $2'\nprice")]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), lessons / f"{name}.ipynb")
    options = {"changes": {}, "timeout": None, "console": rich.console.Console(quiet=True), "folder": lessons}
    run.run_lessons([], output=lessons / "out", **options)
    return lessons / "out"


class _Links(html.parser.HTMLParser):
    """What a page loads, as it stands in its HTML."""

    def __init__(self, text):
        super().__init__()
        self.found = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        where = {"link": "href"}.get(tag, "src")
        if tag != "a" and attributes.get(where):
            self.found.append(attributes[where])


def test_pages_load_nothing_but_the_one_script_that_shows_formulas(folder):
    loaded = {path.stem: _Links(path.read_text(encoding="utf-8")).found for path in folder.glob("*.html")}
    assert loaded == {"00_plain": [], "01_formulas": [pages.FORMULAS]}
    assert "@import" not in (folder / "01_formulas.html").read_text(encoding="utf-8")
    assert (folder / pages.FORMULAS).stat().st_size > 1_000_000


@pytest.mark.browser
def test_formulas_are_shown_without_a_network(folder, browser):
    context = browser.new_context(offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((folder / "01_formulas.html").as_uri())
    page.wait_for_selector("mjx-container >> nth=3", timeout=60_000)
    shown = page.locator("mjx-container svg")
    assert shown.count() == 4 and all(box.bounding_box()["width"] > 5 for box in shown.all())
    assert "begin{cases}" not in page.locator("body").inner_text()
    assert "'$1 and $2'" in page.locator("body").inner_text()
    assert not [url for url in asked if url.startswith("http")]
    context.close()
