"""How a training is run: where its progress goes. Introduced in lesson 02."""

import sys

import keras


class OneLine(keras.callbacks.Callback):
    """Shows the progress of `fit(verbose=0)` as one line that is rewritten, live and in a saved notebook alike.

    A saved notebook keeps only the last state of such a line, so 20 epochs leave one line, not 20. Pass the names of
    the logs to show; by default all of them.
    """

    def __init__(self, *names: str):
        super().__init__()
        self.names = names

    def on_epoch_end(self, epoch, logs=None):
        """Rewrites the line with this epoch's logs."""
        logs = logs or {}
        missing = [name for name in self.names if name not in logs]
        if missing:
            raise ValueError(f"OneLine was asked to show {missing}, but this training logs only {sorted(logs)}")
        shown = {name: logs[name] for name in self.names or logs}
        text = " · ".join(f"{name} {value:.4f}" for name, value in shown.items())
        sys.stdout.write(f"\repoch {epoch + 1}/{self.params['epochs']} · {text}    ")
        sys.stdout.flush()

    def on_train_end(self, logs=None):
        """Ends the line."""
        sys.stdout.write("\n")
