"""The program as a Pyomo model, and a planner's additions compiled back (the only Pyomo import of the library).

::

    build_model      program, labels -> a ConcreteModel indexed by real labels
    compile_model    such a model, perhaps added to -> the arrays that it states
    extend           both around a planner's function, which may add but not change
    fill             a plan's values into the variables of a model
    give_duals       a plan's multipliers onto the constraints of a model

Nothing here runs a solver: Pyomo's solver interfaces deadlock when two threads solve at once. Importing Pyomo takes
about a second, so nobody imports this package before a Pyomo model is asked for.
"""

from allocopt.pyomo_model.build import build_model, fill, give_duals
from allocopt.pyomo_model.compile import Compiled, compile_model
from allocopt.pyomo_model.extend import extend

__all__ = ["Compiled", "build_model", "compile_model", "extend", "fill", "give_duals"]
