"""Benchmarks: allocopt timed against its peers, and tried on real data. See ``benchmarks/README.md``."""
