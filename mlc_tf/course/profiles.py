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
    "03_adversarial_training": {
        "quick": {"steps": 2_000, "seeds": 3, "scenes": 8_000, "picture_steps": 1_500},
        "full": {"steps": 10_000, "seeds": 10, "scenes": 40_000, "picture_steps": 20_000},
    },
    "04_a_multi_label_gan": {
        "quick": {
            "scenes": 12_000,
            "judge_steps": 1_500,
            "epochs": 11,
            "short_epochs": 2,
            "tradeoff_epochs": 3,
            "weights": (0.1, 5.0),
        },
        "full": {
            "scenes": 40_000,
            "judge_steps": 6_000,
            "epochs": 20,
            "short_epochs": 4,
            "tradeoff_epochs": 20,
            "weights": (0.0, 0.1, 0.2, 0.4, 1.0, 2.0, 5.0),
        },
    },
    "05_does_it_help": {
        "quick": {
            "pictures": 12_000,
            "generated": 12_000,
            "gan_steps": 1_000,
            "classifier_steps": 800,
        },
        "full": {
            "pictures": 40_000,
            "generated": 40_000,
            "gan_steps": 10_000,
            "classifier_steps": 10_000,
        },
    },
    "06_a_recurrent_classifier": {
        "quick": {"epochs": 10, "short_epochs": 4},
        "full": {"epochs": 20, "short_epochs": 10},
    },
    "07_which_recurrent_network": {
        "quick": {"share": 0.5, "epochs": 5, "probed": 0.25},
        "full": {"share": 1.0, "epochs": 10, "probed": 1.0},
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
