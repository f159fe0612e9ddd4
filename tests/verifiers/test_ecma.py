"""Patterns of ECMA-262: what is one, what it finds, and that nothing makes one slow."""
# tables, one case a line
# ruff: noqa: E501

import random
import re

import pytest

from temper.verifiers.schema.ecma_pattern import parse_pattern
from temper.verifiers.schema.ecma_search import Automaton, Search
from temper.verifiers.schema.work import OverBudgetError, Work


def found(pattern: str, text: str, units: int = 1_000_000) -> bool:
    return Search(Work(units)).finds(Automaton(parse_pattern(pattern)), text)


FINDS = [
    ("", ""), ("a", "bab"), ("^a$", "a"), (".", "\U0001f600"), ("^.$", "\u0085"), ("[^]", "\n"), ("[^a]", "\n"), (r"\n", "\n"), (r"^\cJ$", "\n"), (r"^\x41\u0042\u{43}$", "ABC"),
    (r"^\u{1F600}$", "\U0001f600"), (r"^\uD83D\uDE00$", "\U0001f600"), (r"^[\b]$", "\b"), (r"^\0$", "\0"), (r"^[\d\-x]+$", "1-x"), (r"^[\w-.]+$", "a-."), ("^[a-]$", "-"), (r"^\s$", "\ufeff"), (r"^\s$", "\u2028"),
    (r"^\W$", "é"), (r"^\D$", "٣"), (r"^\p{Lu}\P{Lu}$", "Éé"), (r"^\p{Script=Greek}+$", "αβ"), (r"^[\p{L}\p{Nd}]+$", "é٣"), (r"^[^\p{L}]$", "1"), ("^(?:a|b)+$", "abba"), ("^(?<year>[0-9]{4})-(?<month>..)$", "2024-11"),
    ("^x{2}$", "xx"), ("^x{2,}$", "xxxx"), ("^x{2,3}?$", "xxx"), ("^a??b+?$", "bb"), ("^(a?){3}b$", "ab"), ("^(a*)*$", "aaa"), ("^(|a)+$", "aa"), ("^{{.*}}$", "{{x}}"), ("^a{,3}$", "a{,3}"), ("]}", "]}"),
    (r"\bfoo\b", "a foo."), (r"\Boo", "foo"), (r"^\b", "a"), ("^(?=.*[A-Z])(?=.*[0-9]).{8,}$", "abcdefG1"), ("^(?!foo)", "xfoo"), (r"(?<=\$)[0-9]+", "a $5"), (r"(?<!a)b", "cb"), ("a(?=b$)", "ab"), ("(?=.*b)a", "ab"),
    ("^(?:a(?!b)|ab)$", "ab"), ("(?<=(?<!x)a)b", "ab"), ("(?=(?=a)a)a", "a"), (r"^[\/\.\@]+$", "/.@"), (r"^\-\_\ $", "-_ "), ("a|", "x"), ("^(a|b)*$", "ab" * 5_000), ("\ud800", "x\ud800"),
]  # fmt: skip
FINDS_NOT = [
    ("a", ""), ("^a$", "a\n"), ("^a$", "ba"), ("^a$", "x\na"), (".", "\n"), (".", "\r"), (".", "\u2028"), ("[]", "a"), ("^[]a]", "]a"), ("[^a]", "a"), (r"\d", "٣"), (r"\w", "é"), (r"\s", "\x85"), (r"\S", "\u3000"), (r"^\W$", "_"), (r"^\p{Lu}$", "é"),
    (r"^\P{L}$", "é"), (r"^[^\p{L}]$", "é"), ("^x{2}$", "xxx"), ("^x{2,3}$", "xxxx"), ("^(a|a)*$", "a" * 60 + "b"), (r"\bfoo\b", "afoo"), (r"\bé", "é"), (r"\B", "a"), ("^(?=.*[A-Z])(?=.*[0-9]).{8,}$", "abcdefg1"), ("^(?!foo)", "foobar"),
    (r"(?<=\$)[0-9]+", "a 5"), (r"(?<!a)b", "ab"), ("a(?=b$)", "abc"), ("(?<=(?<!x)a)b", "xab"), ("^(?=a|$)", "b"), ("^(?:a|ab)(?!.)", "abc"), ("[b-d]", "ae"), (r"^[\w-.]+$", "a,"), ("^a{,3}$", "aaa"), ("(?=b)a", "ab"), ("[a-z]", "K"),
]  # fmt: skip
NONE = [
    "(", ")", "(a", "a)", "[", "[a", "*", "+a", "?", "a**", "a{2}{3}", "a{2}*", "^*", r"\b+", "(?", "(?i)a", "(?i:a)", "(?P<y>a)", "(?#x)", "(?>a)", "a++b+", "(?<1>a)", "(?<>a)", "(?<a>b)(?<a>c)", "[z-a]", "a{3,2}", "a{99999999999999999999}", "\\", r"[\]",
    r"\Z", r"\A", r"\a", r"\z", r"\x4", r"\u12", r"\u{110000}", r"\u{" + "0" * 50 + "1111111}", r"\p{Foo}", r"\p{L", r"\pL", r"\1", r"(a)\2", r"\k<a>", r"\k", r"\c1", r"\07", "(" * 60 + ")" * 60,
]  # fmt: skip


@pytest.mark.parametrize("pattern, text", FINDS)
def test_it_finds(pattern: str, text: str) -> None:
    assert found(pattern, text)


@pytest.mark.parametrize("pattern, text", FINDS_NOT)
def test_it_does_not_find(pattern: str, text: str) -> None:
    assert not found(pattern, text)


@pytest.mark.parametrize("pattern", NONE)
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match=", at |no property"):
        parse_pattern(pattern)


@pytest.mark.parametrize("pattern", [r"(a)\1", r"(?<x>a)\k<x>", "a{5001}", "(a{80}){80}", "(?:){9999}(?=a{5000})"])
def test_what_has_no_bound_is_a_pattern_but_not_searched_for(pattern: str) -> None:
    with pytest.raises(ValueError, match="back reference|states"):
        Automaton(parse_pattern(pattern))


def drawn(rng: random.Random, depth: int) -> str:
    """A pattern that Python's `re` reads alike."""
    if depth == 0 or rng.random() < 0.3:
        return rng.choice(["a", "b", "c", ".", "[ab]", "[^a]", r"\b", "^", r"\Z", ""])
    inside = drawn(rng, depth - 1)
    match rng.randrange(6):
        case 0 | 1:
            return inside + drawn(rng, depth - 1)
        case 2:
            return f"(?:{inside}|{drawn(rng, depth - 1)})"
        case 3 | 4:
            return f"(?:{inside})" + rng.choice(["*", "+", "?", "{2}", "{1,3}", "{0,2}?", "{2,}"])
    return rng.choice(["(?=", "(?!", "("]) + inside + ")"


def test_it_finds_what_a_backtracking_engine_finds() -> None:
    rng = random.Random(0)
    for _ in range(3_000):
        pattern = drawn(rng, 4)
        text = "".join(rng.choice("abc ") for _ in range(rng.randrange(7)))
        expected = re.search(pattern, text, re.ASCII) is not None
        assert found(pattern.replace(r"\Z", "$"), text) == expected, (pattern, text)


@pytest.mark.parametrize(
    "pattern", ["^(a|a)*$", "(a+)+b", "^(a|aa)+$", "(?=(?=a*b)a*)a*c", "(a|b|ab)*c", "(?<!(a+)+)b", "(a*)*b"]
)
def test_work_grows_with_the_text_alone(pattern: str) -> None:
    automaton = Automaton(parse_pattern(pattern))
    spent = []
    for length in (10_000, 100_000):
        work = Work(10**9)
        Search(work).finds(automaton, "a" * length + "!")
        spent.append(10**9 - work.left)
    assert spent[1] < 10.5 * spent[0]


def test_work_is_bounded_where_states_are_without_end() -> None:
    text = "".join(random.Random(0).choices("ab", k=100_000))
    with pytest.raises(OverBudgetError):
        found("(a|b)*a(a|b){1200}$", text)
