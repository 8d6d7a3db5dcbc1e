"""Tracking: what carriers tell of parcels, by signed messages and by asking, made into one track each."""
