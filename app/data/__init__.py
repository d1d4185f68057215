"""What is kept of whom: listed, exported and deleted, wherever it lies."""
