"""Whether every problem's prompt can be rendered and leaves room for a completion, before anything runs.

A prompt ends where the policy is to go on: with the user's or a tool's message. A last assistant message is refused,
because the end of its turn would be part of the prompt. Of a tiny base, whose tokenizer takes seconds to make, a prompt
is tokenized only where its bytes, which are no fewer than its tokens, exceed the limit.
"""

from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from temper.pipeline.recipe import Recipe
from temper.policy.bases import Base, FolderBase, HubBase, TinyBase
from temper.policy.chat import dress, template
from temper.policy.rendering import Renderer
from temper.policy.suffix import Suffixes
from temper.verifiers.problem import Problem

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

ROLES = ("system", "user", "assistant", "tool")


@cache
def tiny_tokenizer(text: str, vocabulary: int) -> "PreTrainedTokenizerBase":
    """The one that a tiny base will have."""
    from temper.policy.tiny import build_tokenizer
    from temper.recipes.generators import GENERATORS

    return build_tokenizer(GENERATORS[text].tokenizer_lines(), vocabulary)


def tokenizer_of(base: Base) -> "PreTrainedTokenizerBase":
    """The base's own with what is added to it; for a tiny base, which may not be made yet, the one it will get."""
    from temper.policy.added_tokens import add_tokens
    from temper.policy.checkpoint import load_tokenizer

    match base:
        case FolderBase():
            tokenizer = load_tokenizer(Path(base.path))
        case HubBase():
            tokenizer = load_tokenizer(base.name, base.revision)
        case _:
            return tiny_tokenizer(base.text, base.vocabulary)
    if base.add_tokens:
        add_tokens(tokenizer)
    return tokenizer


class Prompts:
    """What a recipe's problems ask; with `tokenized`, rendered and counted as the run will."""

    def __init__(self, recipe: Recipe, tokenized: bool) -> None:
        self.recipe = recipe
        self.tokenized = tokenized and not isinstance(recipe.base, HubBase)

    def mistake(self, problem: Problem, field: str, limit: int | None) -> str:
        """What is wrong with a problem's prompt; empty where nothing is. `limit` is in tokens, as `field` says it."""
        found = wrong_message(problem.messages()) or self._wrong_session(problem, held_out=not field.startswith("rlvr"))
        if found or not self.tokenized:
            return found
        try:
            if isinstance(self.recipe.base, TinyBase):
                text = _rendered(template(self.recipe.variant), problem)
                if limit is None or len(text.encode()) <= limit:
                    return ""
            tokens = len(self.renderer.prompt_ids(problem.messages(), problem.tools))
        except Exception as error:  # a template is a program: whatever it raises, it does not take this prompt
            said = " ".join(str(error).split()) or type(error).__name__
            return f"prompt: the chat template does not take it, got {said[:200]!r}; mend the prompt or the template"
        if limit is not None and tokens > limit:
            return f"prompt: {tokens:,} tokens, more than {field} {limit:,}; raise that or leave the problem out"
        return ""

    def _wrong_session(self, problem: Problem, held_out: bool) -> str:
        """Why a problem's session cannot be had in this recipe; empty where it can."""
        if problem.session is None:
            return ""
        sections = {"eval": self.recipe.eval, "rlvr": self.recipe.rlvr}
        for name in ("eval",) if held_out else ("rlvr",):
            if (section := sections[name]) is not None and section.max_turns == 1:
                return f"session: {name}.max_turns is 1, got calls that are to be answered; raise it to 2 or more"
        if self.recipe.variant == "thinking" and (place := lost_reasoning(problem.messages())) is not None:
            return (
                f"prompt.{place}: reasoning before a later message of the user, which the thinking template drops; "
                "leave the reasoning or the row out"
            )
        if not self.tokenized:
            return ""
        try:
            self.suffixes.refuse_row(problem.messages(), problem.tools)
        except ValueError as error:
            return str(error)
        return ""

    @cached_property
    def suffixes(self) -> Suffixes:
        """Raises ValueError for a template that has none."""
        end = self.renderer.tokenizer.eos_token_id
        assert isinstance(end, int)
        return Suffixes(self.renderer, [end])

    @cached_property
    def renderer(self) -> Renderer:
        return renderer_of(self.recipe)


def renderer_of(recipe: Recipe) -> Renderer:
    """How the run renders: the base's tokenizer under the template that its first training gives it. Raises
    ValueError."""
    tokenizer = tokenizer_of(recipe.base)
    if recipe.sft and "sft" in recipe.stages:
        dress(tokenizer, recipe.variant, recipe.sft.template)
    elif isinstance(recipe.base, TinyBase):
        dress(tokenizer, recipe.variant)
    return Renderer(tokenizer)


def lost_reasoning(messages: Sequence[dict[str, Any]]) -> int | None:
    """The first assistant's message with reasoning that a message of the user follows; None where there is none."""
    last = max((place for place, message in enumerate(messages) if message.get("role") == "user"), default=0)
    for place, message in enumerate(messages[:last]):
        thought = message.get("reasoning") or message.get("reasoning_content")
        if message.get("role") == "assistant" and (thought or "</think>" in str(message.get("content"))):
            return place
    return None


def wrong_message(messages: Sequence[dict[str, Any]]) -> str:
    """The first message that no template of ours takes."""
    for place, message in enumerate(messages):
        at, role, content = f"prompt.{place}", message.get("role"), message.get("content")
        if role not in ROLES:
            known = ", ".join(ROLES)
            remedy = "write system" if role == "developer" else f"roles are {known}"
            return f"{at}.role: unknown, got {role!r}; {remedy}"
        if role == "system" and place:
            return (
                f"{at}.role: a system message stands first, got it behind {messages[place - 1].get('role')!r}; move it"
            )
        if content is None and not (role == "assistant" and message.get("tool_calls")):
            return f"{at}.content: null or absent; give it a text"
        if role == "user" and not str(content).strip():
            return f"{at}.content: empty, got {content!r}; give it a text"
    last = messages[-1]["role"]
    if last not in ("user", "tool"):
        at = f"prompt.{len(messages) - 1}.role"
        return f"{at}: a prompt ends where the policy goes on, got {last!r} last; leave that message out"
    return ""


def _rendered(chat_template: str, problem: Problem) -> str:
    from transformers.utils.chat_template_utils import render_jinja_template

    texts, _ = render_jinja_template(
        conversations=[problem.messages()],
        tools=problem.tools,
        chat_template=chat_template,
        add_generation_prompt=True,
    )
    return str(texts[0])
