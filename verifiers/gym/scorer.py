"""Runs in the box, never here: reasoning-gym's own scorers, with nothing left in them that executes text.

Loaded once a slot as the program of a `call` job (`Call.package`); every score is a forked child of that. Nine scorers
would hand text to `eval`, their own or sympy's: `evaluate` stands in its place, which reads Python's syntax and knows
literals, lists, arithmetic and sympy's elementary functions. So no text of a completion ever runs, and the process that
holds the entry's answer stays ours: what it returns is the scorer's number.

The standard library alone at import; `load` is called in the box.
"""

import ast
import copy
import importlib
import operator
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

GENERATORS_ONLY = ("cellpylib", "pycosat")
"""Imported by modules whose scorers do not use them."""
_NAMES = """Integer Float Rational Symbol sqrt exp log ln sin cos tan sec csc cot asin acos atan sinh cosh tanh
asinh acosh atanh Abs"""
FUNCTIONS = frozenset(_NAMES.split())
"""What sympy's parser may call: its constructors and the gate's functions."""
CONSTANTS = frozenset(("pi", "E"))
OPERATORS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Pow: operator.pow, ast.LShift: operator.lshift, ast.RShift: operator.rshift,
    ast.UAdd: operator.pos, ast.USub: operator.neg,
}  # fmt: skip
WARMING = "sin(x)**2*exp(x) + log(x)/(x + 1)**(1/2) - 2.5"
"""Makes sympy import what it puts off, once and not a verdict."""
SCORERS: dict[str, Any] = {}
"""Dataset name to its scorer under the default configuration."""


def load() -> None:
    """Raises ImportError where the box lacks the package."""
    os.environ["OPENBLAS_NUM_THREADS"] = "1"
    for name in GENERATORS_ONLY:
        sys.modules.setdefault(name, types.ModuleType(name))
    factory = importlib.import_module("reasoning_gym.factory")
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "reasoning_gym":
            vars(module).update(eval=evaluate, exec=None)
    vars(importlib.import_module("sympy.parsing.sympy_parser")).update(eval=evaluate)
    for name, (dataset, config) in factory.DATASETS.items():
        if name != "composite":
            SCORERS[name] = dataset(config=config())
    judge("simple_integration", {}, {"metadata": {"variable": "x", "integrand": WARMING}}, None, f"x*({WARMING})")


def judge(name: str, config: dict[str, Any], entry: dict[str, Any], own: str | None, answer: str) -> list[Any]:
    """[score of the row's own answer, score of the answer]: each a float, or the exception as text; None without an
    own answer."""
    try:
        scorer = SCORERS[name]
        if config:
            scorer = type(scorer)(config=type(scorer.config)(**config))
    except Exception as error:
        return [f"config: {type(error).__name__}: {error}"[:300], 0.0]
    return [None if own is None else _score(scorer, entry, own), _score(scorer, entry, answer)]


def _score(scorer: Any, entry: dict[str, Any], answer: str) -> float | str:
    try:
        return float(scorer.score_answer(answer, copy.deepcopy(entry)))
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:300]


def evaluate(text: str, names: Mapping[str, Any] | None = None, local: Mapping[str, Any] | None = None) -> Any:
    """What `eval` is to the scorers. Raises ValueError for everything that it does not know."""
    return _value(ast.parse(text.strip(), mode="eval").body, names or {}, local or {})


def _value(node: ast.expr, names: Mapping[str, Any], local: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value) if type(value) in (int, float, str):
            return value
        case ast.List(elts=items):
            return [_value(item, names, local) for item in items]
        case ast.Tuple(elts=items):
            return tuple(_value(item, names, local) for item in items)
        case ast.UnaryOp(op=op, operand=one) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(one, names, local))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return OPERATORS[type(op)](_value(left, names, local), _value(right, names, local))
        case ast.Name(id=name) if name in local:
            return local[name]
        case ast.Name(id=name) if name in CONSTANTS:
            return names[name]
        case ast.Call(func=ast.Name(id=name), args=items, keywords=[]) if name in FUNCTIONS:
            return names[name](*(_value(item, names, local) for item in items))
    raise ValueError(f"no value: {type(node).__name__}")
