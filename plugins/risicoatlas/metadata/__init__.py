"""Metadata about layers and services: one record per layer, written as ISO 19115/19139 XML and as DCAT, and linked from
every capabilities document."""
