"""Rules as data: articles in Markdown, thresholds and words in YAML, conditions in CQL2, labels by set-based SQL."""
