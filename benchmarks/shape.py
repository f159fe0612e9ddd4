"""The shape of the code: circles and climbs of imports, sizes of folders, files and functions, `Any` in public
signatures, comments.

    python benchmarks/shape.py

Over what ships: every package of `pyproject.toml`, without tests and benchmarks. Lines are the files' own, blank ones
included. A function's length runs from its first decorator to its end. Exit status 1 when a bound is broken; the
longest functions, and each public signature that says `Any`, are listed with `--list`.
"""

import argparse
import ast
import graphlib
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parents[1]
FOLDERS = ("pipeline", "policy", "sft", "rlvr", "verifiers", "sandboxes", "rows", "view", "gateway", "serving")
FOLDERS += ("recipes",)
LEVELS = {"sandboxes": 0, "policy": 0, "verifiers": 1, "sft": 1, "recipes": 2, "rlvr": 2, "gateway": 2}
LEVELS |= {"rows": 3, "view": 3, "serving": 4, "pipeline": 5}
"""An import may go to a folder on a lower floor, or to its own."""
MOST_FILES, LONGEST, P95 = 24, 60, 25
MOST_ANY, FEWEST_COMMENTS = 4.0, 12.0
"""Of 1,000 lines."""


@dataclass(frozen=True)
class Source:
    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """As it is imported."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(("temper", *parts)).removesuffix(".__init__")

    @property
    def lines(self) -> int:
        return self.text.count("\n")


def sources() -> list[Source]:
    paths = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    return [Source(path, text := path.read_text(), ast.parse(text)) for path in paths]


def imports(tree: ast.Module) -> Iterator[str]:
    """What a file imports at its top, in a function or for types."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def graph(files: list[Source]) -> dict[str, set[str]]:
    """The modules of ours that each of ours imports; a package that only leads to a module is none."""
    known = {file.name for file in files}
    return {
        file.name: {name if name in known else name.rpartition(".")[0] for name in imports(file.tree)} & known
        for file in files
    }


def circle(edges: dict[str, set[str]]) -> list[str]:
    """One circle, empty without any."""
    try:
        tuple(graphlib.TopologicalSorter(edges).static_order())
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def climbs(edges: dict[str, set[str]]) -> list[str]:
    """Imports that go up."""
    return [
        f"{name} -> {other}"
        for name, others in edges.items()
        for other in others
        if _level(other) > _level(name) or (_level(other) == _level(name) and _room(other) != _room(name))
    ]


def _room(name: str) -> str:
    return name.split(".")[1]


def _level(name: str) -> int:
    return LEVELS[_room(name)] if "." in name else 0


def functions(files: list[Source]) -> list[tuple[int, str]]:
    """(lines, place) of every function, longest first."""
    found = []
    for file in files:
        for node in ast.walk(file.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                start = min([node.lineno, *(each.lineno for each in node.decorator_list)])
                place = f"{file.path.relative_to(ROOT)}:{node.lineno} {node.name}"
                found.append(((node.end_lineno or start) - start + 1, place))
    return sorted(found, reverse=True)


def public_any(file: Source) -> Iterator[str]:
    """Public functions and methods of public classes with `Any` in a parameter's or the result's type."""
    for holder in [file.tree, *(node for node in file.tree.body if isinstance(node, ast.ClassDef))]:
        if isinstance(holder, ast.ClassDef) and holder.name.startswith("_"):
            continue
        for node in holder.body:
            if not isinstance(node, ast.FunctionDef) or (node.name.startswith("_") and node.name != "__init__"):
                continue
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg]
            types = [argument.annotation for argument in arguments if argument] + [node.returns]
            if any(_says_any(each) for each in types if each):
                yield f"{file.path.relative_to(ROOT)}:{node.lineno} {node.name}"


def _says_any(annotation: ast.expr) -> bool:
    names = {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}
    text = {node.value for node in ast.walk(annotation) if isinstance(node, ast.Constant)}
    return "Any" in names or any("Any" in str(each).split(".")[-1] for each in text)


def comments(file: Source) -> list[str]:
    """Comments for a reader; those that only speak to a tool do not count."""
    with file.path.open("rb") as lines:
        found = [token.string for token in tokenize.tokenize(lines.readline) if token.type == tokenize.COMMENT]
    return [text for text in found if not text.startswith(("# noqa", "# type:", "# fmt:"))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the longest functions and who says Any")
    options = parser.parse_args()
    files = sources()
    total = sum(file.lines for file in files)
    edges, lengths = graph(files), functions(files)
    sizes = sorted(length for length, _ in lengths)
    says_any = [place for file in files for place in public_any(file)]
    said = sum(len(comments(file)) for file in files)
    folders = Counter(str(file.path.parent.relative_to(ROOT)) for file in files)
    crowded = {name: count for name, count in folders.items() if count > MOST_FILES and name != "pipeline"}
    p95 = sizes[int(0.95 * len(sizes))]
    any_share, said_share = 1000 * len(says_any) / total, 1000 * said / total
    heights = sorted(file.lines for file in files)
    rows = [
        ("circles of imports", " -> ".join(circle(edges)) or "none", not circle(edges)),
        ("imports that run up", ", ".join(climbs(edges)) or "none", not climbs(edges)),
        (f"folders over {MOST_FILES} files but pipeline/", str(crowded or "none"), not crowded),
        ("functions: number, median lines", f"{len(sizes)}, {median(sizes):.0f}", True),
        (f"functions: p95 lines (<= {P95})", f"{p95}", p95 <= P95),
        (f"functions: longest, lines (<= {LONGEST})", f"{sizes[-1]}", sizes[-1] <= LONGEST),
        ("files: number, median and longest lines", f"{len(heights)}, {median(heights):.0f}, {heights[-1]}", True),
        (f"`Any` in public signatures, per 1,000 lines (<= {MOST_ANY:g})", f"{any_share:.1f}", any_share <= MOST_ANY),
        (f"comments, per 1,000 lines (>= {FEWEST_COMMENTS:g})", f"{said_share:.1f}", said_share >= FEWEST_COMMENTS),
        ("lines", f"{total:,}", True),
    ]  # fmt: skip
    for what, figure, holds in rows:
        print(f"{what:58} {figure}{'' if holds else '   BROKEN'}")
    if options.list:
        print("\n".join(f"{length:4} {place}" for length, place in lengths[:20]))
        print("\n".join(says_any))
    return 0 if all(holds for _, _, holds in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
