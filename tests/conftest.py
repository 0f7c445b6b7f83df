import os
import shutil
import signal

import pytest

import mlc_tf  # noqa: F401  (before TensorFlow: it silences its start-up messages)

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
USUAL_PLACES = (  # of those that are not on the PATH
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
NO_BROWSER = (
    "no Chromium, Chrome or Edge is installed. To run this test install one: 'apt-get install chromium' on Debian, "
    "'brew install --cask chromium' on macOS, or from https://www.google.com/chrome"
)


def pytest_addoption(parser):
    parser.addoption("--tweak-cards", action="store_true", help="try the tweak cards of the lessons again")


def pytest_configure():
    """Let Ctrl-C interrupt again what is started here: a shell makes its background jobs ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items):
    """First the longest lesson, beside it all that is quick, so that a quick test that fails is seen at once.

    The other lessons come last, longest first, as `test_lessons.py` has them.
    """
    quick = [item for item in items if not any(map(item.get_closest_marker, ("lesson", "browser")))]
    lessons = [item for item in items if item.get_closest_marker("lesson")]
    browser = [item for item in items if item.get_closest_marker("browser")]
    items[:] = lessons[:1] + quick + lessons[1:] + browser


@pytest.fixture(autouse=True)
def names_as_in_a_fresh_process():
    """TensorFlow orders some sums by the names of layers, which count on from test to test: so rounding would, too."""
    import keras

    keras.utils.clear_session(free_memory=False)


@pytest.fixture
def browser():
    """A headless Chromium; skips the test where none is installed. One that does not start is a failure."""
    found = (*(shutil.which(name) for name in BROWSERS), *(place for place in USUAL_PLACES if os.path.exists(place)))
    path = next(filter(None, found), None)
    if path is None:
        pytest.skip(NO_BROWSER)
    import playwright.sync_api

    with playwright.sync_api.sync_playwright() as driver:
        # Its sandbox needs rights that containers seldom give; the only pages it sees are ours.
        browser = driver.chromium.launch(executable_path=path, chromium_sandbox=False, args=["--disable-gpu"])
        yield browser
        browser.close()
