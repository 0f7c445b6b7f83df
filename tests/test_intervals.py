import warnings

import numpy as np
import pytest
import scipy.stats

from mlc_tf.evaluation.intervals import interval


def test_the_interval_is_that_of_scipy():
    values = [0.71, 0.74, 0.69, 0.75]
    low, high = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.9)
    mean, half_width = interval(values, 0.9)
    np.testing.assert_allclose([mean - half_width, mean + half_width], [low, high])
    with pytest.raises(ValueError, match="two runs or more, found 1"):
        interval([0.7])


@pytest.mark.parametrize("values", [[0.5, 0.5], [0.1, 0.1, 0.1], [0, 0, 0], [1, 1 + 1e-15]])
def test_runs_with_equal_scores_have_no_width_and_no_warning(values):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert interval(values) == pytest.approx((values[0], 0), abs=1e-13)
