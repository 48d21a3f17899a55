"""Ties: which of the plans that are worth the same is the answer."""

from allocopt.ties.ranks import rank_notes
from allocopt.ties.settling import settled, settler

__all__ = ["rank_notes", "settled", "settler"]
