"""Kwetsbare gebouwen in the hands of their municipality: established versions, corrections, changes."""
