"""OpenAI's answers, whole and in chunks."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import JsonValue

from temper.gateway.doors.refusals import RefusalError
from temper.rlvr.engines.sampled import Likeliest, open_thought
from temper.serving.bodies import FieldError
from temper.serving.parts import Part, Parts
from temper.serving.prompts import Plan
from temper.serving.section import Served
from temper.serving.service import News
from temper.serving.writing import UNSURE, Writing
from temper.verifiers.reading.calls import Call

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

Answer = dict[str, JsonValue]
LEAST = -9999.0
"""What the API writes for a logprob that no number is small enough for."""
TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def said(refusal: RefusalError) -> Answer:
    """A refusal as OpenAI's clients read it."""
    kind = "server_error" if refusal.status >= 500 else TYPES.get(refusal.status, "invalid_request_error")
    named, code = (refusal.field, refusal.code) if isinstance(refusal, FieldError) else ("", "")
    return {
        "error": {
            "message": str(refusal),
            "type": kind,
            "param": named or None,
            "code": code or CODES.get(refusal.status),
        }
    }


@dataclass
class Choice:
    """One completion under way: what of it was read, and what of that was answered."""

    index: int
    writing: Writing
    parts: Parts | None = None
    """None for `/v1/completions`, whose answer is the text."""
    text: str = ""
    reasoning: str = ""
    calls: list[JsonValue] = field(default_factory=list)
    told: int = 0
    """Tokens whose logprobs were answered."""
    number: int = 0
    """That of its request."""

    def take(self, news: News) -> list[Answer]:
        """What is new, as the deltas of a stream."""
        text = self.writing.take(news)
        if self.parts is None:
            self.text += text
            return [{"text": text}] if text else []
        parts = self.parts.add(text) if text else []
        return [self._delta(part) for part in (*parts, *(self.parts.rest() if self.ended else ()))]

    def _delta(self, part: Part) -> Answer:
        if part.call is not None:
            call = called(part.call)
            self.calls.append(call)
            return {"tool_calls": [{"index": len(self.calls) - 1, **call}]}
        self.text += part.content
        self.reasoning += part.reasoning
        return {"content": part.content} if part.content else {"reasoning_content": part.reasoning}

    @property
    def ended(self) -> bool:
        return self.writing.end is not None

    @property
    def finish(self) -> str | None:
        if self.calls and self.writing.end == "stop":
            return "tool_calls"
        return self.writing.end


def begun(served: Served, plan: Plan, index: int, chat: bool, calls: bool = False) -> Choice:
    """Of a plan's choice; with `calls` its calls are told apart from what it says."""
    writing = Writing(served.renderer.tokenizer, plan.stops)
    if not chat:
        return Choice(index, writing)
    thinks = -1 not in served.think_ids
    thinking = thinks and open_thought(plan.prompts[0], served.think_ids)
    return Choice(index, writing, Parts(thinks, thinking, calls))


def called(call: Call) -> Answer:
    """Its arguments are JSON text in this API."""
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return {
        "id": f"call_{secrets.token_hex(12)}",
        "type": "function",
        "function": {"name": call.name, "arguments": arguments},
    }


@dataclass(frozen=True)
class Shape:
    """How one request is answered."""

    model: str
    tokenizer: "PreTrainedTokenizerBase"
    chat: bool
    logprobs: bool
    likeliest: int
    prompt_tokens: int
    id: str = field(default_factory=lambda: secrets.token_hex(12))
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, choices: Sequence[Choice]) -> Answer:
        made: list[JsonValue] = [self._choice(choice) for choice in choices]
        return self._around("chat.completion" if self.chat else "text_completion", made) | {
            "usage": self.usage(choices)
        }

    def usage(self, choices: Sequence[Choice]) -> Answer:
        sampled = sum(choice.writing.sampled for choice in choices)
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": sampled,
            "total_tokens": self.prompt_tokens + sampled,
        }

    def first(self, choice: Choice) -> Answer | None:
        """What a stream begins with, where it begins with anything."""
        return self._chunk(choice, {"role": "assistant", "content": ""}, []) if self.chat else None

    def chunks(self, choice: Choice, deltas: Sequence[Answer]) -> list[Answer]:
        """Of what is new; the logprobs of its tokens stand in the first."""
        untold = self.logprobs and choice.told < len(choice.writing.tokens)
        nothing: Answer = {} if self.chat else {"text": ""}
        made = [self._chunk(choice, delta, self._new(choice)) for delta in deltas or [nothing] * untold]
        return made + ([self._chunk(choice, nothing, [], choice.finish)] if choice.ended else [])

    def last(self, choices: Sequence[Choice]) -> Answer:
        return self._around("chat.completion.chunk" if self.chat else "text_completion", []) | {
            "usage": self.usage(choices)
        }

    def _around(self, kind: str, choices: list[JsonValue]) -> Answer:
        prefix = "chatcmpl" if self.chat else "cmpl"
        return {
            "id": f"{prefix}-{self.id}",
            "object": kind,
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }

    def _choice(self, choice: Choice) -> JsonValue:
        logprobs = self._logprobs(choice, range(len(choice.writing.tokens))) if self.logprobs else None
        told: Answer = {"index": choice.index, "finish_reason": choice.finish, "logprobs": logprobs}
        if not self.chat:
            return {**told, "text": choice.text}
        message: Answer = {"role": "assistant", "content": choice.text or (None if choice.calls else "")}
        if choice.reasoning:
            message["reasoning_content"] = choice.reasoning
        if choice.calls:
            message["tool_calls"] = choice.calls
        return {**told, "message": message}

    def _chunk(self, choice: Choice, delta: Answer, places: Sequence[int], finish: str | None = None) -> Answer:
        logprobs = self._logprobs(choice, places) if self.logprobs and places else None
        told: Answer = {"index": choice.index, "finish_reason": finish, "logprobs": logprobs}
        told |= {"delta": delta} if self.chat else delta
        return self._around("chat.completion.chunk" if self.chat else "text_completion", [told])

    def _new(self, choice: Choice) -> Sequence[int]:
        places = range(choice.told, len(choice.writing.tokens))
        choice.told = len(choice.writing.tokens)
        return places

    def _logprobs(self, choice: Choice, places: Sequence[int]) -> Answer:
        writing = choice.writing
        spelt = [self._spelt(writing.tokens[place]) for place in places]
        logprobs = [max(writing.logprobs[place], LEAST) for place in places]
        if self.chat:
            content: list[JsonValue] = [
                {
                    **_token(text, logprob),
                    "top_logprobs": [_token(self._spelt(other), max(score, LEAST)) for other, score in likeliest],
                }
                for text, logprob, likeliest in zip(
                    spelt, logprobs, (writing.likeliest[place] for place in places), strict=True
                )
            ]
            return {"content": content, "refusal": None}
        tops: list[JsonValue] = [self._tops(writing.likeliest[place]) for place in places]
        return {
            "tokens": [*spelt],
            "token_logprobs": [*logprobs],
            "top_logprobs": tops if self.likeliest else None,
            "text_offset": [writing.offsets[place] for place in places],
        }

    def _tops(self, likeliest: Likeliest) -> Answer:
        """Tokens of one spelling (parts of characters) are one here: the likeliest of them."""
        found: dict[str, JsonValue] = {}
        for token, logprob in likeliest:
            found.setdefault(self._spelt(token), max(logprob, LEAST))
        return found

    def _spelt(self, token: int) -> str:
        text = self.tokenizer.decode([token], skip_special_tokens=False)
        assert isinstance(text, str)
        return text


def _token(text: str, logprob: float) -> Answer:
    # Part of a character has no bytes that its text could say.
    return {"token": text, "logprob": logprob, "bytes": None if UNSURE in text else [*text.encode()]}


def event(answer: Mapping[str, JsonValue]) -> bytes:
    """One of a stream."""
    return b"data: " + json.dumps(answer).encode() + b"\n\n"


DONE = b"data: [DONE]\n\n"
