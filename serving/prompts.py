"""Requests to what the engine is asked: tokens of the prompts, and how to sample.

Prompts are rendered as the pipeline renders them (`policy.rendering`), so what a person writes never becomes a control
token: a `<|im_end|>` in a message is spelt out in ordinary tokens. That holds for the text of `/v1/completions` as
well; whoever wants control tokens there sends token ids.
"""

import random
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from temper.gateway.doors.refusals import RefusalError
from temper.policy.rendering import Piece
from temper.rlvr.rollout import Sampling
from temper.rows.chat import asked
from temper.serving.bodies import Chat, Text, bad
from temper.serving.section import Served

MOST_CHOICES = 128
"""Of one request."""


@dataclass(frozen=True)
class Plan:
    """What one request asks of the engine: `n` choices a prompt, those of a prompt side by side."""

    prompts: tuple[tuple[int, ...], ...]
    seeds: tuple[int, ...]
    """Of each choice."""
    samplings: tuple[Sampling, ...]
    """Of each prompt, which has the room that it leaves."""
    stops: tuple[str, ...]

    @property
    def prompt_tokens(self) -> int:
        return sum(map(len, self.prompts))


def of_chat(body: Chat, served: Served) -> Plan:
    """Raises RefusalError naming the field."""
    tools = body.tools if body.tool_choice == "auto" else []
    try:
        row = asked({"messages": body.messages})
    except (ValueError, RecursionError) as error:
        raise bad("messages", f"{error or 'nested too deep'}") from None
    try:
        pieces = served.renderer.pieces(row["messages"], tools, prompt=True)
    except Exception as error:  # a template is a program, and says in its own way what it does not take
        said = " ".join(str(error).split())[:300] or type(error).__name__
        raise bad("messages", f"{said}; change them") from None
    return _plan(body, [_ids(pieces, served, "messages")], served, "messages")


def of_text(body: Text, served: Served) -> Plan:
    """Raises RefusalError naming the field."""
    prompts = body.prompts
    if not prompts or len(prompts) * body.n > MOST_CHOICES:
        raise bad("prompt", f"1 to {MOST_CHOICES} prompts times n, got {len(prompts)} times {body.n}; send fewer")
    return _plan(body, [_text_ids(prompt, served) for prompt in prompts], served, "prompt")


def _text_ids(prompt: str | Sequence[int], served: Served) -> tuple[int, ...]:
    if not isinstance(prompt, str):
        if wrong := next((token for token in prompt if not 0 <= token < served.vocabulary), None):
            raise bad("prompt", f"no token has the id {wrong}; send ids below {served.vocabulary}")
        return tuple(prompt)
    tokenizer = served.renderer.tokenizer
    # Some tokenizers put one token before every text that begins.
    first = [tokenizer.bos_token_id] if tokenizer.bos_token_id in tokenizer("")["input_ids"][:1] else []
    return (*first, *_ids(served.renderer.plain(prompt), served, "prompt"))


def _ids(pieces: Sequence[Piece], served: Served, field: str) -> tuple[int, ...]:
    # Each piece is a token at least and is encoded by itself: a megabyte of control tokens would take minutes.
    if len(pieces) > served.context:
        raise _too_long(field, f"over {len(pieces)}", "", served.context)
    return tuple(token for ids in served.renderer.tokens(pieces) for token in ids)


def _plan(body: Chat | Text, prompts: Sequence[tuple[int, ...]], served: Served, field: str) -> Plan:
    seed = secrets.randbits(62) if body.seed is None else body.seed
    choices = range(len(prompts) * body.n)
    return Plan(
        prompts=tuple(prompts),
        seeds=tuple(random.Random(f"{seed}/choice/{place}").getrandbits(62) if place else seed for place in choices),
        samplings=tuple(_sampling(body, len(prompt), served.context, field) for prompt in prompts),
        stops=tuple(body.stop),
    )


def _sampling(body: Chat | Text, length: int, context: int, field: str) -> Sampling:
    room, most = context - length, body.most_tokens
    if not length:
        raise bad(field, "no token in it; send a text")
    if room < 1 or (most or 1) > room:
        wanted = f" and a completion of up to {most}" if most else ""
        raise _too_long(field if room < 1 else "max_tokens", str(length), wanted, context)
    return Sampling(body.temperature, most or room, stop_ids=tuple(body.stop_token_ids), likeliest=body.likeliest)


def _too_long(field: str, length: str, wanted: str, context: int) -> RefusalError:
    what = f"a prompt of {length} tokens{wanted}, and the context has {context}; shorten it"
    return bad(field, what, "context_length_exceeded")
