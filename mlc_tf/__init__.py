"""Plumbing of the course *deep multi-label classification*; the ideas are shown in the lessons themselves.

Import this package before TensorFlow and Keras: it silences their start-up messages.
"""

import importlib.abc
import importlib.util
import os
import pathlib
import re
import sys
import tempfile
import warnings

PROJECT = pathlib.Path(__file__).resolve().parent.parent  # the course is used from its folder, never without it

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
# Keras says this of every `fit` on a `tf.data.Dataset`, as shuffling is its default.
warnings.filterwarnings("ignore", message="`shuffle=True` was passed, but will be ignored")


class _QuietTensorFlow(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Drops the log lines that TensorFlow's C++ side writes while it is imported.

    They come before its logging is set up, so no setting reaches them: the only hold is the error stream itself.
    Anything else that is written there meanwhile, and everything when the import fails, is passed on.
    """

    _LOG_LINE = re.compile(rb"^(WARNING: All log messages before absl|[IWE]\d{4} \d\d:\d\d:)")

    _asking_others = False

    def find_spec(self, name, path=None, target=None):
        if name != "tensorflow" or self._asking_others:
            return None
        self._asking_others = True
        try:
            spec = importlib.util.find_spec(name)
        finally:
            self._asking_others = False
        if spec is not None:
            self._loader, spec.loader = spec.loader, self
        return spec

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self._loader
        sys.meta_path.remove(self)
        try:
            kept_stream = os.dup(2)
        except OSError:  # a program without an error stream has nothing to keep quiet
            return self._loader.exec_module(module)
        with tempfile.TemporaryFile() as written:
            os.dup2(written.fileno(), 2)
            failed = True
            try:
                self._loader.exec_module(module)
                failed = False
            finally:
                os.dup2(kept_stream, 2)
                os.close(kept_stream)
                written.seek(0)
                for line in written:
                    if failed or not self._LOG_LINE.match(line):
                        os.write(2, line)


if "tensorflow" not in sys.modules:
    sys.meta_path.insert(0, _QuietTensorFlow())
