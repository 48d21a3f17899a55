"""Real data, read as it comes and turned into problems."""
