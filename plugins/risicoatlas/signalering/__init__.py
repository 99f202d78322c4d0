"""Signalling: which vulnerable buildings and locations lie in which area, and which areas touch a place."""
