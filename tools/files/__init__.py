"""What users give and tools make: files, checked on the way in and saved with their provenance on the way out."""
