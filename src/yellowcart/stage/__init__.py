"""Creators, live rooms, videos, their carts and audience."""
