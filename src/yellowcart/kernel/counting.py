"""What the platform's own Prometheus metrics share."""

DURATION_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0)
"""Buckets for durations, in seconds: from one batch of orders to a page that is too slow."""
