"""Arrays in, arrays out: solve a `Program`, and prove how good the answer is."""

from allocopt.solve.akin import Akin
from allocopt.solve.blocks import between
from allocopt.solve.blocks import components as apart
from allocopt.solve.cases import switches
from allocopt.solve.certificate import Certificate, certify
from allocopt.solve.effort import EXACT, Effort
from allocopt.solve.highs_goals import Goal, Ordered, in_order
from allocopt.solve.known import known_plan
from allocopt.solve.leaves import Leaves
from allocopt.solve.prices import Cluster
from allocopt.solve.prices.levels import Sharing, raised
from allocopt.solve.relaxation import Engine, bound_from
from allocopt.solve.remembered import Remembered
from allocopt.solve.solution import Solution
from allocopt.solve.stable import stabilised
from allocopt.solve.start import Start
from allocopt.solve.trusted import NOTHING, ProofAsked, claims_show
from allocopt.solve.whole import solve

__all__ = [
    "EXACT",
    "NOTHING",
    "Akin",
    "Certificate",
    "Cluster",
    "Effort",
    "Engine",
    "Goal",
    "Leaves",
    "Ordered",
    "ProofAsked",
    "Remembered",
    "Sharing",
    "Solution",
    "Start",
    "apart",
    "between",
    "bound_from",
    "certify",
    "claims_show",
    "in_order",
    "known_plan",
    "raised",
    "solve",
    "stabilised",
    "switches",
]
