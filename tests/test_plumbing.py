"""What the lessons stand on: a quiet import, profiles, the line of progress, figures with a text."""

import base64
import os
import platform
import subprocess
import sys

import keras
import nbclient
import nbformat
import numpy as np
import pytest

from mlc_tf import PROJECT, plots, training
from mlc_tf.course import profiles

CAPTURED = {"capture_output": True, "text": True}


@pytest.mark.parametrize("module", ["tensorflow", "keras"])
def test_importing_the_package_first_keeps_tensorflow_quiet(module):
    code = f"import mlc_tf, {module}, tensorflow as tf; print(float(tf.reduce_sum(tf.ones(3))))"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout == "3.0\n"
    assert process.stderr == ""


def test_what_is_no_log_line_is_passed_on_also_when_the_import_of_tensorflow_fails(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os\nos.write(2, b'I0000 00:00:1795172994.6 1 port.cc:153] noise\\nthe disk is full\\n')\n"
        "assert not os.environ.get('FAIL'), 'broken installation'\n"
    )
    for fail, expected in (("", "the disk is full\n"), ("1", "noise\nthe disk is full\n")):
        process = subprocess.run(
            [sys.executable, "-c", "import mlc_tf, sys; sys.path.insert(0, '.'); import tensorflow"],
            cwd=tmp_path,
            env=os.environ | {"FAIL": fail},
            capture_output=True,
            text=True,
        )
        assert expected in process.stderr
        assert ("broken installation" in process.stderr) == (process.returncode != 0) == bool(fail)
        assert fail or process.stderr == expected


def test_a_crash_while_tensorflow_is_imported_leaves_its_last_words(tmp_path):
    (tmp_path / "tensorflow.py").write_text(
        "import os\nos.write(2, b'E0000 00:00:1795172994.6 1 cpu.cc:1] this processor lacks AVX\\n')\nos.abort()\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", "import mlc_tf, sys; sys.path.insert(0, '.'); import tensorflow"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert process.returncode != 0
    assert "this processor lacks AVX" in process.stderr


def test_a_kernel_that_is_not_the_courses_gets_one_clear_sentence(tmp_path):
    # Without its site-packages an interpreter is that of another environment.
    process = subprocess.run(
        [sys.executable, "-S", "-c", "import mlc_tf"], env=os.environ | {"PYTHONPATH": str(PROJECT)}, **CAPTURED
    )
    *_, sentence = process.stderr.splitlines()
    assert sentence.startswith("ImportError: the course needs tensorflow, keras, ")
    assert all(words in sentence for words in (sys.executable, platform.python_version(), str(PROJECT / ".venv")))
    assert "During handling" not in process.stderr and len(process.stderr.splitlines()) < 10


def test_another_backend_of_keras_is_passed_over_or_refused():
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    code = "import mlc_tf, keras; print(keras.config.backend())"
    process = subprocess.run([sys.executable, "-c", code], env=environment, **CAPTURED)
    assert process.stdout == "tensorflow\n"
    assert "KERAS_BACKEND is passed over: the course runs on TensorFlow" in process.stderr
    code = (
        "import sys, types; keras = sys.modules['keras'] = types.ModuleType('keras')\n"
        "keras.config = types.SimpleNamespace(backend=lambda: 'jax')\nimport mlc_tf"
    )
    process = subprocess.run([sys.executable, "-c", code], env=environment, **CAPTURED)
    assert "restart the kernel, import mlc_tf before Keras" in process.stderr.splitlines()[-1]


def test_looking_for_tensorflow_before_importing_it_does_not_bring_the_noise_back():
    code = "import mlc_tf, importlib.util as u; assert u.find_spec('tensorflow'); import tensorflow"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert process.stdout + process.stderr == ""


def test_the_profiles_of_a_lesson_have_the_same_settings_and_a_wrong_name_is_refused():
    for lesson in profiles.PROFILES:
        smoke, quick, full = (vars(profiles.settings(lesson, profile)) for profile in ("smoke", "quick", "full"))
        assert smoke.keys() == quick.keys() == full.keys()
    with pytest.raises(ValueError, match="PROFILE: expected 'smoke', 'quick' or 'full', found 'fast'"):
        profiles.settings(lesson, "fast")
    with pytest.raises(ValueError, match="no profiles for the lesson '99'"):
        profiles.settings("99", "quick")


def test_progress_is_one_line_that_is_rewritten(capsys):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones((4, 1)), epochs=3, verbose=0, callbacks=[training.OneLine()])
    out = capsys.readouterr().out
    states = out.strip("\n").split("\r")
    assert [state.split(" · ")[0] for state in states] == ["", "epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert "loss" in states[-1]
    assert out.count("\n") == 1


@pytest.mark.parametrize("encoding", ["cp1252", "cp932", "ascii"])
def test_output_in_another_encoding_loses_no_run(encoding):
    code = (
        "import mlc_tf, numpy as np; from mlc_tf import training; from mlc_tf.data import Dataset;"
        "from mlc_tf.evaluation import baselines;"
        "line = training.OneLine(); line.set_params({'epochs': 3});"
        "line.on_epoch_end(0, {'loss': 0.5}); line.on_train_end();"
        "both = ['red', 'blue'], [[1, 0], [0, 1]];"
        "mine = Dataset.from_arrays('sacs à main 鞄', *both, validation=both, test=both);"
        "baselines.honest_table(mine, np.full((2, 2), 0.3), np.full((2, 2), 0.3), name='réseau →')"
    )
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    process = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert process.returncode == 0, process.stderr.decode()
    printed = process.stdout.decode(encoding)
    assert "epoch 1/3" in printed
    assert "sacs à main" in printed if encoding == "cp1252" else r"sacs \xe0 main" in printed
    assert r"\u2192" in printed or "→" in printed


@pytest.fixture
def shown(monkeypatch):
    pictures = []
    monkeypatch.setattr("IPython.display.display", pictures.append)
    monkeypatch.setenv("MLC_TF_HEADLESS", "1")
    return pictures


FIGURES = {
    "scenes": lambda: plots.scenes(np.zeros((3, 8, 8, 3), np.uint8), ["a", "b", "c"], "Three", columns=2),
    "matrices": lambda: plots.label_matrices({"one": np.eye(3)}, {"one": "abc"}),
    "counts": lambda: plots.label_counts(np.array([3, 1, 2]), "abc", 4, "Counts"),
    "many counts": lambda: plots.label_counts(np.arange(1, 984), [str(i) for i in range(983)], 1000, "Tags"),
    "lifts": lambda: plots.lifts(np.array([[np.nan, 0.0], [0.0, np.nan]]), "ab", "Pairs", "lift", "i", "j"),
    "histograms": lambda: plots.histograms({"x": np.array([1, 2]), "y": np.array([4])}, "Splits", "number", 2.0),
    "curves": lambda: plots.curves({"a": ([1, 2], [3, 4])}, "Loss", "epoch", "loss", 1.5, "a", logarithmic=True),
    "curves apart": lambda: plots.curves({"a": ([0, 90], [1, 2])}, "Loss", "angle", "loss", ticks=45, apart=0.1),
    "points": lambda: plots.points({"a": np.eye(2)}, "Points", real=np.zeros((1, 2)), reach=0.5),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_the_same_bytes_each_time_and_has_a_text(name, shown):
    FIGURES[name]()
    FIGURES[name]()
    assert len(shown) == 2
    (first, metadata), (second, _) = (picture._repr_mimebundle_()[0:2] for picture in shown)
    assert base64.b64decode(first["image/png"])[:4] == b"\x89PNG"
    assert first == second
    assert len(metadata["image/png"]["alt"]) > 20


def test_a_person_at_the_notebook_gets_the_figure_and_its_text_too(shown, monkeypatch):
    FIGURES["curves"]()
    monkeypatch.delenv("MLC_TF_HEADLESS")
    FIGURES["curves"]()
    still, live = shown
    text = still._repr_mimebundle_()[1]["image/png"]["alt"]
    assert f'<img alt="{text}" src="data:image/png;base64,' in live.data
    assert still._repr_mimebundle_()[0]["image/png"].replace("\n", "") in live.data


def test_where_a_slider_cannot_be_shown_its_figure_is(monkeypatch):
    monkeypatch.delenv("MLC_TF_HEADLESS", raising=False)
    draw = "def draw(threshold): plots.curves({'a': ([0, 1], [0, threshold])}, 'T', 'x', 'y')"
    call = "plots.explore(draw, still={'threshold': 0.5}, threshold=(0.1, 0.9))"
    cell = nbformat.v4.new_code_cell(f"import mlc_tf\nfrom mlc_tf import plots\n{draw}\n{call}")
    nbclient.NotebookClient(nbformat.v4.new_notebook(cells=[cell]), kernel_name="python3").execute()
    (output,) = cell.outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    assert output.data["text/html"].startswith('<img alt="T: y over x; a goes from 0 to 0.5."')


def test_without_a_person_a_slider_is_a_still_figure(monkeypatch):
    drawn = []
    monkeypatch.setenv("MLC_TF_HEADLESS", "1")
    plots.explore(lambda threshold: drawn.append(threshold), still={"threshold": 0.5}, threshold=None)
    assert drawn == [0.5]
