import signal

import mlc_tf  # noqa: F401  (before TensorFlow: it silences its start-up messages)


def pytest_configure():
    """Let Ctrl-C interrupt again what is started here: a shell makes its background jobs ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """Whole lessons last, so that a quick test that fails is seen at once."""
    items.sort(key=lambda item: any(item.get_closest_marker(name) for name in ("lesson", "browser")))
