"""From a score to the reward, in this order: the concision factor on a right rollout, then the overlong penalty.

    R = score x concision(text) + overlong(tokens)

Both are the report's (arXiv 2605.31268, section 4), which publishes no number for either: lexicon, tiers, factors,
buffer and penalty are the recipe's own choice. The raw score is kept beside the reward.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from temper.rlvr.section import ConcisionSection, OverlongSection, ShapingSection


def shaped(score: float, text: str, tokens: int, cap: int, shaping: ShapingSection) -> float:
    """The reward of a rollout of `tokens` tokens where `cap` are allowed."""
    by = factors(score, text, tokens, cap, shaping)
    return score * by.get("concision", 1.0) + by.get("overlong", 0.0)


def factors(score: float, text: str, tokens: int, cap: int, shaping: ShapingSection) -> dict[str, float]:
    """`concision`, by which the score is multiplied, and `overlong`, which is added; each where it applies."""
    by: dict[str, float] = {}
    if shaping.concision and score == 1.0:
        by["concision"] = concision(text, shaping.concision)
    if shaping.overlong:
        by["overlong"] = overlong(tokens, cap, shaping.overlong)
    return by


def overlong(tokens: int, cap: int, section: OverlongSection) -> float:
    """0 up to `buffer_tokens` before the cap, from there linearly to -penalty (DAPO, arXiv 2503.14476, eq. 13)."""
    # Cap 1000, buffer 200, penalty 1: 800 tokens cost 0, 900 cost 0.5 and 1000 cost 1.
    over = tokens - (cap - section.buffer_tokens)
    return -section.penalty * min(max(over, 0) / section.buffer_tokens, 1.0)


def concision(text: str, section: ConcisionSection) -> float:
    """The factor of the highest tier that the number of trigger words in the text reaches; 1 below the first."""
    count = trigger_words(text, section.lexicon)
    return next((tier.factor for tier in reversed(section.tiers) if count >= tier.words), 1.0)


def trigger_words(text: str, lexicon: Sequence[str]) -> int:
    """How often the words and phrases stand in the text, in either case, as whole words, not overlapping."""
    return len(_pattern(tuple(lexicon)).findall(text))


@lru_cache
def _pattern(lexicon: tuple[str, ...]) -> re.Pattern[str]:
    # The first alternative that fits is taken: "wait a minute" must stand before "wait".
    longest_first = sorted(lexicon, key=len, reverse=True)
    phrases = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in longest_first)
    return re.compile(rf"(?<!\w)(?:{phrases})(?!\w)", re.IGNORECASE)
