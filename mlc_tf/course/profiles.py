"""Every setting in which the profiles of a lesson differ; nowhere else is it said.

`quick` is what two CPU cores do in the time a lesson states, and what the committed notebooks show; `full` is for a
GPU, or for patience. With `smoke` every cell runs and nothing is learnt: will it run on this machine?
"""

import types

PROFILES = {
    "01_multi_label_data": {
        "smoke": {"scenes": 2_000, "random_splits": 30},
        "quick": {"scenes": 8_000, "random_splits": 300},
        "full": {"scenes": 40_000, "random_splits": 3_000},
    },
    "02_first_classifier": {
        "smoke": {"scenes": 1_000, "epochs": 1},
        "quick": {"scenes": 8_000, "epochs": 6},
        "full": {"scenes": 40_000, "epochs": 30},
    },
    "03_adversarial_training": {
        "smoke": {"steps": 40, "seeds": 1, "scenes": 2_000, "picture_steps": 20},
        "quick": {"steps": 2_000, "seeds": 3, "scenes": 8_000, "picture_steps": 1_500},
        "full": {"steps": 10_000, "seeds": 10, "scenes": 40_000, "picture_steps": 20_000},
    },
    "04_a_multi_label_gan": {
        "smoke": {
            "scenes": 500,
            "validation": 500,
            "test": 500,
            "judge_steps": 50,
            "epochs": 1,
            "short_epochs": 1,
            "resumed": 128,
        },
        "quick": {
            "scenes": 12_000,
            "validation": 2_000,
            "test": 4_000,
            "judge_steps": 1_500,
            "epochs": 8,
            "short_epochs": 3,
            "resumed": 640,
        },
        "full": {
            "scenes": 40_000,
            "validation": 2_000,
            "test": 4_000,
            "judge_steps": 6_000,
            "epochs": 20,
            "short_epochs": 4,
            "resumed": 640,
        },
    },
    "05_does_it_help": {
        "smoke": {"pictures": 2_000, "test": 500, "generated": 500, "gan_steps": 20, "classifier_steps": 20},
        "quick": {
            "pictures": 12_000,
            "test": 4_000,
            "generated": 8_000,
            "gan_steps": 600,
            "classifier_steps": 560,
        },
        "full": {
            "pictures": 40_000,
            "test": 4_000,
            "generated": 40_000,
            "gan_steps": 10_000,
            "classifier_steps": 10_000,
        },
    },
    "06_a_recurrent_classifier": {
        "smoke": {"listings": 1_000, "epochs": 1, "short_epochs": 1},
        "quick": {"listings": 8_000, "epochs": 10, "short_epochs": 4},
        "full": {"listings": 8_000, "epochs": 20, "short_epochs": 10},
    },
    "07_which_recurrent_network": {
        "smoke": {"share": 0.05, "epochs": 1, "variants": 2, "probed": 0.25},
        "quick": {"share": 0.5, "epochs": 5, "variants": 5, "probed": 0.25},
        "full": {"share": 1.0, "epochs": 10, "variants": 5, "probed": 1.0},
    },
    "08_labels_that_depend": {
        "smoke": {"scenes": 500, "epochs": 1, "points": 500, "joint_epochs": 1},
        "quick": {"scenes": 8_000, "epochs": 12, "points": 10_000, "joint_epochs": 6},
        "full": {"scenes": 40_000, "epochs": 30, "points": 20_000, "joint_epochs": 8},
    },
    "09_pictures_and_words": {
        "smoke": {
            "scenes": 500,
            "epochs_alone": 1,
            "epochs": 1,
            "more_epochs": 1,
            "labelled": 200,
            "source_epochs": 1,
            "target_epochs": 1,
        },
        "quick": {
            "scenes": 8_000,
            "epochs_alone": 5,
            "epochs": 11,
            "more_epochs": 2,
            "labelled": 1_000,
            "source_epochs": 3,
            "target_epochs": 2,
        },
        "full": {
            "scenes": 40_000,
            "epochs_alone": 16,
            "epochs": 30,
            "more_epochs": 10,
            "labelled": 1_000,
            "source_epochs": 20,
            "target_epochs": 10,
        },
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
        raise ValueError(f"PROFILE: expected 'smoke', 'quick' or 'full', found {profile!r}")
    return types.SimpleNamespace(**PROFILES[lesson][profile])
