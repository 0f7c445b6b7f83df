"""An executed notebook as an HTML page that is whole without a network."""

import copy
import html
import importlib.resources

import mathjax  # nothing but the files of MathJax 3
import nbconvert
import nbformat

# What shows the formulas, in one file for all pages, which stands beside them.
FORMULAS = "mathjax.js"

# The page's own way to show a picture leaves out its text, which `mlc_tf.plots` puts into the output's metadata.
TEMPLATE = """{% extends 'lab/index.html.j2' %}
{% block data_png %}
<div class="jp-RenderedImage jp-OutputArea-output"><img
alt="{{ (output | get_metadata('alt', 'image/png') or '') | escape_html }}"
src="data:image/png;base64,{{ output.data['image/png'] | escape_html }}"></div>
{% endblock %}
{% block html_head_js_mathjax %}{% if resources.formulas %}
<script>MathJax = {tex: {inlineMath: [["$", "$"]]}}</script>
<script src="FORMULAS" defer></script>
{% endif %}{% endblock %}
{% block html_head_js_requirejs %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}""".replace("FORMULAS", FORMULAS)


def page(notebook: nbformat.NotebookNode, title: str) -> str:
    """The page of a notebook. It asks for nothing but the file `FORMULAS`, and for that only when it has formulas."""
    exporter = nbconvert.HTMLExporter(raw_template=TEMPLATE)
    exporter.log.disabled = True  # it would complain about pictures without alternative text
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            # A slider is nothing without a kernel: its plain text, or the figure beside it, is shown instead.
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    formulas = any(cell.cell_type == "markdown" and "$" in cell.source for cell in notebook.cells)
    resources = {"metadata": {"name": html.escape(title)}, "formulas": formulas}
    text, _ = exporter.from_notebook_node(notebook, resources=resources)
    return text


def formulas() -> str:
    """The content of the file `FORMULAS`: MathJax with all its parts, drawing in SVG, so that it loads no fonts."""
    script = importlib.resources.files(mathjax) / "static" / "mathjax" / "es5" / "tex-svg-full.js"
    return script.read_text(encoding="utf-8")
