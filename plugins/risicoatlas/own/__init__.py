"""Layers on tables and views that an organisation already has: read, checked and served through a generated view."""
