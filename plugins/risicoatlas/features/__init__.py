"""The one query layer: every protocol asks here for a plan, and gets bytes, rows or a count back."""
