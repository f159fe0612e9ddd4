"""Repeats of texts: every pair that brute force finds, and no other."""

import random

import pytest

from temper.pipeline.overlap import words
from temper.pipeline.repeats import NEAR, RUN, repeats

WORDS = [f"w{number}" for number in range(400)]


def shingles(text: str) -> set[tuple[str, ...]]:
    said = words(text)
    return {said[i : i + RUN] for i in range(max(1, len(said) - RUN + 1))}


def by_hand(texts: list[str]) -> dict[int, tuple[int, float]]:
    """The same by comparing each text with all that stay."""
    kept: list[int] = []
    found = {}
    for place, text in enumerate(texts):
        mine = shingles(text)
        alike = [(len(mine & other) / len(mine | other), -at) for at in kept for other in [shingles(texts[at])]]
        best, at = max(alike, default=(0.0, 0))
        if best >= NEAR:
            found[place] = (-at, round(best, 4))
        else:
            kept.append(place)
    return found


def changed(text: str, draw: random.Random) -> str:
    """A copy with a few edits: a word changed, dropped, put in, moved to the end, other capitals, a sentence behind."""
    said = text.split()
    for _ in range(draw.choice((0, 1, 1, 2, 3, 6))):
        place = draw.randrange(len(said))
        match draw.randrange(5):
            case 0:
                said[place] = draw.choice(WORDS)
            case 1 if len(said) > 2:
                del said[place]
            case 2:
                said.insert(place, draw.choice(WORDS))
            case 3:
                said.append(said.pop(place))
            case _:
                said[place] = said[place].upper()
    return " ".join([*said, *(draw.choices(WORDS, k=4) if draw.random() < 0.2 else ())])


@pytest.mark.parametrize("seed", range(6))
def test_every_near_pair_is_found_and_no_other(seed: int) -> None:
    draw = random.Random(seed)
    texts: list[str] = []
    for _ in range(250):
        if texts and draw.random() < 0.5:
            texts.append(changed(draw.choice(texts), draw))
        else:
            # Few words and a common beginning: many sets share a shingle without being near.
            texts.append(" ".join(WORDS[:6] * (draw.random() < 0.5) + draw.choices(WORDS[:60], k=draw.randint(1, 60))))
    wanted = by_hand(texts)
    found = {place: (repeat.of, repeat.alike) for place, repeat in repeats(texts).items()}
    assert len(wanted) > 40
    assert found.keys() == wanted.keys()
    for place, (of, alike) in found.items():
        assert alike == pytest.approx(wanted[place][1], abs=1e-4) or words(texts[of]) == words(texts[place])


def test_rows_of_a_generator_repeat_what_they_equal_alone() -> None:
    text = " ".join(WORDS[:40])
    near = f"{text} more"
    assert repeats([text, near])[1].alike > NEAR
    assert repeats([text, near, text.upper()], exact={1, 2}).keys() == {2}
    assert repeats([text, near], exact={0}) == {}


def test_a_chain_of_small_changes_is_cut_where_its_ends_differ() -> None:
    """No closure: a text that goes takes no other with it."""
    chain = [" ".join(WORDS[step : step + 40]) for step in range(0, 24, 4)]
    found = repeats(chain)
    assert found.keys() == by_hand(chain).keys() and 0 < len(found) < len(chain) - 1
    assert all(repeat.of not in found for repeat in found.values())


def test_short_and_empty_texts() -> None:
    assert repeats(["", "a", "a b", "A", "", "a b c d", "a b c d e"]).keys() == {3, 4}
