"""The examples in the docstrings run and print what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import allocopt

MODULES = sorted(module.name for module in pkgutil.walk_packages(allocopt.__path__, "allocopt."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_print_what_they_say(name):
    """Every example of a module prints what stands below it."""
    assert doctest.testmod(importlib.import_module(name)).failed == 0
