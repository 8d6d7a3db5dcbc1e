"""Placing, paying, shipping and closing orders."""
