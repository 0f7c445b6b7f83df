"""Plumbing of the course *deep multi-label classification*; the ideas are shown in the lessons themselves.

Import this package before TensorFlow and Keras: it silences their start-up messages.
"""

import functools
import importlib.abc
import importlib.util
import os
import pathlib
import platform
import subprocess
import sys
import warnings

PROJECT = pathlib.Path(__file__).resolve().parent.parent  # the course is used from its folder, never without it

_NEEDED = ("tensorflow", "keras", "wrapt", "sklearn", "iterstrat", "arff", "matplotlib", "ipywidgets", "filelock")
_missing = [name for name in _NEEDED if name not in sys.modules and importlib.util.find_spec(name) is None]
if not (3, 11) <= sys.version_info < (3, 14):
    _missing.insert(0, "Python 3.11 to 3.13")
if _missing:
    raise ImportError(
        f"the course needs {', '.join(_missing)}, which this kernel, {sys.executable} (Python "
        f"{platform.python_version()}), does not have: choose the course's own, {PROJECT / '.venv'} (in VS Code: "
        "Select Kernel > Python Environments > .venv), or, in Colab, first run the cell that the README gives."
    )

import wrapt  # noqa: E402  (where it is missing, the above has said what to do)

if "keras" in sys.modules and sys.modules["keras"].config.backend() != "tensorflow":
    raise ImportError("Keras runs on another backend than TensorFlow: restart the kernel, import mlc_tf before Keras.")
if os.environ.get("KERAS_BACKEND", "tensorflow") != "tensorflow":
    warnings.warn("KERAS_BACKEND is passed over: the course runs on TensorFlow", stacklevel=2)
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# Keras says this of every `fit` on a `tf.data.Dataset`, as shuffling is its default.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed, but will be ignored")

# A terminal or a file that is not in UTF-8 (cp1252, cp932, ascii) gets an escape for what it cannot show, as the error
# stream always does, and not an error in the middle of a training. A notebook's stream takes everything.
if hasattr(sys.stdout, "reconfigure"):
    sys.stdout.reconfigure(errors="backslashreplace")

# TensorFlow's C++ side logs before its logging is set up: the only hold is the error stream itself. It is read by a
# process of its own, so that a crash does not take its last words along: only an import that succeeds ends with a 0.
_RELAY = r"""
import re, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
text = sys.stdin.buffer.read()
if text.endswith(b"\0"):
    text = re.sub(rb"(?m)^(WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:).*\n|\0$", b"", text)
sys.stderr.buffer.write(text)
"""


def _quietly(execute, module):
    """Run a module's code without the log lines it writes to the error stream, unless it fails."""
    try:
        stream = os.dup(2)
        relay = subprocess.Popen([sys.executable, "-ISc", _RELAY], stdin=subprocess.PIPE)
    except OSError:  # no error stream to keep quiet, or nobody to read it
        return execute(module)
    with relay:
        os.dup2(relay.stdin.fileno(), 2)
        try:
            execute(module)
            os.write(2, b"\0")
        finally:
            os.dup2(stream, 2)
            os.close(stream)


class _QuietTensorFlow(importlib.abc.MetaPathFinder):
    """Finds TensorFlow as Python does, and has it imported quietly."""

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow":
            return None
        sys.meta_path.remove(self)
        try:
            spec = importlib.util.find_spec(name)
        finally:
            sys.meta_path.insert(0, self)
        if spec is not None:
            spec.loader.exec_module = functools.partial(_quietly, spec.loader.exec_module)
        return spec


if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, _QuietTensorFlow())


# What is decorated with `register_keras_serializable("mlc_tf")`, and where.
IN_SAVED_MODELS = {
    "mlc_tf.data.text": ("Vectorizer", "lower_case_and_split_signs"),
    "mlc_tf.evaluation.metrics": ("MicroF1", "SubsetAccuracy"),
    "mlc_tf.models.fusion": ("ModalityDropout",),
    "mlc_tf.models.gan.model": ("MultiLabelGAN",),
    "mlc_tf.models.gan.networks": ("Spread",),
    "mlc_tf.models.label_sets.answers": ("Answers",),
    "mlc_tf.models.label_sets.chain": ("Chain",),
    "mlc_tf.models.label_sets.decoder": ("Decoder",),
    "mlc_tf.models.label_sets.powerset": ("Powerset",),
    "mlc_tf.models.rnn.losses": ("AsymmetricLoss",),
    "mlc_tf.models.rnn.optimization": ("Adam",),
    "mlc_tf.models.rnn.pretraining": ("RatesByGroup",),
}


@wrapt.when_imported("keras")
def _let_saved_models_load(keras):
    """`keras.models.load_model` finds what is ours once this package is imported, and imports what the model holds."""
    for module, names in IN_SAVED_MODELS.items():
        for name in names:
            keras.saving.get_custom_objects().setdefault(f"mlc_tf>{name}", wrapt.lazy_import(module, name))
