"""Arrays in, arrays out: solve a `Program`, and prove how good the answer is."""

from allocopt.solve.certificate import Certificate, certify
from allocopt.solve.solution import Solution
from allocopt.solve.start import Basis
from allocopt.solve.whole import EXACT, solve

__all__ = ["EXACT", "Basis", "Certificate", "Solution", "certify", "solve"]
