"""Solvers on a finished matrix: HiGHS in its several ways, CLP and CBC, and those of OR-Tools.

Each is given a `Program` that was saved to a file, and says how long it took to hand over, how long to solve, what it
found, and whether it says that it is done. HiGHS and OR-Tools cannot be loaded into one process.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from allocopt.algebra.program import Program

Found = dict[str, Any]


def saved(program: Program, path: Path) -> None:
    """Write a program to a file of arrays."""
    np.savez(path, **{field.name: getattr(program, field.name) for field in dataclasses.fields(program)})


def loaded(path: Path) -> Program:
    """Return the program that `saved` wrote."""
    with np.load(path) as arrays:
        return Program(**{name: arrays[name] if arrays[name].ndim else float(arrays[name]) for name in arrays.files})


def handed_over(program: Program, **options: Any) -> Any:
    """Return a HiGHS that holds a program, handed over as arrays; it runs on one thread unless told otherwise."""
    import highspy

    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    for name, value in {"threads": 1, "random_seed": 0, **options}.items():
        if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS does not take {name}={value!r}")
    arrays = (program.cost, program.lower, program.upper, program.row_lower, program.row_upper)
    solver.passModel(
        program.columns,
        program.rows,
        program.nonzeros,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMaximize),
        program.constant,
        *arrays,
        program.indptr,
        program.indices,
        program.data,
        program.integer.astype(np.int32),
    )
    return solver


def written(program: Program, path: Path) -> float:
    """Write a program as an MPS file that minimises, which every reader understands; return the seconds."""
    begun = time.perf_counter()
    solver = handed_over(dataclasses.replace(program, cost=-program.cost, constant=-program.constant))
    import highspy

    solver.changeObjectiveSense(highspy.ObjSense.kMinimize)
    if solver.writeModel(str(path)) == highspy.HighsStatus.kError or not path.exists():
        raise OSError(f"HiGHS cannot write {path}")
    return time.perf_counter() - begun


def in_highs(folder: Path, instance: str, limit: float, gap: float, **options: Any) -> Found:
    """Time HiGHS on all cores; a method that it does not have raises.

    Without the package ``highspy-extras``, HiGHS is asked for ``hipo``, says so in its return code, and goes on with
    simplex: that must not count.
    """
    import highspy

    program = loaded(folder / f"{instance}.npz")
    begun = time.perf_counter()
    solver = handed_over(program, threads=os.cpu_count(), time_limit=limit, mip_rel_gap=gap, **options)
    handed = time.perf_counter()
    if solver.run() == highspy.HighsStatus.kError:
        raise RuntimeError(f"HiGHS cannot run with {options}")
    x = np.array(solver.getSolution().col_value)
    ended = time.perf_counter()
    status = solver.getModelStatus().name
    info = solver.getInfo()
    if options.get("solver") in ("ipx", "hipo") and status == "kOptimal" and info.ipm_iteration_count <= 0:
        raise RuntimeError(f"HiGHS took another way than {options['solver']}")
    there = len(x) > 0 and info.primal_solution_status == 2
    return {
        "hand-over": handed - begun,
        "solve": ended - handed,
        "done": status == "kOptimal",
        "objective": float(program.cost @ x) + program.constant if there else None,
        "status": status,
    }


def in_cbc(folder: Path, instance: str, limit: float, gap: float, how: str = "") -> Found:
    """Time the binary of CBC that PuLP brings, which holds CLP, on an MPS file; reading the file is its hand-over."""
    import pulp

    binary = str(pulp.PULP_CBC_CMD().path)
    file, answer = str((folder / f"{instance}.mps").resolve()), folder / f"{instance}{how}.sol"
    begun = time.perf_counter()
    subprocess.run([binary, file, "-quit"], capture_output=True, check=True)
    read = time.perf_counter()
    steps = [how] if how else ["-ratioGap", str(gap), "-solve"]
    command = [binary, file, "-timeMode", "elapsed", "-sec", str(limit), *steps, "-solution", str(answer), "-quit"]
    subprocess.run(command, capture_output=True, text=True, check=True)
    ended = time.perf_counter()
    head = answer.read_text(encoding="utf-8").splitlines()[0] if answer.exists() else "no answer"
    value = re.search(r"objective value\s+(-?[\d.eE+]+)", head)
    return {
        "hand-over": read - begun,
        "solve": max(0.0, ended - read - (read - begun)),
        "done": head.startswith("Optimal"),
        "objective": -float(value.group(1)) if value and "nfeasible" not in head else None,
        "status": head.split(" - ")[0],
    }


def in_ortools(folder: Path, instance: str, limit: float, gap: float, solver: str = "GLOP") -> Found:
    """Time a solver of OR-Tools through MathOpt, handed over as arrays."""
    from ortools.math_opt.python import mathopt

    program = loaded(folder / f"{instance}.npz")
    begun = time.perf_counter()
    model = mathopt.Model.from_model_proto(_proto(program))
    limits: dict[str, Any] = {"time_limit": dt.timedelta(seconds=limit)}
    if solver in ("PDLP", "CP_SAT"):
        limits["threads"] = os.cpu_count()
    if program.integer.any():
        limits["relative_gap_tolerance"] = gap
    handed = time.perf_counter()
    result = mathopt.solve(model, mathopt.SolverType[solver], params=mathopt.SolveParameters(**limits))
    ended = time.perf_counter()
    return {
        "hand-over": handed - begun,
        "solve": ended - handed,
        "done": result.termination.reason == mathopt.TerminationReason.OPTIMAL,
        "objective": float(result.objective_value()) if result.has_primal_feasible_solution() else None,
        "status": result.termination.reason.name,
    }


def _proto(program: Program) -> Any:
    """Return a program as the message that MathOpt reads: its matrix row by row."""
    from ortools.math_opt import model_pb2

    proto = model_pb2.ModelProto()
    columns, rows = np.arange(program.columns), np.arange(program.rows)
    variables, limits, matrix = proto.variables, proto.linear_constraints, proto.linear_constraint_matrix
    variables.ids.extend(columns.tolist())
    variables.lower_bounds.extend(program.lower.tolist())
    variables.upper_bounds.extend(program.upper.tolist())
    variables.integers.extend(program.integer.tolist())
    limits.ids.extend(rows.tolist())
    limits.lower_bounds.extend(program.row_lower.tolist())
    limits.upper_bounds.extend(program.row_upper.tolist())
    column = np.repeat(columns, np.diff(program.indptr))
    order = np.argsort(program.indices, kind="stable")
    matrix.row_ids.extend(program.indices[order].tolist())
    matrix.column_ids.extend(column[order].tolist())
    matrix.coefficients.extend(program.data[order].tolist())
    proto.objective.maximize = True
    proto.objective.offset = program.constant
    earns = np.flatnonzero(program.cost)
    proto.objective.linear_coefficients.ids.extend(earns.tolist())
    proto.objective.linear_coefficients.values.extend(program.cost[earns].tolist())
    return proto
