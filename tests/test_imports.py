"""The import table of the design: which folder may import which, and where the heavy packages may stand."""

import ast
import graphlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = {"policy", "sft", "rlvr", "verifiers", "sandboxes", "recipes", "rows", "view", "gateway", "serving"}
MAY_IMPORT = {
    "pipeline": {"pipeline", *ROOMS},
    "policy": {"policy"},
    "sft": {"sft", "policy"},
    "rlvr": {"rlvr", "policy", "verifiers"},
    "verifiers": {"verifiers", "sandboxes"},
    "sandboxes": {"sandboxes"},
    "gateway": {"gateway", "verifiers", "sandboxes"},
    "serving": {"serving", "policy", "rlvr", "verifiers", "rows", "gateway"},
    "recipes": {"recipes", "verifiers"},
    "rows": {"rows", "verifiers"},
    "view": {"view", "verifiers"},
}
OF_ALL = {"__version__", "mistakes"}
"""Of `package/`, the ground floor."""
OF_OTHERS = ("gateway/clients/verifiers_taskset.py", "gateway/clients/inspect_scorer.py")
"""They load only beside the system that they serve: `make test-adapters`."""
ONLY_IN = {
    "ray": {"pipeline"},
    "trl": {"sft", "rlvr"},
    "vllm": {"rlvr"},
    "docker": {"sandboxes"},
    "starlette": {"gateway", "serving"},
    "uvicorn": {"gateway"},
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function, for types or for use."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import; write temper.<folder>"
            assert node.module
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def name_of(path: Path) -> str:
    """The name by which a file of ours is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(("temper", *parts)).removesuffix(".__init__")


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    for path in sorted((ROOT / folder).rglob("*.py")):
        modules = imports(path)
        ours = {module.split(".")[1] for module in modules if module.startswith("temper.")} - OF_ALL
        assert ours <= MAY_IMPORT[folder], f"{path}: imports {sorted(ours - MAY_IMPORT[folder])}"
        for package, folders in ONLY_IN.items():
            if package in {module.split(".")[0] for module in modules}:
                assert folder in folders, f"{path}: imports {package}; that belongs in {sorted(folders)}"


def test_only_one_file_knows_vllm() -> None:
    ours = [path for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py")]
    assert sum("vllm" in {name.split(".")[0] for name in imports(path)} for path in ours) <= 1


@pytest.mark.parametrize("path", sorted((ROOT / "sandboxes/box").rglob("*.py")), ids=lambda path: path.stem)
def test_the_box_imports_the_standard_library_and_itself_alone(path: Path) -> None:
    """Nothing else of ours is in the box, and no package. A row that uses pytest brings pytest."""
    for name in imports(path):
        ours = name.startswith("temper.sandboxes.box")
        pytest_of_a_row = path.stem in ("unit", "running") and name.partition(".")[0] == "pytest"
        assert ours or pytest_of_a_row or name.partition(".")[0] in sys.stdlib_module_names, f"{path}: imports {name}"


def test_a_client_needs_the_plain_one_and_the_system_that_it_serves() -> None:
    """No package of ours besides, so whoever trains elsewhere installs nothing more; TRL's judges here as well."""
    for path in sorted((ROOT / "gateway/clients").glob("*.py")):
        ours = {name for name in imports(path) if name.startswith("temper.")}
        beyond = {name for name in ours if not name.startswith("temper.gateway.clients.plain")}
        assert not beyond or path.stem == "trl", f"{path}: imports {sorted(beyond)}"


def test_no_imports_go_in_a_circle() -> None:
    """Among the modules of ours, over what they import at their top, in a function or for types."""
    paths = [path for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py")]
    known = {name_of(path) for path in paths}

    def module_of(name: str) -> str:
        return name if name in known else name.rpartition(".")[0]

    graph = {name_of(path): {module_of(name) for name in imports(path)} & known for path in paths}
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(f"these import each other: {' -> '.join(error.args[1])}")


def test_every_folder_of_ours_is_a_typed_package_of_the_distribution() -> None:
    """Mapped by pyproject.toml, and linked in typings/ for type checkers; `temper` itself lies in package/."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} == {*MAY_IMPORT, "package"}
    folders = {path.parent for folder in MAY_IMPORT for path in (ROOT / folder).rglob("*.py")}
    places = {"temper": "package"} | {name_of(folder): str(folder.relative_to(ROOT)) for folder in folders}
    assert set(told["packages"]) == set(places) and told["package-dir"] == places
    assert all((ROOT / place / "py.typed").is_file() for place in places.values())
    linked = {path.name: path.resolve() for path in (ROOT / "typings/temper").iterdir()}
    of_temper = {name: ROOT / "package" / name for name in ("__init__.py", "mistakes.py", "py.typed")}
    assert linked == of_temper | {folder: ROOT / folder for folder in MAY_IMPORT}


@pytest.mark.parametrize("folder", ["verifiers", "sandboxes", "rows", "view", "gateway"])
def test_the_reward_side_loads_without_the_training_side(folder: str) -> None:
    """Every module of it, in a fresh interpreter."""
    paths = sorted((ROOT / folder).rglob("*.py"))
    names = [name_of(path) for path in paths if str(path.relative_to(ROOT)) not in OF_OTHERS]
    program = (
        f"import importlib, sys\nfor name in {names}: importlib.import_module(name)\n"
        "heavy = {'torch', 'ray', 'trl', 'vllm', 'transformers'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


EXECUTING = {"eval", "exec", "compile", "sympify", "parse_expr", "__import__", "loads"}


def test_nothing_in_verifiers_executes_text() -> None:
    """`json.loads` and our strict one are no executors; `re.compile` and `regex.compile` make patterns."""
    for path in sorted((ROOT / "verifiers").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                function = ast.unparse(node.func)
                harmless = function in ("json.loads", "strict_json.loads", "re.compile", "regex.compile")
                assert harmless or function.rpartition(".")[2] not in EXECUTING, (
                    f"{path.name}:{node.lineno}: {function}"
                )
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", "") or ""}
                found = names & {"pickle", "sympy", "marshal", "shelve", "math_verify", "reasoning_gym"}
                assert not found, f"{path.name}:{node.lineno}: imports {found}"
