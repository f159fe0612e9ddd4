import pytest

from temper.rlvr.section import ConcisionSection, OverlongSection, ShapingSection, TierSection
from temper.rlvr.shaping import concision, factors, overlong, shaped, trigger_words

LEXICON = ("wait", "hmm", "let me think", "actually")
TIERS = (TierSection(words=2, factor=0.8), TierSection(words=4, factor=0.5), TierSection(words=6, factor=0.2))
CONCISION = ConcisionSection(lexicon=LEXICON, tiers=TIERS)


@pytest.mark.parametrize(
    ("tokens", "penalty"), [(1, 0.0), (60, 0.0), (61, -0.0125), (80, -0.25), (99, -0.4875), (100, -0.5), (120, -0.5)]
)
def test_the_overlong_penalty_falls_linearly_over_the_buffer(tokens: int, penalty: float) -> None:
    assert overlong(tokens, 100, OverlongSection(buffer_tokens=40, penalty=0.5)) == pytest.approx(penalty)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Wait. wait, WAIT!", 3),
        ("the waiter awaits", 0),
        ("Let me\nthink: let me  think", 2),
        ("let me see", 0),
        ("hmm-hmm _hmm_ hmmm", 2),  # an underscore is part of a word
        ("Actually, actually", 2),
    ],
)
def test_trigger_words_are_whole_words_in_either_case(text: str, count: int) -> None:
    assert trigger_words(text, LEXICON) == count


@pytest.mark.parametrize(
    ("count", "factor"), [(0, 1.0), (1, 1.0), (2, 0.8), (3, 0.8), (4, 0.5), (5, 0.5), (6, 0.2), (60, 0.2)]
)
def test_the_highest_tier_that_is_reached_counts(count: int, factor: float) -> None:
    assert concision("hmm " * count, CONCISION) == factor


def test_concision_comes_first_and_only_on_a_right_rollout() -> None:
    both = ShapingSection(concision=CONCISION, overlong=OverlongSection(buffer_tokens=10))
    assert shaped(1.0, "hmm hmm", 95, 100, both) == pytest.approx(0.8 - 0.5)
    assert shaped(0.9, "hmm hmm", 95, 100, both) == pytest.approx(0.9 - 0.5)
    assert shaped(0.0, "hmm hmm", 5, 100, both) == 0.0
    assert shaped(1.0, "hmm hmm", 100, 100, ShapingSection()) == 1.0


@pytest.mark.parametrize(
    "changes",
    [
        {"tiers": TIERS[::-1]},
        {"tiers": (TierSection(words=2, factor=0.5), TierSection(words=3, factor=0.8))},
        {"tiers": ()},
        {"lexicon": ()},
        {"lexicon": ("wait", " ")},
    ],
)
def test_tiers_that_contradict_each_other_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        ConcisionSection.model_validate({"lexicon": LEXICON, "tiers": TIERS, **changes})


def test_the_factors_say_what_made_the_reward_of_the_score() -> None:
    both = ShapingSection(concision=CONCISION, overlong=OverlongSection(buffer_tokens=40, penalty=0.5))
    assert factors(1.0, "wait wait", 80, 100, both) == {"concision": 0.8, "overlong": -0.25}
    assert shaped(1.0, "wait wait", 80, 100, both) == pytest.approx(0.8 - 0.25)
    assert factors(0.5, "wait wait", 10, 100, both) == {"overlong": 0.0}, "only what is right is made shorter"
    assert factors(1.0, "wait wait", 80, 100, ShapingSection()) == {}
