"""Why a plan is as it is: everything that re-solves to be sure."""
