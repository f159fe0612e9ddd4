"""A turn's calls, made one after another in a session: each is answered, whatever is wrong with it."""

import json
import time
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from temper.mistakes import nearest
from temper.verifiers.problem import Problem
from temper.verifiers.reading import exact_json
from temper.verifiers.reading.calls import Call, each_call
from temper.verifiers.schema.build import Schema, built
from temper.verifiers.schema.work import OverBudgetError
from temper.verifiers.sessions.session import Answered, Reply, Session
from temper.verifiers.sessions.table import functions_of
from temper.verifiers.shown import encodable

MAX_CALLS = 32
"""Calls of one turn that are made; what is said beyond them gets one answer."""
MAX_ARGUMENTS = 200_000
"""Characters of a call's arguments as JSON."""
MAX_RESULT = 200_000
"""Characters of a result that are kept: head and tail. A recipe's limit in tokens is lower."""


def calls_of(completion: str) -> list[Call | str]:
    """What a turn calls; nothing where it is the last one."""
    return each_call(completion)


def made(session: Session, problem: Problem, completion: str) -> Iterator[Answered]:
    """The answers of a turn's calls, in order, each when it is there."""
    said = calls_of(completion)
    for one in said[:MAX_CALLS]:
        if isinstance(one, str):
            yield Answered("", {}, f"Error: the call cannot be read: {one}", "unreadable")
            continue
        since = time.perf_counter()
        reply = _refused(problem, one) or session.call(one.name, one.arguments)
        text = cut(plain(reply.text), MAX_RESULT)
        yield Answered(one.name, one.arguments, text, reply.detail, time.perf_counter() - since)
    if (left := len(said) - MAX_CALLS) > 0:
        yield Answered("", {}, f"Error: {left} more calls were not made; a turn may make {MAX_CALLS}", "unreadable")


def cut(text: str, most: int) -> str:
    """Head and tail of a text of more than `most` characters, and how much is left out between them."""
    if len(text) <= most:
        return text
    half = most // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:] if half else ''}"


def plain(text: str) -> str:
    """What any tokenizer and any file takes: half a surrogate pair is spelt out, a NUL byte is a mark."""
    return encodable(text).replace("\x00", "\ufffd")


def _refused(problem: Problem, call: Call) -> Reply | None:
    """Why a call is not made; None for one that is."""
    functions = functions_of(problem.tools or ())
    if call.name not in functions:
        return Reply(f"Error: no function {call.name!r:.80}; {nearest(call.name[:80], functions)}", "unknown")
    wrong = wrong_arguments(functions[call.name].get("parameters") or {}, call.arguments)
    return Reply(f"Error: {call.name}: {wrong}", "arguments") if wrong else None


def wrong_arguments(parameters: Any, arguments: dict[str, Any]) -> str:
    """What is wrong with arguments, in the words of the schema; empty where nothing is."""
    text = json.dumps(arguments)
    if len(text) > MAX_ARGUMENTS:
        return f"arguments of {len(text)} characters; at most {MAX_ARGUMENTS} are read"
    try:
        failure = _schema(json.dumps(parameters)).failure(exact_json.exact(arguments))
    except OverBudgetError:
        return "its arguments take more work under the schema than a call may"
    if failure is None:
        return ""
    at = ".".join(map(str, failure.path))
    return f"argument {at[:80]!r}: {failure}" if at else f"arguments: {failure}"


@lru_cache(maxsize=4096)
def _schema(parameters: str) -> Schema:
    return built(parameters, formats=False)
