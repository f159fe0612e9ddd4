"""One wording of a mistake, for a recipe, a problem and an example."""

import pytest
from pydantic import BaseModel, ValidationError

from temper.mistakes import first_mistake, nearest, shortened
from temper.pipeline.recipe import Recipe
from temper.sft.examples import Example
from temper.verifiers.problem import Problem


@pytest.mark.parametrize(
    ("model", "data", "field", "what"),
    [
        (Problem, {"id": 5, "prompt": "?", "verifier": "math"}, "id", "must be a valid string, got 5; write a text"),
        (Example, {"messages": [{"role": "user", "content": 5}]}, "messages.0.content", "must be a valid string, got"),
        (Recipe, {"name": 5}, "name", "must be a valid string, got 5; write a text, in quotes if it looks like"),
        (Problem, {"prompt": "?", "verifier": "math"}, "id", "missing; add it"),
        (Problem, {"id": "a", "prompt": "?", "verifier": "math", "anwser": 1}, "anwser", "unknown key, got 'anwser';"),
        (Problem, {"id": "a", "prompt": [{"role": 3}], "verifier": "m"}, "prompt.0.role", "must be a valid string"),
        (Example, {"messages": [{"role": "critic"}]}, "messages.0.role", "unknown value, got 'critic'; use 'system', "),
        (Recipe, {"base": {"kind": "tinny"}}, "name", "missing; add it (The run's folder under OUT)"),
        (Recipe, {"name": "a", "variant": "instruct", "base": {"kind": "x"}}, "base.kind", "unknown kind, got 'x'; "),
    ],
)  # fmt: skip
def test_a_mistake_is_said_alike(model: type[BaseModel], data: dict[str, object], field: str, what: str) -> None:
    with pytest.raises(ValidationError) as error:
        model.model_validate(data)
    found, said = first_mistake(error.value, model, data)
    assert found == field and said.startswith(what)


def test_an_unknown_word_is_answered_with_the_nearest_or_all() -> None:
    assert nearest("maths", ["math", "code"]) == "did you mean 'math'?"
    assert nearest("zzz", ["math", "code"]) == "use one of code, math"
    assert nearest("zzz", []) == "there are none"


def test_a_message_stays_one_line_whatever_the_value_is() -> None:
    assert shortened("a" * 1000) == "'" + "a" * 79 + "..." and shortened([1, 2]) == "[1, 2]"
    assert len(shortened(list(range(1000)))) == 83
