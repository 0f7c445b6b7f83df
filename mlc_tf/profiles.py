"""Every setting in which a quick run of a lesson differs from a full one; nowhere else is it said.

`quick` is what two CPU cores do in the time a lesson states, and what the committed notebooks show; `full` is for a
GPU, or for patience.
"""

import types

PROFILES = {
    "01_multi_label_data": {
        "quick": {"scenes": 8_000, "random_splits": 300},
        "full": {"scenes": 40_000, "random_splits": 3_000},
    },
    "02_first_classifier": {
        "quick": {"scenes": 8_000, "epochs": 10},
        "full": {"scenes": 40_000, "epochs": 30},
    },
}


def settings(lesson: str, profile: str) -> types.SimpleNamespace:
    """The settings of a lesson under a profile, as attributes.

    Raises:
        ValueError: when there is no such lesson or profile.
    """
    if lesson not in PROFILES:
        raise ValueError(f"no profiles for the lesson {lesson!r}; there are some for {', '.join(PROFILES)}")
    if profile not in PROFILES[lesson]:
        raise ValueError(f"PROFILE: expected 'quick' or 'full', found {profile!r}")
    return types.SimpleNamespace(**PROFILES[lesson][profile])
