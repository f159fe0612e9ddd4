"""A completion as chat messages: what the assistant wrote, turn by turn, and the results between.

Each assistant message becomes the text that our template would show of it: reasoning in think tags, content, calls in
`<tool_call>` tags. The results are not read where the problem has a session: its calls are made again. Without one
there is nothing to make them in, and they are left out.
"""

import contextlib
import json
from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from temper.mistakes import shortened
from temper.verifiers.reading import strict_json
from temper.verifiers.sessions.session import Exchange, Exchanges


def exchanges(messages: Sequence[JsonValue], where: str, acts: bool) -> Exchanges:
    """One for each assistant message; `acts`: whether the problem has a session. The calls of the last message are made
    where a result stands behind it. Raises ValueError `where: field ...`."""
    texts: list[str] = []
    answered: list[bool] = []
    for place, message in enumerate(messages):
        at = f"{where}: field 'completion.{place}"
        if not isinstance(message, dict):
            raise ValueError(f"{at}': expected a message, got {shortened(message)}; send role and content")
        match message.get("role"):
            case "assistant":
                texts.append(_text(message, at))
                answered.append(False)
            case "tool" if texts:
                answered[-1] = True
            case role:
                raise ValueError(
                    f"{at}.role': got {shortened(role)}; a completion is an assistant's messages and the results of "
                    "tools behind them"
                )
    if not texts:
        raise ValueError(f"{where}: field 'completion': no message; give at least the assistant's last")
    later = [True] * (len(texts) - 1) + [answered[-1]]
    return tuple(Exchange(text, unmade=acts and made) for text, made in zip(texts, later, strict=True))


def _text(message: Mapping[str, JsonValue], at: str) -> str:
    content = message.get("content") or ""
    reasoning = message.get("reasoning") or message.get("reasoning_content") or ""
    calls = message.get("tool_calls") or []
    for name, value, kind in (("content", content, str), ("reasoning", reasoning, str), ("tool_calls", calls, list)):
        if not isinstance(value, kind):
            raise ValueError(f"{at}.{name}': expected {'text' if kind is str else 'a list'}, got {shortened(value)}")
    assert isinstance(content, str) and isinstance(reasoning, str) and isinstance(calls, list)
    thought = f"<think>\n{reasoning.strip()}\n</think>\n\n" if reasoning.strip() else ""
    return thought + "\n".join(filter(None, [content, *(_call(call, at) for call in calls)]))


def _call(call: JsonValue, at: str) -> str:
    """As the chat template writes calls. Arguments that are no JSON stay as they are, which no session reads."""
    function = call.get("function", call) if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise ValueError(f"{at}.tool_calls': no call, got {shortened(call)}; give name and arguments")
    arguments = function.get("arguments") or {}
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):
            text = json.dumps(strict_json.loads(arguments), ensure_ascii=False)
    return f'<tool_call>\n{{"name": {json.dumps(function["name"])}, "arguments": {text}}}\n</tool_call>'
