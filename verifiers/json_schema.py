"""Accepts a completion whose JSON is valid under the row's schema.

The JSON is the last fenced block (`fences`, tagged `json` or not at all) after `</think>`, or, without a fence, the
whole text; it is read strictly (`strict_json`), its numbers as they were written. The draft is that of `$schema`,
2020-12 without one; references stay inside the schema or go to the published meta-schemas, and nothing is ever
fetched. Patterns are ECMA-262's (`ecma_pattern`), matched in linear time.

A verdict costs at most `schema_build.WORK`, whatever the completion and the schema are. Who is at fault when that is
spent is settled by size: a row whose schema has more than MAX_SIZE parts is refused, so under any other one the work
suffices for small completions, and a completion that spends it asked for it and scores 0. The row's own answer is a
probe, so the audit finds a schema under which it is too much.
"""

import json
from functools import cache

from pydantic import Field, JsonValue

from temper.sandboxes.job import Sandbox
from temper.verifiers.problem import Problem
from temper.verifiers.reading import exact_json
from temper.verifiers.reading.extract import after_thinking
from temper.verifiers.reading.fences import JSON, read_fences
from temper.verifiers.schema.build import Schema, built
from temper.verifiers.schema.documents import NEWEST, published
from temper.verifiers.schema.walk import Failure
from temper.verifiers.schema.work import OverBudgetError
from temper.verifiers.verdict import Verdict, scored
from temper.verifiers.verifier import Probe, Verifier

MAX_JSON = 200_000
"""Characters of JSON that are judged; more scores 0."""
META_WORK = 10_000_000
"""Units for judging the row's schema itself."""


class JsonSchema(Verifier):
    """Validates the completion's JSON."""

    schema_: dict[str, JsonValue] | bool = Field(alias="schema")
    """What the JSON is validated against: a JSON Schema."""
    formats: bool = False
    """Whether `format` is asserted and not only an annotation; a format that is not known is refused then."""

    def check(self, problem: Problem) -> None:
        named = self.schema_.get("$schema", NEWEST) if isinstance(self.schema_, dict) else NEWEST
        meta = _meta(named.rstrip("#")) if isinstance(named, str) else None
        try:
            failure = meta.failure(exact_json.exact(self.schema_), META_WORK) if meta else None
        except OverBudgetError:
            raise ValueError("field 'params.schema': too large; make it smaller") from None
        if failure:
            raise ValueError(
                f"field '{'.'.join(map(str, ('params.schema', *failure.path)))}': {failure}; mend the schema"
            )
        try:
            self._built()
        except ValueError as error:
            raise ValueError(f"field 'params.schema': {error}; mend the schema") from error

    def verify(self, problem: Problem, completion: str, sandbox: Sandbox | None = None) -> Verdict:
        text, reason = find_json(completion)
        if text is None:
            return scored(0.0, reason)
        if len(text) > MAX_JSON:
            return scored(0.0, f"JSON of {len(text)} characters; at most {MAX_JSON} are judged")
        try:
            value = exact_json.read(text)
        except ValueError as error:
            return scored(0.0, f"no JSON: {error}")
        try:
            failure = self._built().failure(value)
        except OverBudgetError:
            return scored(0.0, "takes more work under the schema than a verdict may")
        return scored(0.0, f"at {_place(failure):.80}: {failure}") if failure else scored(1.0, "valid")

    def _built(self) -> Schema:
        return built(json.dumps(self.schema_), self.formats)

    def probes(self, problem: Problem) -> list[Probe]:
        own = [] if problem.answer is None else [("answer", json.dumps(problem.answer), 1.0)]
        prompt = problem.prompt if isinstance(problem.prompt, str) else (problem.prompt[-1].content or "")
        return [
            *own,
            ("empty", "", 0.0),
            ("whitespace", " \n\t ", 0.0),
            ("garbage", "{]}", 0.0),
            ("cut", '{"a": [1, 2', 0.0),
            ("a key twice", '{"a": 1, "a": 2}', 0.0),
            ("NaN", "NaN", 0.0),
            ("deep nesting", "[" * 100_000, 0.0),
            ("prompt", prompt, None),
            ("the schema itself", json.dumps(self.schema_), None),
            ("sys.exit(0)", "import sys; sys.exit(0)", 0.0),
            ("always equal", "class A:\n    def __eq__(self, other): return True", 0.0),
            ("1 MB", "x" * 1_000_000, 0.0),
        ]


def find_json(completion: str) -> tuple[str | None, str]:
    """The text that is to be JSON, or None and why there is none."""
    text = after_thinking(completion)
    if text is None:
        return None, "the reasoning does not end: no </think>"
    found = read_fences(text)
    # a cut block of another language hides no JSON above it
    if found.cut is not None and found.cut.language in JSON:
        return None, "the last code block is cut: no closing fence on a line of its own"
    blocks = [block for block in found.blocks if block.language in JSON]
    if blocks:
        return blocks[-1].text, ""
    others = [*found.blocks, *([found.cut] if found.cut else [])]
    if others:
        return None, f"no JSON: no code block is tagged json, the last one is {others[-1].language[:20]!r}"
    return found.beside, ""


@cache
def _meta(address: str) -> Schema | None:
    document = published(address)
    return None if document is None else Schema(document, formats=False)


def _place(failure: Failure) -> str:
    """As JSONPath writes it."""
    steps = (f".{step}" if isinstance(step, str) and step.isidentifier() else f"[{step!r}]" for step in failure.path)
    return "$" + "".join(steps)
