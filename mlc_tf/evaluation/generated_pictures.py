"""Scores of generated pictures, by a judge: a classifier trained on real pictures only. Lessons 04 and 05.

No score says everything, so they stand together: label fidelity (is the picture what was asked for?), the Frechet
distance (are the pictures, as a whole, like real ones?), density and coverage (do they look real, and how much of the
real variety is there?), and the nearest real pictures (were they learnt by heart?). Each means something beside the
score of real pictures that the judge has not seen.
"""

import keras
import numpy as np
import sklearn.metrics
import sklearn.neighbors

from mlc_tf.data import images
from mlc_tf.data.labels import check_label_matrix
from mlc_tf.evaluation import metrics, thresholds
from mlc_tf.models import cnn

CHUNK_MEBIBYTES = 64  # of distances held at once


def features(judge: keras.Model, pictures: np.ndarray) -> np.ndarray:
    """What the judge's last layer makes its logits of: `(N, D)`, where D is 128 for `cnn.classifier`.

    Args:
        judge: made by `cnn.classifier` and `cnn.train`, or one of your own: `Sequential` or functional, from pictures
            to logits.
        pictures: `(N, height, width, channels)`, uint8.

    Raises:
        ValueError: when the pictures are not of the kind that the judge takes, or the judge has no layers to look at.
    """
    if not getattr(judge, "inputs", None):
        raise ValueError(
            f"judge: expected a Sequential or functional model that knows its input shape, found {type(judge).__name__}"
        )
    pictures = images.check_pictures(pictures, judge.input_shape[1:])
    reader = keras.Model(judge.inputs[0], judge.layers[-1].input)
    return cnn.predict(reader, pictures)


def label_fidelity(judge: keras.Model, pictures: np.ndarray, y: np.ndarray) -> dict[str, float | np.ndarray]:
    """How well the judge finds in the pictures the labels that were asked for, at probability 0.5.

    Args:
        judge: made by `cnn.classifier` and `cnn.train`.
        pictures: `(N, height, width, channels)`, uint8.
        y: the label sets they were asked for, `(N, K)` of 0 and 1.

    Returns:
        "micro-F1" and "subset accuracy", floats, and "per label", each label's F1 `(K,)`, which is 0 for a label
        neither asked for nor found.

    Raises:
        ValueError: when pictures and label sets do not fit the judge, or each other.
    """
    y = check_label_matrix(y, "label sets")
    decided = thresholds.decide(cnn.probabilities(judge, pictures), 0.5)
    return {
        "micro-F1": metrics.micro_f1(y, decided),
        "subset accuracy": metrics.subset_accuracy(y, decided),
        "per label": sklearn.metrics.f1_score(y, decided, average=None, zero_division=0),
    }


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """The squared Frechet distance between two samples of features, each taken for a normal distribution.

        ||m_a - m_b||^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)),    m: means, C: covariances

    0 when mean and covariance agree; its unit is that of a squared feature. It *grows as samples shrink*, so compare
    distances of samples of the same sizes, from the same judge. Heusel et al. 2017, "GANs trained by a two time-scale
    update rule converge to a local Nash equilibrium" (there with the features of an Inception network: "FID").

    Args:
        a, b: features `(N, D)` and `(M, D)`, two rows or more.

    Raises:
        ValueError: when the widths differ, a sample has fewer than two rows, or a number is not finite.
    """
    a, b = _check_features(a, b, "a", "b", rows=2)
    # With R'R = C, the trace of (C_a C_b)^(1/2) is the sum of the singular values of R_a R_b'. Roots of matrices, and
    # the digits they lose where a feature hardly varies, are not needed.
    root_a, root_b = _root_of_covariance(a), _root_of_covariance(b)
    shared = np.linalg.svd(root_a @ root_b.T, compute_uv=False).sum()
    means = np.sum(np.square(a.mean(axis=0) - b.mean(axis=0)))
    return float(max(0.0, means + np.sum(root_a**2) + np.sum(root_b**2) - 2 * shared))  # tr(C) = sum of R squared


def density_and_coverage(real: np.ndarray, generated: np.ndarray, neighbours: int = 5) -> tuple[float, float]:
    """How real generated pictures look, and what share of the real variety they reach.

    Around each real row lies a ball that reaches to its nearest real row but `neighbours` - 1. *Density* is the mean
    number of balls that a generated row lies in, divided by `neighbours`: about 1 for real pictures, and more where
    real ones crowd. *Coverage* is the share of balls with a generated row inside. Naeem et al. 2020, "Reliable
    fidelity and diversity metrics for generative models", ICML. As in their code the surface does not belong to the
    ball: a real row with `neighbours` exact copies has an empty one, which nothing covers.

    Args:
        real, generated: features `(N, D)` and `(M, D)`.
        neighbours: fewer than N.

    Raises:
        ValueError: when the widths differ, rows are too few, or a number is not finite.
    """
    real, generated = _check_features(real, generated, "real", "generated", rows=1)
    if not isinstance(neighbours, int | np.integer) or not 1 <= neighbours < len(real):
        raise ValueError(
            f"neighbours: expected a whole number from 1 to {len(real) - 1}, as there are {len(real)} real rows; "
            f"found {neighbours!r}"
        )
    among_real = sklearn.neighbors.NearestNeighbors(n_neighbors=neighbours, algorithm="brute").fit(real)
    radii = among_real.kneighbors()[0][:, -1]  # (N,); without rows to look up, a row is no neighbour of itself
    # Exact copies are apart by what rounding leaves of their size, and that is no radius.
    radii[radii < 1e-5 * np.sqrt(np.mean(np.sum(real**2, axis=1)))] = 0

    inside, covered = 0, np.zeros(len(real), bool)
    chunks = sklearn.metrics.pairwise_distances_chunked(generated, real, working_memory=CHUNK_MEBIBYTES)
    for distances in chunks:  # (rows of generated, N)
        is_inside = distances < radii
        inside += is_inside.sum()
        covered |= is_inside.any(axis=0)
    return float(inside / (neighbours * len(generated))), float(covered.mean())


def fidelity_and_diversity(real: np.ndarray, generated: np.ndarray) -> dict[str, float]:
    """How real and how varied generated pictures are: by `frechet_distance`, and by `density_and_coverage`.

    Args:
        real, generated: features `(N, D)` and `(M, D)`.

    Returns:
        "frechet", "density" and "coverage".

    Raises:
        ValueError: as those two.
    """
    density, coverage = density_and_coverage(real, generated)
    return {"frechet": frechet_distance(real, generated), "density": density, "coverage": coverage}


def nearest(real_pictures: np.ndarray, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The real picture nearest to each picture, in pixels: a GAN that learnt by heart draws copies.

    Args:
        real_pictures, pictures: `(N, height, width, channels)` and `(M, height, width, channels)`, uint8.

    Returns:
        Rows of `real_pictures` `(M,)`, and Euclidean distances `(M,)` over all pixel values in 0..255.

    Raises:
        ValueError: when they are not uint8 pictures of one shape.
    """
    real_pictures = images.check_pictures(real_pictures, name="real_pictures")
    pictures = images.check_pictures(pictures, real_pictures.shape[1:])
    rows = [array.reshape(len(array), -1).astype(np.float32) for array in (real_pictures, pictures)]
    among_real = sklearn.neighbors.NearestNeighbors(n_neighbors=1, algorithm="brute").fit(rows[0])
    distances, nearest_rows = among_real.kneighbors(rows[1])
    return nearest_rows[:, 0], distances[:, 0]


class LabelFidelity(keras.callbacks.Callback):
    """Adds "label_micro_f1" and "label_subset_accuracy" of freshly generated pictures to the logs of each epoch.

    It comes *before* the callbacks that read them.

    Args:
        judge: made by `cnn.classifier` and `cnn.train`.
        label_sets: what to ask the GAN in training for, `(N, K)` of 0 and 1: those of the validation split.
        seed: of the noise, the same in every epoch.

    Raises:
        ValueError: when they are no label sets, or not of the labels that the judge knows.
    """

    def __init__(self, judge: keras.Model, label_sets: np.ndarray, seed: int = 0):
        super().__init__()
        self.judge, self.seed = judge, seed
        self.label_sets = check_label_matrix(label_sets, "label_sets")
        if self.label_sets.shape[1] != judge.output_shape[1]:
            raise ValueError(
                f"label_sets: expected {judge.output_shape[1]} columns, as the judge knows so many labels; "
                f"found shape {self.label_sets.shape}"
            )

    def on_epoch_end(self, epoch, logs=None):
        """Generate, judge, and write the scores into `logs`."""
        scores = label_fidelity(self.judge, self.model.generate(self.label_sets, self.seed), self.label_sets)
        logs["label_micro_f1"] = scores["micro-F1"]
        logs["label_subset_accuracy"] = scores["subset accuracy"]


def _root_of_covariance(sample: np.ndarray) -> np.ndarray:
    """R with R'R the covariance of the rows."""
    centred = sample - sample.mean(axis=0)
    return np.linalg.qr(centred / np.sqrt(len(sample) - 1), mode="r")


def _check_features(a, b, name_a: str, name_b: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Both as float64 `(N, D)` and `(M, D)`."""
    samples = {name_a: np.asarray(a, np.float64), name_b: np.asarray(b, np.float64)}
    for name, sample in samples.items():
        if sample.ndim != 2 or len(sample) < rows or sample.shape[1] == 0:
            raise ValueError(
                f"{name}: expected features (N, D), a row for each picture, {rows} or more; found shape {sample.shape}"
            )
        if not np.isfinite(sample).all():
            raise ValueError(f"{name}: expected finite numbers, found NaN or infinity: did the judge's training fail?")
    a, b = samples.values()
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"expected features of one judge, of the same width: {name_a} has {a.shape[1]}, {name_b} has {b.shape[1]}"
        )
    return a, b
