"""A text as its reader sees it: what is the same word, and the longer list of what is another."""
# tables, one case a line
# ruff: noqa: E501

import pytest

from temper.verifiers.instruction.reader import phrase, seen, unmarked, visible

SAME = [
    "cat", "CAT", "Cat", "ｃａｔ", "ＣＡＴ", "𝐜𝐚𝐭", "𝑐𝑎𝑡", "𝖈𝖆𝖙", "𝚌𝚊𝚝", "ⓒⓐⓣ", "🅒🅐🅣", "🄲🄰🅃", "🅲🅰🆃", "⒞⒜⒯", "ᴄᴀᴛ", "ᶜᵃᵗ", "сat", "cаt", "саt", "cαt", "Ꮯat",
    "c\u200bat", "c\u200d\u200cat", "c\u00adat", "\ufeffcat", "c\u2060at", "c\u202eat\u202c", "ca\ufe0ft", "c\u034fat", "c\x00at", "c\u3164at", "c\u0336a\u0336t\u0336", "ca\u0332t", "c" + "\u0316\u0301" * 50 + "at",
    "&#99;at", "&#x63;at", "c&#097;t", "&ZeroWidthSpace;cat", "c&shy;at",
]  # fmt: skip

OTHER = [
    "", "ca", "cats", "c at", "c-at", "c.at", "act", "kat", "çat", "cát", "c4t", "©at", "¢at", "кат", "кот", "cxt", "c&at", "&#99at", "&cat;", "&#999999999;at", "c𝐝t", "ca†", "cae", "caт кот", "猫", "cat₂", "ｃａ", "c\na\nt",
    "c a t", "c\u3000at", "C.A.T.", "chat", "caת", "𝐜𝐚𝐝", "ⓒⓐⓓ", "c​x​t",
]  # fmt: skip


@pytest.mark.parametrize("text", SAME)
def test_a_word_is_the_same_however_it_is_coded(text: str) -> None:
    assert seen(text) == "cat"
    assert phrase(f"A {text}  sat.") == "a cat sat."


@pytest.mark.parametrize("text", OTHER)
def test_another_word_stays_another(text: str) -> None:
    assert seen(text) != "cat"


@pytest.mark.parametrize(
    "text",
    [
        "а кот сидел там и смотрел", "сор и сосна, а там нора", "η γάτα και ο σκύλος", "Мы едем в Paris, а потом домой на поезде", "naïve café élan", "हम जीत गए", "می‌روم به خانه", "Cần Thơ có gạo", "Straße über Öl",
        "№ 5 и ½", "犬が森を走る", "ﷺ", "e\u0301",
    ],
)  # fmt: skip
def test_the_words_of_other_scripts_stay_their_own(text: str) -> None:
    assert seen(text) == seen(visible(text)) and "cat" not in seen(text)
    assert not {"a", "cop", "o", "hopa", "cocha", "no"} & set(seen(text).split())


def test_look_alikes_are_latin_in_a_text_that_is_mostly_latin_and_in_a_word_that_mixes() -> None:
    assert phrase("The сор sat here.") == "the cop sat here."
    assert phrase("A САТ sat.") == "a cat sat."
    assert phrase("Это сор на дворе, а сat сидит") == "это сор на дворе, а cat сидит"


def test_typographic_quotes_and_hyphens_are_plain_ones() -> None:
    assert seen("don’t “stop” ‘it’ well\u2011known") == "don't \"stop\" 'it' well-known"


def test_blanks_of_any_kind_are_one_and_markup_is_none() -> None:
    assert phrase(" a\u00a0 b\n\n\tc\u3000d ") == "a b c d"
    assert unmarked("a **black**\n_cat_ <b>s</b>at ~~by~~ `me` snake_case") == "a black cat sat by me snake_case"
