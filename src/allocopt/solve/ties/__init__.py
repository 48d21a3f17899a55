"""Moves between plans of equal worth, on arrays alone: what the order of ties is, `allocopt.ties` says."""
