"""The steps of an allocation: state the program, solve its stages with the effort that is allowed, give the plan."""

from allocopt.contracts.staging import StartOf, cold
from allocopt.journey.ending import plan_of
from allocopt.journey.starting import starts
from allocopt.journey.stating import Stated, formulate, in_pyomo, model_of, relaxed, stated_of

__all__ = [
    "StartOf",
    "Stated",
    "cold",
    "formulate",
    "in_pyomo",
    "model_of",
    "plan_of",
    "relaxed",
    "starts",
    "stated_of",
]
