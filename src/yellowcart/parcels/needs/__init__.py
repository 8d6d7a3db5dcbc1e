"""Shipping needs: a shop without a carrier says what must go where by when, and carriers quote on it."""
