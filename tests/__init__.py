"""Tests mirror the package; see conftest.py for what they stand on."""
