"""The house rules of the source: who imports whom, what loads when, and how long things are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src" / "allocopt"
LAYERS = (
    "cli",
    "report",
    "service",
    "compare",
    "retire",
    "explain",
    "allocate",
    "ties",
    "stages",
    "plan",
    "contracts",
    "pyomo_model",
    "solve",
    "rules",
    "algebra",
    "arcs",
    "scenario",
    "problem",
    "workers",
    "arguments",
    "documents",
    "rounding",
    "errors",
    "arrays",
    "words",
)
"""From top to bottom; a layer imports itself and those below it."""
SIBLINGS = (("algebra", "arcs"), ("arcs", "algebra"), ("algebra", "problem"), ("problem", "algebra"))
"""Layers that know nothing of each other, although one stands above."""
ONLY_IN = {
    "highspy": "solve/highs",
    "jinja2": "report/",
    "joblib": "workers",
    "matplotlib": "report/pictures/",
    "numba": ("solve/native", "solve/orders/native", "solve/prices/native", "solve/ties/native", "solve/trees/native"),
    "pyomo": "pyomo_model/",
    "rich": "cli",
    "sqlalchemy": ("problem/mapping/sql", "plan/database"),
    "typer": "cli",
    "xlsxwriter": "report/workbook",
}
"""Where a library may be imported at all: how the paths of its files begin."""
LAZY = (
    *(
        "highspy",
        "jinja2",
        "joblib",
        "matplotlib",
        "numba",
        "openpyxl",
        "pyomo",
        "rich",
        "ruamel",
        "sqlalchemy",
        "typer",
    ),
    "xlsxwriter",
)
"""What `import allocopt` must not load: a service would wait for it and never use it."""
FILE_LINES = 420
"""About 400."""
FUNCTION_LINES = 60
"""Without the docstring."""
IN_ORDER = 8
"""Values of a record that may be told apart by their order alone, when it is made; the others are named. Compiled
functions (`native_...`) make theirs in order."""

Function = ast.FunctionDef | ast.AsyncFunctionDef
FILES = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))


@cache
def nodes(file: str) -> tuple[ast.AST, ...]:
    """Return everything in the syntax tree of a source file."""
    return tuple(ast.walk(ast.parse((SOURCE / file).read_text(encoding="utf-8"))))


def imports(file: str) -> Iterator[tuple[int, str]]:
    """Yield every module that a file imports, wherever in it, with the line."""
    for node in nodes(file):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}, line {node.lineno}: imports are absolute"
            assert node.module is not None
            if node.module == "allocopt":
                yield from ((node.lineno, f"allocopt.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, node.module


def layer_of(path: str) -> str:
    """Return the layer of a file or of a dotted module."""
    return path.removesuffix(".py").replace("/", ".").split(".")[0]


@pytest.mark.parametrize("file", [file for file in FILES if file != "__init__.py"])
def test_imports_run_downwards_only(file):
    """A file imports its own layer and those below; siblings do not know each other."""
    mine = layer_of(file)
    assert mine in LAYERS, f"{file} is in no layer: say in LAYERS where it stands"
    wrong = []
    for line, module in imports(file):
        if module == "allocopt" or module.startswith("allocopt."):
            other = layer_of(module.removeprefix("allocopt").removeprefix(".") or "__init__")
            upwards = other not in LAYERS or LAYERS.index(other) < LAYERS.index(mine)
            if other != mine and (upwards or (mine, other) in SIBLINGS):
                wrong.append(f"{file}, line {line}: {mine} imports {module}")
    assert not wrong


def test_solve_sees_only_arrays():
    """No pandas, no labels, no problem in the solver: programs in, solutions out."""
    for file in FILES:
        if layer_of(file) == "solve":
            ours = {module for _, module in imports(file) if module.startswith("allocopt")}
            assert {module for module in ours if layer_of(module.removeprefix("allocopt.")) != "solve"} <= {
                "allocopt.algebra.exact",
                "allocopt.algebra.grouping",
                "allocopt.algebra.program",
                "allocopt.arrays",
                "allocopt.errors",
            }
            assert "pandas" not in {module.split(".")[0] for _, module in imports(file)}


@pytest.mark.parametrize(("library", "place"), ONLY_IN.items())
def test_a_library_is_imported_in_its_place_only(library, place):
    """HiGHS behind one file, Pyomo behind one folder, the terminal behind the command line."""
    users = {file for file in FILES for _, module in imports(file) if module.split(".")[0] == library}
    assert all(file.startswith(place) for file in users), users


def test_no_pickle_and_no_network():
    """Nothing that runs what it reads, or that leaves the machine."""
    banned = {"pickle", "shelve", "marshal", "socket", "urllib", "http", "requests", "ftplib"}
    used = {(file, module) for file in FILES for _, module in imports(file) if module.split(".")[0] in banned}
    assert not used


@pytest.mark.parametrize("file", FILES)
def test_files_and_functions_are_short(file):
    """A file fits into about 400 lines and a function's body on a screen."""
    assert len((SOURCE / file).read_text(encoding="utf-8").splitlines()) <= FILE_LINES
    long = [
        f"{node.name}, line {node.lineno}: {length(node)} lines"
        for node in functions(file)
        if length(node) > FUNCTION_LINES
    ]
    assert not long


def test_long_records_are_made_by_name():
    """Who reads how a record of many fields is made need not count them; an order that changes changes no meaning."""
    known = {node.name for file in FILES for node in nodes(file) if isinstance(node, ast.ClassDef) and is_record(node)}
    assert {"Apart", "Reserve", "Issue", "Book"} <= known
    counted = [
        f"{file}, line {node.lineno}: {name} has {len(node.args)} values without a name"
        for file in FILES
        if not file.split("/")[-1].startswith("native")
        for node in nodes(file)
        if isinstance(node, ast.Call) and (name := ast.unparse(node.func).split(".")[-1]) in known
        if len(node.args) > IN_ORDER
    ]
    assert not counted


def is_record(node: ast.ClassDef) -> bool:
    """Return whether a class is a dataclass or a named tuple."""
    marks = [ast.unparse(mark) for mark in (*node.decorator_list, *node.bases)]
    return any("dataclass" in mark or mark == "NamedTuple" for mark in marks)


def test_one_word_one_meaning():
    """No two classes or aliases of types share a name, wherever in the house they live."""
    homes: dict[str, list[str]] = {}
    for file in FILES:
        for node in ast.parse((SOURCE / file).read_text(encoding="utf-8")).body:
            for name in declared(node):
                homes.setdefault(name, []).append(file)
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


def test_the_glossary_names_what_is_there():
    """Every name that the glossary gives in brackets is one of the house."""
    text = (SOURCE.parents[1] / "docs" / "glossary.md").read_text(encoding="utf-8")
    named = {name for part in re.findall(r"\*\* \(([^)]*)\)", text) for name in re.findall(r"`(\w+)`", part)}
    known = {name for file in FILES for node in ast.parse((SOURCE / file).read_text()).body for name in declared(node)}
    assert len(named) > 20
    assert named <= known


def declared(node: ast.stmt) -> Iterator[str]:
    """Yield the names of classes and of aliases, which begin with a capital and are not all capitals."""
    if isinstance(node, ast.ClassDef):
        yield node.name
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    for target in targets:
        if isinstance(target, ast.Name) and target.id.lstrip("_")[:1].isupper() and not target.id.isupper():
            yield target.id


def functions(file: str) -> Iterator[Function]:
    """Yield every function and method of a file."""
    return (node for node in nodes(file) if isinstance(node, Function))


def length(node: Function) -> int:
    """Return the lines of a function without its docstring."""
    first = node.body[0]
    said = first.end_lineno - first.lineno + 1 if ast.get_docstring(node) is not None else 0
    return node.end_lineno - node.lineno + 1 - said


@pytest.mark.parametrize("file", [file for file in FILES if layer_of(file) != "cli"])
def test_the_library_neither_prints_nor_configures_logging(file):
    """Only the command line speaks; a library that logs leaves the configuration to its user."""
    calls = [node.func for node in nodes(file) if isinstance(node, ast.Call)]
    assert not [call for call in calls if isinstance(call, ast.Name) and call.id in ("print", "input", "eval", "exec")]
    configuring = ("basicConfig", "addHandler", "setLevel", "filterwarnings", "simplefilter")
    assert not [call for call in calls if isinstance(call, ast.Attribute) and call.attr in configuring]


def test_importing_the_library_loads_nothing_heavy():
    """Pyomo, workbooks, YAML and the terminal come in when somebody uses them."""
    code = "import sys, allocopt; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "allocopt.allocate" in loaded
    assert not [name for name in LAZY if name in loaded]
    assert done.stderr == ""
