import mlc_tf  # noqa: F401  (before TensorFlow: it silences its start-up messages)


def pytest_collection_modifyitems(items):
    """Whole lessons last, so that a quick test that fails is seen at once."""
    items.sort(key=lambda item: any(item.get_closest_marker(name) for name in ("lesson", "browser")))
