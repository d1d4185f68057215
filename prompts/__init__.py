"""The words sent to language models, kept as files."""
