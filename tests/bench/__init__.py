"""Benchmarks: ratios against peers in one run, on the same rows: ``python -m tests.bench.run``."""
