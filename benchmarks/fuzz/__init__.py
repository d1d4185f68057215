"""Damaged input for all that reads what strangers write: ``python -m benchmarks.fuzz --cases N --seed S``."""
