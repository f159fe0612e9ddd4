"""Problems to the token ids of their prompts, and the proof that these are what the template says.

Engine and trainer are both given these ids, so no comparison of the two sees a prompt that is another one than SFT
trained on: it is compared here with transformers' own rendering, text with text, since a content that spells a control
token is cut (`policy.rendering`).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from temper.rlvr.rollout import PromptTokens
from temper.verifiers.problem import Problem

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

COMPARED = 256
"""Problems whose prompts are compared at the start of a stage, evenly spread."""
SHOWN = 20
"""Characters around the first difference that an error shows."""


def prompt_tokens(tokenizer: "PreTrainedTokenizerBase") -> PromptTokens:
    """Token ids of a problem's prompt, each rendered once."""
    from temper.policy.rendering import Renderer

    renderer = Renderer(tokenizer)
    known: dict[str, tuple[int, ...]] = {}

    def tokens(problem: Problem) -> tuple[int, ...]:
        if problem.id not in known:
            known[problem.id] = tuple(renderer.prompt_ids(problem.messages(), problem.tools))
        return known[problem.id]

    return tokens


def evenly(problems: Sequence[Problem]) -> Sequence[Problem]:
    """COMPARED of them, about."""
    return problems[:: max(1, len(problems) // COMPARED)]


def check_prompts(tokenizer: "PreTrainedTokenizerBase", problems: Sequence[Problem], tokens: PromptTokens) -> None:
    """Raises ValueError that names the first problem whose prompt is not the template's text up to and with the
    generation prompt."""
    for problem in evenly(problems):
        text = tokenizer.apply_chat_template(
            problem.messages(), tools=problem.tools or None, add_generation_prompt=True, tokenize=False
        )
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        given, wanted = (tokenizer.decode(of, skip_special_tokens=False) for of in (tokens(problem), ids))
        if given != wanted:
            at = next((i for i, (a, b) in enumerate(zip(given, wanted, strict=False)) if a != b), len(given))
            here = slice(max(0, at - SHOWN), at + SHOWN)
            raise ValueError(
                f"problem {problem.id!r}: its prompt is not the chat template's at character {at}: "
                f"{given[here]!r}, not {wanted[here]!r}"
            )
