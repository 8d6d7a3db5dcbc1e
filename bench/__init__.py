"""Benchmarks of Yellowcart: every number is measured on the machine that prints it, in one run."""
