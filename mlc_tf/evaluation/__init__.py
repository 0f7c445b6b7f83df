"""What comes out, scored: metrics, thresholds, baselines, intervals, and generated pictures."""
