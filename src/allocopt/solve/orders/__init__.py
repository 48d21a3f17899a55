"""Whole orders, packs and least shipments: a plan at once, and a search that betters it."""
