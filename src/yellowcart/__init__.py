"""Yellowcart: a self-hosted commerce platform for live streams and short videos."""
