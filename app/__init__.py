"""The programs people start."""
