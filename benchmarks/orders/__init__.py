"""Whole orders against a loop, HiGHS and CP-SAT: made-up shops of any size, and published problems."""
