"""What Python users import: the same names for them and for type checkers, and no cost before they are used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import temper

ROOT = Path(__file__).parents[1]
DOORS = ("verifiers", "sandboxes")


@pytest.mark.parametrize("room", DOORS)
def test_every_name_of_a_front_door_is_the_one_that_type_checkers_see(room: str) -> None:
    door = importlib.import_module(f"temper.{room}")
    seen = {
        alias.name: node.module
        for node in ast.walk(ast.parse((ROOT / room / "__init__.py").read_text()))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("temper.")
        for alias in node.names
    }
    assert door.__all__ == sorted(door.__all__) and set(door.__all__) == set(seen)
    for name, module in seen.items():
        assert getattr(door, name) is getattr(importlib.import_module(str(module)), name)


@pytest.mark.parametrize("room", DOORS)
def test_a_name_that_is_not_there_is_refused_as_in_any_module(room: str) -> None:
    door = importlib.import_module(f"temper.{room}")
    with pytest.raises(AttributeError, match=f"module 'temper.{room}' has no attribute 'Jugde'"):
        _ = door.Jugde


def loaded_by(statement: str) -> set[str]:
    program = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_a_front_door_loads_nothing_and_a_name_loads_nothing_heavy() -> None:
    assert not {"pydantic", "docker", "temper.sandboxes.pool"} & loaded_by("import temper.verifiers, temper.sandboxes")
    names = "from temper.verifiers import *\nfrom temper.sandboxes import *"
    heavy = {"torch", "ray", "transformers", "trl", "datasets", "numpy", "pyarrow", "docker", "jsonschema", "py3langid"}
    assert not heavy & loaded_by(names)


def test_the_version_is_the_one_that_the_distribution_is_built_with() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text()
    assert 'dynamic = ["version"]' in pyproject and 'version = { attr = "temper.__version__" }' in pyproject
    assert temper.__version__.count(".") == 2 and all(part.isdecimal() for part in temper.__version__.split("."))
