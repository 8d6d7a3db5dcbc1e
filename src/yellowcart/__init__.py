"""Yellowcart: a self-hosted commerce platform for live streams and short videos."""

from importlib.metadata import version

__version__ = version("yellowcart")
