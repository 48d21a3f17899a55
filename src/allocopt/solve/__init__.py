"""Arrays in, arrays out: solve a `Program`, and prove how good the answer is."""

from allocopt.solve.certificate import Certificate, certify
from allocopt.solve.solution import Solution
from allocopt.solve.whole import solve

__all__ = ["Certificate", "Solution", "certify", "solve"]
