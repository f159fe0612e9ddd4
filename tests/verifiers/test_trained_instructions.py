"""The further instructions of the training sets: texts that follow each, and texts that do not."""
# tables, one case a line
# ruff: noqa: E501

from typing import Any

import pytest

from temper.rows.table import mapping
from temper.verifiers.instruction.checks import INSTRUCTIONS as PUBLISHED
from temper.verifiers.instruction.sentences import sentence_texts, sentences
from temper.verifiers.instruction.table import INSTRUCTIONS
from temper.verifiers.instruction.trained import TRAINED
from temper.verifiers.problem import Problem
from temper.verifiers.rows import parse_problem
from temper.verifiers.table import verifier_for
from temper.verifiers.verdict import Verdict

ASKED = "Write a poem."
CASES: list[tuple[str, dict[str, Any], list[str], list[str]]] = [
    ("copy:copy", {"prompt_to_repeat": ASKED},
     ["Write a poem.", " write  a\npoem. ", "WRITE A POEM."],
     ["Write a poem", "Write a poem. Roses.", '"Write a poem."', "A poem."]),
    ("copy:copying_simple", {"prompt_to_repeat": ASKED},
     ["Write a poem.", "write a poem.\n", "Write a\tpoem."],
     ["Sure: Write a poem.", "Write a poem. Write a poem.", "Write the poem.", "?"]),
    ("copy:copying_multiple", {"prompt_to_repeat": ASKED, "N": 2},
     ["Write a poem.\n******\nWrite a poem.", "write a poem.******Write a poem.", "Write a poem. ****** WRITE A POEM."],
     ["Write a poem.", "Write a poem. ****** Write a poem. ****** Write a poem.", "Write a poem. ****** Roses.", "Write a poem. ***** Write a poem.", "****** Write a poem."]),
    ("new:copy_span_idx", {"prompt_to_repeat": ASKED, "n_start": 6, "n_end": 12},
     ["a poem", "A poem\n", " a  poem"],
     ["a poem.", "poem", "Write a poem.", "a poe"]),
    ("copy:repeat_phrase", {"phrase": "the red fox runs", "small_n": 2},
     ["The old fox runs. The red cat runs.", "the big fox runs, the red dog runs", "So the a fox runs and the b fox runs."],
     ["The red fox runs. The red fox runs.", "The old fox runs.", "The old cat runs. The old dog runs.", "The old fox runs. The red fox runs. The bad fox runs.", "The old fox walks. A red fox runs."]),
    ("count:count_increment_word", {"keyword1": "cat", "keyword2": "dog"},
     ["cat dog dog", "Dog, dog and Cat.", "a dog\na cat\na DOG"],
     ["cat dog", "cat cat dog dog", "dog dog", "cat dog dog dog"]),
    ("count:count_unique", {},
     ["each word once", "One, two, three.", "I am 5."],
     ["a a", "The dog saw the cat", "no, No", "do not do", "don't won't"]),
    ("count:counting_composition", {"n_sent": 2, "n_words": 2},
     ["A b. C d.\n***\nE f. G h.\n***\nI j. K l.", "Go on. Be so. *** Go on. Be so. *** Go on! Be so?", "***\nGo on. Be so.\n***\nGo on. Be so.\n***\nGo on. Be so."],
     ["A b. C d.\n***\nE f. G h.", "A b. C d. E f.\n***\nA b. C d.\n***\nA b. C d.", "A b c. C d.\n***\nA b. C d.\n***\nA b. C d.", "Go on. Be so.", "A b. C d. *** *** A b. C d. *** A b. C d."]),
    ("count:lowercase_counting", {"N": 2},
     ["THE DOG IS old", "All Is Well", "ONE two three", "1 2 3"],
     ["all three words", "the dog and CAT", "so SO so so", "it is ok NOW"]),
    ("detectable_format:bigram_wrapping", {},
     ["<<I am>> <<at home>>", "<<so it>>", "<<a b>>\n<<c d>>"],
     ["<<I am>> at home", "<<I>> <<am>>", "I am", "<<I am>> <<home>>", "<I am>", "<<I am>> <<at home>> now ok"]),
    ("detectable_format:sentence_hyphens", {},
     ["It rains.-We stay.", "Go-Run", "It rains.-We stay.-All is well."],
     ["It rains. We stay.", "It rains. - We stay.", "It rains.-", "One. Two.-Three.", "A--b"]),
    ("detectable_format:square_brackets", {},
     ["[hello] [world]", "[a]", "[it's]\n[5]"],
     ["hello", "[hello] world", "[hello world]", "[]", "[a]]", "(a)"]),
    ("first_word:first_word_answer", {"first_word": "well"},
     ["Well, yes.", "well", "**Well** then", "“Well.”"],
     ["So well", "Wells are deep", "Well-known", "", "swell"]),
    ("first_word:first_word_sent", {"first_word": ["so"]},
     ["So it is. So be it!", "so", "So. So? So!"],
     ["So it is. Be it.", "Sound it is.", "So it is. So-called.", "It is so.", "So. Yes. So."]),
    ("last_word:last_word_answer", {"last_word": "end"},
     ["This is the end", "The END.", "the end!”"],
     ["end it", "the weekend", "dead-end", "The end is near", "the ends"]),
    ("last_word:last_word_sent", {"last_word": "so"},
     ["I say so. You say so!", "so", "Is it so?"],
     ["I say so. You say no.", "also", "So what", "It is so. Or also."]),
    ("keywords:exclude_word_harder", {"keyword": "cat"},
     ["a dog", "a catalogue", "concat"],
     ["a cat", "Cat!", "(cat)", "a **cat**", "cat"]),
    ("keywords:keyword_specific_position", {"keyword": "dog", "n": 2, "m": 3},
     ["Hello. See the dog.", "No, no, no! A big Dog runs. Yes.", "One. Two, three, dog."],
     ["See the dog.", "Hello. The dog runs.", "Hello. See a cat.", "Hello. The dog.", "The big dog. Hello."]),
    ("keywords:no_adjacent_consecutive", {},
     ["a cat eats", "no", "dogs bark", "A fox 1 2"],
     ["a big", "Many new ones", "the dog eats", "so Tom"]),
    ("keywords:palindrome", {},
     ["a level field", "Noon!", "See racecar.", "Mom"],
     ["a big I", "no such word", "aa", "121", "on no"]),
    ("keywords:start_end", {},
     ["Go and go", "So it is so", "we are we\n"],
     ["Go and go.", "Go", "go and run", "so it is not", "“so is so”"]),
    ("keywords:word_count_different_numbers", {"keyword": "so", "frequency": 2, "relation": "at least"},
     ["so so", "So, so, so.", "also so"],
     ["so", "none", "s o s o", "to"]),
    ("keywords:word_once", {"keyword": "so"},
     ["so", "It is SO.", "I say so"],
     ["so so", "also so", "no", "s o"]),
    ("letters:letter_counting", {"N": 4, "relation": "less than"},
     ["abc", "a1b2c", "so. 5", "???"],
     ["abcd", "a b c d", "hello", "собака"]),
    ("letters:letter_counting2", {"letter": "e", "let_frequency": 2, "let_relation": "at least"},
     ["eel", "See", "here"],
     ["end", "no", "E", "a b"]),
    ("paragraphs:paragraphs", {},
     ["One.\n***\nTwo.", "One *** Two", "***\nOne\n***\nTwo\n***"],
     ["One.\n\nTwo.", "One", "One *** Two *** Three", "One *** *** Two"]),
    ("paragraphs:paragraphs2", {},
     ["One.\n\nTwo.", "One\n \nTwo\nstill", "\n\nOne\n\n\nTwo\n"],
     ["One.\nTwo.", "One", "One\n\nTwo\n\nThree", "One *** Two"]),
    ("punctuation:punctuation_dot", {},
     ["no dot", "What?", "Yes!"],
     ["A dot.", "3.5", "...", "e.g"]),
    ("punctuation:punctuation_exclamation", {},
     ["no mark", "What?", "Yes."],
     ["Yes!", "a != b", "！", "!"]),
]  # fmt: skip
RIGHT = [(name, kwargs, text) for name, kwargs, follows, _ in CASES for text in follows]
WRONG = [(name, kwargs, text) for name, kwargs, _, misses in CASES for text in misses]


def judged(completion: str, name: str, kwargs: dict[str, Any]) -> Verdict:
    params = {"instructions": [{"id": name, "kwargs": kwargs}]}
    row = Problem(id="p", prompt="q", verifier="instructions", params=params)
    return verifier_for(row).verify(row, completion)


def test_every_instruction_has_its_cases_and_none_replaces_a_published_one() -> None:
    assert {name for name, *_ in CASES} == TRAINED.keys() and len(TRAINED) == 29
    assert not TRAINED.keys() & PUBLISHED.keys() and len(INSTRUCTIONS) == 54
    assert all(len(follows) >= 3 and len(misses) >= 4 for _, _, follows, misses in CASES)


@pytest.mark.parametrize(("name", "kwargs", "text"), RIGHT)
def test_a_text_that_follows_is_accepted(name: str, kwargs: dict[str, Any], text: str) -> None:
    verdict = judged(text, name, kwargs)
    assert verdict.score == 1.0, verdict.detail


@pytest.mark.parametrize(("name", "kwargs", "text"), WRONG)
def test_a_text_that_misses_is_refused_with_what_it_misses(name: str, kwargs: dict[str, Any], text: str) -> None:
    verdict = judged(text, name, kwargs)
    assert verdict.score == 0.0 and (name in verdict.detail or "empty" in verdict.detail)


def test_a_row_of_the_training_set_is_read() -> None:
    asked = {
        "id": 7, "instruction_id_list": ["paragraphs:paragraphs", "detectable_format:title", "first_word:first_word_sent"],
        "kwargs": [{}, None, {"first_word": "so"}], "responses_create_params": {"input": [{"role": "user", "content": "q"}]},
    }  # fmt: skip
    problem = parse_problem(mapping("nemo_instructions", "problems")(asked), "f:1")
    verifier = verifier_for(problem)
    assert verifier.verify(problem, "So <<it>> is.\n***\nSo be it.").score == 1.0
    assert verifier.verify(problem, "So <<it>> is.\n***\nBe it so.").score == 0.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("One. Two!", ["One.", "Two!"]),
        ("Mr. Fox runs… Why?", ["Mr. Fox runs…", "Why?"]),
        ("... ", []),
        ("1. One\n2. Two", ["1. One\n2. Two"]),
        ("“Go.” She went", ["“Go.”", "She went"]),
    ],
)
def test_the_texts_of_sentences(text: str, said: list[str]) -> None:
    assert sentence_texts(text) == said and sentences(text) == len(said)
