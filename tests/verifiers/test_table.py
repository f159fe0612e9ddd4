"""Names to verifiers, params to fields, compositions."""

from typing import Any

import pytest

from temper.sandboxes.job import Sandbox
from temper.verifiers.composition import Gate, Sum, with_row
from temper.verifiers.math import Math
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import VERIFIERS, resolve, verifier_for
from temper.verifiers.verdict import Verdict, abstained, scored
from temper.verifiers.verifier import Verifier


class Constant(Verifier):
    score: float | None = 1.0

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        return abstained("told so") if self.score is None else scored(self.score, "told so")


HERE = f"{__name__}:Constant"
LISTED = Plugins((__name__, "temper.verifiers", "no.such"))


def problem(verifier: str | dict[str, Any], params: dict[str, Any] | None = None, answer: object = "5") -> Problem:
    return Problem(id="p", prompt="q", verifier=verifier, params=params or {}, answer=answer)


def part(score: float | None, **more: object) -> dict[str, object]:
    return {"verifier": HERE, "params": {"score": score}, **more}


@pytest.mark.parametrize("name", sorted(VERIFIERS))
def test_every_name_of_the_table_is_a_verifier(name: str) -> None:
    assert issubclass(resolve(name), Verifier)


def test_a_module_and_class_is_a_name_too() -> None:
    assert resolve("temper.verifiers.math:Math", LISTED) is Math
    assert resolve(HERE, LISTED) is Constant


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("maths", "unknown verifier 'maths'; did you mean 'math'?"),
        ("zzz", f"unknown verifier 'zzz'; use one of {', '.join(sorted(VERIFIERS))}"),
        ("no.such.module:Class", "no module 'no'"),
        ("temper.verifiers.math:Maths", "has no 'Maths'; did you mean 'Math'?"),
        ("temper.verifiers.math:find_answer", "not a class of"),
        (":Class", "unknown verifier"),
        ("module:", "unknown verifier"),
        (".module:Class", "unknown verifier"),
        ("a b:Class", "unknown verifier"),
        ("temper.verifiers.verifier:Verifier", "Verifier lacks verify; write it"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        resolve(name, LISTED)
    assert message in str(caught.value)


def test_params_are_the_fields_of_the_class() -> None:
    assert verifier_for(problem("math", {"order": "strict"})) == Math(order="strict")
    assert verifier_for(problem("math")) == Math()


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"oder": "strict"}, "field 'params': math has no parameter 'oder'; did you mean 'order'?"),
        ({"order": "sorted"}, "field 'params.order': unknown value, got 'sorted'; use 'free' or 'strict'"),
        ({"rounding": 0}, "significant digits, got 0"),
        ({"rounding": "key"}, "field 'params.rounding"),
    ],
)
def test_bad_params_name_the_field(params: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        verifier_for(problem("math", params))
    assert message in str(caught.value)


def test_a_sum_weighs_its_parts() -> None:
    spec = {"sum": [part(1.0, weight=0.25), part(0.5, weight=0.5), {"verifier": "math", "weight": 0.25}]}
    verifier = verifier_for(problem(spec), LISTED)
    assert isinstance(verifier, Sum)
    assert verifier.verify(problem(spec), "\\boxed{5}").score == 0.75
    assert verifier.verify(problem(spec), "\\boxed{6}").score == 0.5


def test_a_part_that_abstains_makes_the_whole_abstain() -> None:
    for spec in (
        {"sum": [part(1.0, weight=0.5), part(None, weight=0.5)]},
        {"gate": part(None), "then": part(1.0)},
    ):
        assert verifier_for(problem(spec), LISTED).verify(problem(spec), "").outcome == "abstained"


@pytest.mark.parametrize(("gate", "then", "expected"), [(1.0, 0.5, 0.5), (0.9, 1.0, 0.0), (0.0, 1.0, 0.0)])
def test_a_gate_lets_the_score_through_only_when_it_is_full(gate: float, then: float, expected: float) -> None:
    spec = {"gate": part(gate), "then": part(then)}
    verifier = verifier_for(problem(spec), LISTED)
    assert isinstance(verifier, Gate)
    assert verifier.verify(problem(spec), "").score == expected


def test_compositions_nest() -> None:
    inner = {"sum": [part(0.5, weight=0.5), part(1.0, weight=0.5)]}
    spec = {"gate": {"verifier": "math"}, "then": {"verifier": inner}}
    assert verifier_for(problem(spec), LISTED).verify(problem(spec), "5").score == 0.75


@pytest.mark.parametrize(
    ("spec", "params", "message"),
    [
        ({"sum": []}, {}, "field 'verifier'"),
        ({"add": [1]}, {}, "field 'verifier'"),
        ({"sum": [part(1.0, weight=0.7), part(1.0, weight=0.7)]}, {}, "add up to 1.4"),
        ({"sum": [part(1.0)]}, {}, "'verifier.sum.0.weight' is missing"),
        ({"sum": [part(1.0, weight=-1)]}, {}, "field 'verifier.sum.0.weight'"),
        (
            {"sum": [{"verifier": "maths", "weight": 1}]},
            {},
            "field 'verifier.sum.0.verifier': unknown verifier 'maths'",
        ),
        ({"sum": [{"verifier": "math", "weight": 1, "parms": {}}]}, {}, "did you mean 'params'?"),
        ({"sum": [{"verifier": "math", "weight": 1, "params": {"x": 1}}]}, {}, "math has no parameter 'x'"),
        ({"gate": part(1.0)}, {}, "field 'verifier'"),
        ({"gate": part(1.0), "then": 5}, {}, "field 'verifier.then'"),
        ({"gate": part(1.0), "then": part(1.0)}, {"score": 1}, "a composition takes none"),
    ],
)
def test_a_bad_composition_names_the_part(spec: dict[str, Any], params: dict[str, Any], message: str) -> None:
    row = {"id": "p", "prompt": "q", "verifier": spec, "params": params, "answer": "5"}
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "f:1", plugins=LISTED)
    assert message in str(caught.value)
    assert str(caught.value).startswith("f:1: ")


def test_a_composition_tells_its_parts_apart() -> None:
    math, strict = {"verifier": "math"}, {"verifier": "math", "params": {"rounding": "exact"}}
    both = {"sum": [{**math, "weight": 0.5}, {**strict, "weight": 0.5}]}
    gated = {"gate": {"verifier": both}, "then": math}
    problem = Problem(id="p", prompt="?", verifier=gated, answer="1.33")
    assert verifier_for(problem).verify(problem, "4/3").parts == {
        "composition": 0.5, "composition.math": 1.0, "composition.math 2": 0.0,
    }  # fmt: skip
    passed = verifier_for(problem).verify(problem, "1.33").parts
    assert passed["math"] == passed["composition.math 2"] == 1.0


def test_a_source_puts_the_verifier_of_the_row_into_its_composition() -> None:
    row = {"verifier": "math", "params": {"order": "strict"}}
    spec = {"gate": {"verifier": "json_schema", "params": {"schema": {"verifier": "row"}}}, "then": {"verifier": "row"}}
    assert with_row(spec, row) == {**spec, "then": row}
    half = {"weight": 0.5}
    assert with_row({"sum": [{"verifier": "row", **half}, {"verifier": {"gate": spec["gate"]}}]}, row) == {
        "sum": [{**row, **half}, {"verifier": {"gate": spec["gate"]}}]
    }
