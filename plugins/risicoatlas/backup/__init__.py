"""Backup and restore: one file that holds the database and the other state of a home, and the way back."""
