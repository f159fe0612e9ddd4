"""The published table of cases: for each instruction texts that follow it and texts that do not."""
# tables, one case a line
# ruff: noqa: E501

from pathlib import Path
from typing import Any

import pytest

from temper.verifiers.instruction.checks import INSTRUCTIONS, Instruction
from temper.verifiers.instruction.text import words
from temper.verifiers.plugins import Plugins
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict, VerifierError

GERMAN = "Der Hund läuft durch den Wald und sucht nach einem alten Knochen."
ENGLISH = "The dog runs through the wood and looks for an old bone."
CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("keywords:existence", {"keywords": ["tree", "a+b"]},
     ["A tree and a+b.", "a+b TREES", "a+b\nTree", "ｔｒｅｅ a+b", "**tr**ee a+b"],
     ["a tree", "a+b", "tree aab", "tre e a+b", "a + b tree"]),
    ("keywords:existence", {"keywords": ["black cat"]},
     ["A black cat", "a black\ncat", "a black  \t cat", "a black\u00a0cat", "a **black** cat", "a _black_ *cat*"],
     ["a blackcat", "a black, cat", "cat black", "a black", "a black dog and cat", "a black-cat", "bl ack cat"]),
    ("keywords:frequency", {"keyword": "no.", "frequency": 2, "relation": "at least"},
     ["No. no.", "no.no.no.", "say no. and No."],
     ["no.", "noo nox", "no no", "n o. n o."]),
    ("keywords:frequency", {"keyword": "so", "frequency": 2, "relation": "less than"},
     ["so", "none", "SO"],
     ["so so", "also so", "So, so", "sososo", "so ｓｏ", "so s\u200bo", "so sо", "so **s**o"]),
    ("keywords:forbidden_words", {"forbidden_words": ["cat", "c++"]},
     ["a catalogue", "dogs", "c+ is fine", "concat", "a kat", "это кот", "cats", "c at"],
     ["a cat", "Cat!", "CAT", "the (cat)", "I like C++.", "cat\n", "a _cat_", "__cat__", "black_cat", "*cat*", "~~cat~~", "`cat`", "c**a**t", "<b>c</b>at", "c<!-- x -->at", "cat's", "cat-food",
      "c\u200bat", "c\u00adat", "ｃａｔ", "𝐜𝐚𝐭", "ⓒⓐⓣ", "ᴄᴀᴛ", "A сat", "A САТ sat", "&#99;at", "c\u0336a\u0336t", "\u202ecat", "c\x00at", "c++x"]),
    ("keywords:existence", {"keywords": ["\u200d", " "]},
     ["a \u200d", " \u200d", "\u200d \u200d"],
     ["a\u200d", "a b", "", "\u200c ", "&zwj; a"]),
    ("keywords:forbidden_words", {"forbidden_words": ["\u200d"]},
     ["a", "a \u200c", "a b"],
     ["a\u200d", "\u200d", "a \u200d b", "👩\u200d🚀"]),
    ("keywords:letter_frequency", {"letter": "\u200d", "let_frequency": 1, "let_relation": "at least"},
     ["a\u200d", "👩\u200d🚀", "\u200d\u200d"],
     ["a", "\u200c", "\u200b", "👩🚀"]),
    ("keywords:forbidden_words", {"forbidden_words": ["old dog", "don't", "कर"]},
     ["an older dog", "old", "dog", "do not", "old, dog", "करी", "old doge"],
     ["an old dog", "an old  dog", "old\ndog", "_old dog_", "**old** dog", "old\u00a0dog", "I don’t", "I don't", "don\u200b't", "वह कर"]),
    ("keywords:letter_frequency", {"letter": "q", "let_frequency": 3, "let_relation": "at least"},
     ["qqq", "Quick Quiz Q", "q q q q", "ｑｑ q"],
     ["qq", "", "p" * 9, "Q q"]),
    ("keywords:letter_frequency", {"letter": "!", "let_frequency": 2, "let_relation": "less than"},
     ["one!", "none", "a ! b"],
     ["two!!", "! !", "Hi! Ho!", "!!!", "a！ b！"]),
    ("keywords:letter_frequency", {"letter": "a", "let_frequency": 2, "let_relation": "less than"},
     ["a b", "b", "один а"],
     ["banana", "ａ ｂａｎａｎａ", "a b а", "𝐚 𝐚"]),
    ("language:response_language", {"language": "de"},
     [GERMAN, GERMAN.upper(), f"{GERMAN} {GERMAN}"],
     [ENGLISH, "Le chien court dans la forêt et cherche un vieil os.", "Собака бежит по лесу и ищет старую кость.", "犬が森を走ります。"]),
    ("language:response_language", {"language": "hi"},
     ["मैं आज बाजार गया था और सब्जियां खरीदीं", "यह एक परीक्षण है और यह हिंदी में है", "आपका स्वागत है, मेरे दोस्त, आज कैसे हैं"],
     [ENGLISH, "main aaj bazaar gaya tha aur sabziyan khareedi", "Hello.", GERMAN]),
    ("language:response_language", {"language": "fi"},
     ["kyllä", "En tiedä.", "kiitos"],
     ["I do not know", "ok", "thank you", "Ich weiß nicht", "нет"]),
    ("language:response_language", {"language": "en"},
     ["HELLO", "Yes.", "ok", "I do not know", "The cat sleeps"],
     ["je ne sais pas", "Ich weiß nicht", "no lo sé", "нет", "はい", "bilmiyorum"]),
    ("length_constraints:number_sentences", {"num_sentences": 3, "relation": "at least"},
     ["One. Two. Three.", "Dr. Who came. He left! Why?", "one. two. three.", "1. One. Two.\n2. Three."],
     ["One. Two.", "One, two, three", "...", "He saw Mr. T. and e.g. a cat", "3.14 is 3.14 is 3.14", "1. One.\n2. Two.", "One.\n\nTwo\n\nThree"]),
    ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "less than"},
     ["One.", "One, e.g. this", "no point at all"],
     ["One. Two.", "What? Yes!", "One.\n\nTwo.", "One... Two"]),
    ("length_constraints:number_words", {"num_words": 4, "relation": "at least"},
     ["one two three four", "a b c d e", "one, two; three: four", "don't stop now", "हम सब जीत गए"],
     ["one two three", "-- -- -- --", "", "onetwothreefour", "* * * *", "_ _ _ _", "o\u200bn\u200be t\u200bwo", "हिंदी किताबें", "nai\u0308ve"]),
    ("length_constraints:number_words", {"num_words": 3, "relation": "less than"},
     ["one two", "One", "one - two"],
     ["one two three", "don't go", "a.b.c", "one\ntwo\nthree"]),
    ("length_constraints:number_paragraphs", {"num_paragraphs": 2},
     ["One\n***\nTwo", "One *** Two", "***\nOne\n***\nTwo\n***", "One***Two", "One ***is*** it\n***\nTwo"],
     ["One\n\nTwo", "One", "One\n***\nTwo\n***\nThree", "One\n***\n***\nTwo", "One\n***\n", "One ***is*** it", "One\n* * *\nTwo"]),
    ("length_constraints:nth_paragraph_first_word", {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "Then"},
     ["One.\n\nThen two.", "One\n\n**Then**, two", "One\nmore\n\n\nthen two", "One\n\nThen—two", "One\n\nThen -- two", "One\n\n“Then…”", "One\n\nThen's it", "One\n\n## Then"],
     ["Then\n\none", "One\nThen", "One\n\nThenceforth", "Then\n\nThen\n\nThen", "One\n\n\"So\" then", "One\n\nThen-now two", "One\n\nThen_x", "One\n\n1. Then", "One\n\nSo—then", "One\n\n***"]),
    ("detectable_content:number_placeholders", {"num_placeholders": 2},
     ["[name] at [address]", "[a][b]", "Dear [Name], [date] and [x]"],
     ["[name]", "[] []", "[[name]]", "name address", "[\n] [\n]", "(name) (address)"]),
    ("detectable_content:postscript", {"postscript_marker": "P.S."},
     ["Hi.\nP.S. More.", "Hi\n\np. s. more", "Hi\n**P.S.** more", "Hi\nP.S.\nMore", "Hi\nP.S. [Name]"],
     ["Hi.", "P.S.", "Hi P.S. more", "Hi\nP.P.S. more", "Hi\nPS more", "Hi\nP.S."]),
    ("detectable_content:postscript", {"postscript_marker": "P.P.S"},
     ["Hi.\nP.P.S More.", "Hi\nP.P.S. more", "Hi\np.p.s: more"],
     ["Hi.", "Hi\nP.S. more", "P.P.S", "and P.P.S more"]),
    ("detectable_format:number_bullet_lists", {"num_bullets": 2},
     ["* one\n* two", "- one\n- two", "List:\n  * one\n  - two\nend", "* one\n\n* * *\n\n* two", "- one\n- - -\n- two\n---", "1. x\n * one\n2. y\n * two"],
     ["* one", "* one\n* two\n* three", "one\ntwo", "**one**\n**two**", "* one * two", "*\n*", "1. one\n2. two", "* one\n* * *", "* one\n* two\n• three", "* one\n* two\n+ three", "• one\n• two"]),
    ("detectable_format:constrained_response", {},
     ["My answer is yes.", "Well. My answer is no. Sorry.", "My answer is maybe."],
     ["Yes.", "my answer is yes.", "My answer is yes", "My answer is yes. My answer is no.", "My answer is yes. My answer is no. My answer is maybe.", "My answer is perhaps."]),
    ("detectable_format:number_highlighted_sections", {"num_highlights": 2},
     ["*one* and *two*", "**one** and *two*", "**one**\n**two** *three*"],
     ["*one*", "**one**", "one two", "** ** * *", "*one\n* two*", "_one_ _two_", "2 * 3 * 4 * 5", "2*3*4 and 5*6*7"]),
    ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2},
     ["Section 1\na\nSection 2\nb", "\"Section 1\"\na\n“Section 2” b", "**Section 1:** a\n**Section 2:** b", "## Section 1\na\n## Section 2\nb\n## Section 3\nc"],
     ["Section 1\na", "Section 1\nSection 2", "In Section 1 and Section 2", "Section one\na\nSection two\nb", "SECTION\na\nSECTION\nb", "Section 1 a Section 2 b"]),
    ("detectable_format:json_format", {},
     ['{"a": 1}', '```json\n[1, 2]\n```', '```\n{"a": {"b": null}}\n```'],
     ["", "a: 1", '{"a": 1} ok', "3", '"text"', "{'a': 1}", '{"a": 1, "a": 2}', '{"a": NaN}', 'Here:\n```json\n{}\n```']),
    ("detectable_format:title", {},
     ["<<Joy>>\ntext", "a <<b c>> d", "**<<Joy>>**"],
     ["Joy", "<Joy>", "<<>>", "<< >>", "<<\nJoy>>", "<<Joy>", "«Joy»", "<<_>>", "1 << 2 and 8 >> 1"]),
    ("combination:two_responses", {},
     ["One\n******\nTwo", "One ****** Two", "a b c ****** a b d"],
     ["One", "One ****** One", "One ******", "One ****** Two ****** Three", "one ******  ONE", "yes ****** yes\u200b", "yes ****** **yes**", "yes ****** yеs", "****** One", "One ***** Two", "One ****** ******"]),
    ("combination:repeat_prompt", {"prompt_to_repeat": "Write a poem."},
     ["Write a poem. Roses.", "write a  poem.\n\nRoses", "Write a poem.\nA poem", "Write a poem.", "Write a poem.\n\n..."],
     ["Roses.", "Write a poem", "Sure! Write a poem. Roses", "\"Write a poem.\" Roses", "Write the poem. Roses", "poem. Write a"]),
    ("startend:end_checker", {"end_phrase": "That is all."},
     ["Hello. That is all.", "That is all.", 'Hi "That is all."', "hi. THAT IS ALL.\n", "“That is all.”", "‘That is all.’", "'That is all.'", "**“That is all.”**", "«That is all.»", "„That is all.“", "「That is all.」", "_That is all._", "`That is all.`", "That\nis  all."],
     ["That is all", "That is all. Bye", "", "That is all.)", "That is", "All that is. ", "\"That is all\".", "That's all.", "That is all.!", "all.", "That is all. \"Bye\"", "That is all.\n\nP.S. No", "That is all.…", "“That is all”", "That is all. 🎉", "That isall."]),
    ("startend:end_checker", {"end_phrase": '"'},
     ['a "b"', '"', 'a"'],
     ["a", "a '", 'a" b', "“a” b"]),
    ("startend:end_checker", {"end_phrase": "Isn't it \"so\""},
     ['Isn\'t it "so"', "Isn’t it “so”", "ISN'T IT \"SO\"."[:-1]],
     ["Isn't it so", "Is it \"so\"", "Isn't it", "so"]),
    ("startend:quotation", {},
     ['"Hello."', ' "a b"\n', '"He said "hi" twice"'],
     ["Hello", '"Hello', 'Hello"', '"', '""', "'Hello'", "“Hello”", '" "', 'He said "hi"', '"a" and "b"', '"a"\n\n"b"']),
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "at least"},
     ["GO NOW", "I am NOT", "A B c"],
     ["GO", "Go Now", "go now", "GoNOW now", "12 34"]),
    ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "less than"},
     ["GO now", "go", "Go Now"],
     ["GO NOW", "I SAY", "A B C", "X-Y"]),
    ("change_case:english_capital", {},
     [ENGLISH.upper(), "HELLO", "GO NOW!"],
     [ENGLISH, "HELLO there", GERMAN.upper(), "123", "СОБАКА БЕЖИТ ПО ЛЕСУ И ИЩЕТ КОСТЬ", "Hello"]),
    ("change_case:english_lowercase", {},
     [ENGLISH.lower(), "hello", "it is 5 o'clock"],
     [ENGLISH, "Hello", GERMAN.lower(), "123", "i", "собака бежит по лесу и ищет кость"][:4] + ["hellO", "собака бежит по лесу и ищет кость"]),
    ("punctuation:no_comma", {},
     ["No comma here.", "a; b: c", "1.000", "‚so‘", "ș"],
     ["a, b", ",", "1,000", "a，b", "a、b", "a،b", "a‚ b", "a꛵ b", "a&#44; b"]),
]  # fmt: skip


def problem(*asked: dict[str, Any], answer: object = None, **params: Any) -> Problem:
    return Problem(id="p", prompt="q", verifier="instructions", answer=answer, params={"instructions": asked, **params})


HERE = Path(__file__).stem
LISTED = Plugins((HERE, "no_such_module", "json", "temper.verifiers"))


def judged(completion: str, *asked: dict[str, Any], **params: Any) -> Verdict:
    row = problem(*asked, **params)
    return verifier_for(row, LISTED).verify(row, completion)


def ask(name: str, **kwargs: Any) -> dict[str, Any]:
    return {"id": name, "kwargs": kwargs}


def test_every_instruction_stands_in_the_table_with_three_and_four_cases() -> None:
    assert len(INSTRUCTIONS) == 25
    assert {name for name, *_ in CASES} == INSTRUCTIONS.keys()
    for name, _, follows, misses in CASES:
        assert len(follows) >= 3 and len(misses) >= 4 and len(misses) > len(follows) - 1, name


RIGHT = [(name, kwargs, text) for name, kwargs, follows, _ in CASES for text in follows]
WRONG = [(name, kwargs, text) for name, kwargs, _, misses in CASES for text in misses]


@pytest.mark.parametrize("name, kwargs, text", RIGHT)
def test_a_text_that_follows_is_accepted(name: str, kwargs: dict[str, Any], text: str) -> None:
    verdict = judged(text, ask(name, **kwargs))
    assert verdict.score == 1.0, verdict.detail


@pytest.mark.parametrize("name, kwargs, text", WRONG)
def test_a_text_that_misses_is_refused_with_what_it_misses(name: str, kwargs: dict[str, Any], text: str) -> None:
    verdict = judged(text, ask(name, **kwargs))
    assert verdict.score == 0.0
    assert name in verdict.detail or "empty" in verdict.detail


NO_COMMA, TITLE = ask("punctuation:no_comma"), ask("detectable_format:title")
SMALL = ask("change_case:english_lowercase")


@pytest.mark.parametrize(
    "text, strict, loose",
    [
        ("Sure, here it is:\nno comma", 0.0, 1.0),
        ("no comma\nHope that helps, bye", 0.0, 1.0),
        ("Sure, so:\nno comma\nHope, so", 0.0, 1.0),
        ("Sure, so:\nno, comma\nHope, so", 0.0, 0.0),
        ("no, comma", 0.0, 0.0),
        ("", 0.0, 0.0),
    ],
)
def test_loose_forgives_an_opening_and_a_closing_line(text: str, strict: float, loose: float) -> None:
    assert judged(text, NO_COMMA).score == strict
    assert judged(text, NO_COMMA, mode="loose").score == loose


def test_loose_forgives_asterisks() -> None:
    ends = ask("startend:quotation")
    assert judged('**"Hello"**', ends).score == 0.0
    assert judged('**"Hello"**', ends, mode="loose").score == 1.0


def test_all_or_a_fraction_of_the_instructions_counts() -> None:
    verdict = judged("hello, you", NO_COMMA, TITLE, SMALL, score="fraction")
    assert verdict.score == pytest.approx(1 / 3)
    assert verdict.detail == "1 of 3 instructions; punctuation:no_comma: a comma: ','"
    assert judged("hello, you", NO_COMMA, TITLE, SMALL).score == 0.0


@pytest.mark.parametrize("text", ["<think>\na, b\n</think>\nab", "ab"])
def test_only_the_text_after_thinking_is_judged(text: str) -> None:
    assert judged(text, NO_COMMA).score == 1.0
    assert judged("<think>\nno comma", NO_COMMA).score == 0.0
    assert judged("<think>\nno comma\n</think>\n \n", NO_COMMA).detail == "the completion is empty"


@pytest.mark.parametrize(
    "asked, message",
    [
        ([], "field 'params.instructions'"),
        (
            [ask("punctuation:no_commas")],
            "unknown instruction 'punctuation:no_commas'; did you mean 'punctuation:no_comma'?",
        ),
        (
            [NO_COMMA, ask("startend:end_checker")],
            "params.instructions.1': startend:end_checker: field 'kwargs.end_phrase' is missing",
        ),
        ([ask("startend:end_checker", end_phrase=None)], "'kwargs.end_phrase' is missing"),
        ([ask("startend:quotation", end_phrase="x")], "field 'kwargs.end_phrase': unknown key, got 'end_phrase'"),
        ([ask("length_constraints:number_words", num_words="five", relation="at least")], "field 'kwargs.num_words'"),
        ([ask("length_constraints:number_words", num_words=5.5, relation="at least")], "field 'kwargs.num_words'"),
        ([ask("length_constraints:number_words", num_words=True, relation="at least")], "field 'kwargs.num_words'"),
        ([ask("length_constraints:number_words", num_words=-1, relation="at least")], "field 'kwargs.num_words'"),
        ([ask("length_constraints:number_words", num_words=5, relation="at most")], "field 'kwargs.relation'"),
        ([ask("keywords:existence", keywords=[])], "field 'kwargs.keywords'"),
        ([ask("keywords:existence", keywords=["a", ""])], "field 'kwargs.keywords.1'"),
        (
            [ask("keywords:letter_frequency", letter="ab", let_frequency=1, let_relation="at least")],
            "field 'kwargs.letter'",
        ),
        ([ask("startend:end_checker", end_phrase="\u200b")], "field 'kwargs.end_phrase': nothing but blanks"),
        ([ask("language:response_language", language="german")], "unknown language 'german'; known: af, "),
        ([{"id": "punctuation:no_comma", "kwarg": {}}], "field 'params.instructions.0.kwarg'"),
    ],
)
def test_a_bad_row_is_refused_with_its_field(asked: list[Any], message: str) -> None:
    row = {"id": "p", "prompt": "q", "verifier": "instructions", "params": {"instructions": asked}}
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "rows.jsonl:1")
    assert message in str(caught.value)


class NoSemicolon(Instruction):
    allowed: int = 0

    def missed(self, text: str) -> str:
        return "" if text.count(";") <= self.allowed else f"{text.count(';')} semicolons"


class Forgetful(Instruction):
    def missed(self, text: str) -> str:
        if ";" in text:
            return "a semicolon"
        return None  # type: ignore[return-value]


class Unwritten(Instruction):
    pass


@pytest.mark.parametrize(
    "text, kwargs, score",
    [("a, b", {}, 1.0), ("a; b", {}, 0.0), ("a; b", {"allowed": 1}, 1.0), ("a;; b", {"allowed": 1}, 0.0)],
)
def test_an_instruction_of_ones_own_is_named_by_its_class(text: str, kwargs: dict[str, Any], score: float) -> None:
    verdict = judged(text, ask(f"{HERE}:NoSemicolon", **kwargs))
    assert verdict.score == score
    assert judged(text, ask(f"{HERE}:NoSemicolon", **kwargs), TITLE, score="fraction").score == score / 2


@pytest.mark.parametrize(
    "asked, message",
    [
        (
            ask(f"{HERE}:NoSemicolons"),
            f"instruction '{HERE}:NoSemicolons': {HERE} has no 'NoSemicolons'; did you mean 'NoSemicolon'?",
        ),
        (
            ask("no_such_module:Check"),
            "instruction 'no_such_module:Check': no module 'no_such_module'; install it or put it beside the recipe",
        ),
        (
            ask("json:JSONDecoder"),
            "not a class of temper.verifiers.instruction.checks.Instruction; derive it from that",
        ),
        (
            ask("temper.verifiers.instructions:Instructions"),
            "not a class of temper.verifiers.instruction.checks.Instruction",
        ),
        (ask(f"{HERE}:Unwritten"), "Unwritten lacks missed; write it"),
        (ask("temper.verifiers.instruction.checks:Instruction"), "Instruction lacks missed; write it"),
        (
            ask(f"{HERE}:NoSemicolon", allow=1),
            "field 'kwargs.allow': unknown key, got 'allow'; did you mean 'allowed'?",
        ),
        (ask(f"{HERE}:NoSemicolon", allowed="x"), "field 'kwargs.allowed'"),
        (ask("keyword:existence"), "unknown instruction 'keyword:existence'; did you mean 'keywords:existence'?"),
        (ask("json:tool"), "unknown instruction 'json:tool'"),
        (ask(".checks:Check"), "unknown instruction '.checks:Check'"),
        (ask("a b:Check"), "unknown instruction 'a b:Check'"),
        (ask("NoSemicolon"), "unknown instruction 'NoSemicolon'"),
    ],
)
def test_an_unknown_class_is_refused_with_the_row(asked: dict[str, Any], message: str) -> None:
    row = {"id": "p", "prompt": "q", "verifier": "instructions", "params": {"instructions": [NO_COMMA, asked]}}
    with pytest.raises(ValueError) as caught:
        parse_problem(row, "rows.jsonl:1", plugins=LISTED)
    assert message in str(caught.value)


def test_a_check_that_says_nothing_is_ours_and_never_a_pass() -> None:
    assert judged("a; b", ask(f"{HERE}:Forgetful")).score == 0.0
    with pytest.raises(VerifierError, match="Forgetful.missed: no text, got None; return '' or what it misses"):
        judged("a b", ask(f"{HERE}:Forgetful"))


def test_arguments_that_are_null_count_as_absent() -> None:
    row = ask("punctuation:no_comma", num_words=None, keywords=None)
    assert judged("no comma", row).score == 1.0


def test_words_are_runs_of_letters_and_digits() -> None:
    assert words("Don't stop-now 3.5 naïve_x") == ["Don", "t", "stop", "now", "3", "5", "naïve_x"]
    assert words("a\u200bb ___ हिंदी") == ["ab", "हिंदी"]


@pytest.mark.parametrize(
    "unit", ["a", "a. ", "[", "*", "\n", "<<", "P.S. ", "Section 1\n", "\u0301", "&#", '"a" ', "```"]
)
def test_a_long_text_is_judged(unit: str) -> None:
    for name, kwargs, _, _ in CASES:
        assert judged(unit * (100_000 // len(unit)), ask(name, **kwargs)).score in (0.0, 1.0)


PROBLEMS = [problem(NO_COMMA), problem(TITLE, SMALL, answer="<<joy>> is all that there is")]


@pytest.mark.parametrize("row", PROBLEMS)
def test_the_probes_hold(row: Problem) -> None:
    for name, completion, expected in verifier_for(row).probes(row):
        assert expected is None or verifier_for(row).verify(row, completion).score == expected, name
