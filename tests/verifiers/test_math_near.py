"""`math` on answers that are nearly right, made by kind from a seed: each maker gives a key, what says the same and
what does not, so that a kind is tried on numbers that nobody chose."""

import random
from collections.abc import Callable

import pytest

from temper.verifiers.math import Math
from temper.verifiers.problem import Problem

Made = tuple[str, list[str], list[str]]
"""(key, right answers, wrong answers)"""
MADE = 6
"""Of each kind."""
BARE_UNITS = ("m", "km", "cm", "s", "kg", "N", "J", "W", "L", "V", "A")


def _ends(draw: random.Random) -> Made:
    """Intervals: each end open or closed, its number, its sign."""
    low = draw.randint(-9, 4)
    high = low + draw.randint(2, 6)
    left, right = draw.choice("(["), draw.choice(")]")
    signs = {"(": "<", "[": "\\le", ")": "<", "]": "\\le"}
    said = f"{low} {signs[left]} x {signs[right]} {high}"
    other_left, other_right = "[("["([".index(left)], "])"[")]".index(right)]
    wrong = [f"{other_left}{low},{high}{right}", f"{left}{low},{high}{other_right}", f"{left}{low},{high + 1}{right}"]
    wrong += [f"{left}{low - 1},{high}{right}", f"x \\notin {left}{low},{high}{right}", f"\\{{{low},{high}\\}}"]
    wrong += [f"{low} {signs[left]} x \\text{{ or }} x {signs[right]} {high}"]
    return f"{left}{low},{high}{right}", [said, f"\\{{x \\mid {said}\\}}", f"x \\in {left}{low},{high}{right}"], wrong


def _outside(draw: random.Random) -> Made:
    """What lies outside two bounds: `and` for `or`, the part between, one part alone, another name."""
    low = draw.randint(-9, 4)
    high, op = low + draw.randint(2, 6), draw.choice(["", "="])
    less, more = f"x <{op} {low}".replace("<=", "\\le"), f"x >{op} {high}".replace(">=", "\\ge")
    ends = ("]", "[") if op else (")", "(")
    right = [f"{more} \\text{{ or }} {less}", f"(-\\infty,{low}{ends[0]} \\cup {ends[1]}{high},\\infty)"]
    wrong = [f"{less} \\text{{ and }} {more}", less, more, f"{low} < x < {high}", f"{less} \\text{{ or }} {more}.5"]
    wrong += [f"{less} \\text{{ or }} {more.replace('x', 'y')}", f"{less} \\text{{ or }} x = {high}"]
    return f"{less} \\text{{ or }} {more}", right, wrong


def _residues(draw: random.Random) -> Made:
    """Families: another residue, another period, what the letter may be, one member alone."""
    period = draw.randint(3, 12)
    rest = draw.randint(1, period - 1)
    right = [f"n = {period}m + {rest}, m \\in \\mathbb{{Z}}", f"n \\equiv {rest + period} \\pmod{{{period}}}"]
    wrong = [f"n = {period}k + {rest}, k \\in \\mathbb{{{domain}}}" for domain in "RQ"]
    wrong += [f"n \\equiv {rest} \\pmod{{{2 * period}}}", f"n = {period + 1}k + {rest}, k \\in \\mathbb{{Z}}"]
    wrong += [f"n = {period}k + {(rest + 1) % period}, k \\in \\mathbb{{Z}}", f"n = {rest}"]
    wrong += [f"n \\not\\equiv {rest} \\pmod{{{period}}}", f"n \\equiv {rest}, {rest + 1} \\pmod{{{period}}}"]
    return f"n = {period}k + {rest}, k \\in \\mathbb{{Z}}", right, wrong


def _turns(draw: random.Random) -> Made:
    """Angles up to a turn: half a turn, another start, whole turns alone, natural or real counters."""
    parts = draw.choice([3, 4, 5, 6, 8])
    start = f"\\frac{{\\pi}}{{{parts}}}"
    right = [f"x = {start} + 2n\\pi", f"x = \\frac{{{2 * parts + 1}\\pi}}{{{parts}}} + 2k\\pi, k \\in \\mathbb{{Z}}"]
    wrong = [f"x = {start} + {period}" for period in ("k\\pi", "4k\\pi", "2k", "\\frac{k\\pi}{2}")]
    wrong += [f"x = {start}", f"x = -{start} + 2k\\pi", f"x = \\pm {start} + 2k\\pi"]
    wrong += [f"x = {start} + 2k\\pi, k \\in \\mathbb{{{domain}}}" for domain in "NRQ"]
    return f"x = {start} + 2k\\pi, k \\in \\mathbb{{Z}}", right, wrong


def _sequence(draw: random.Random) -> Made:
    """Sequences that go on: where they begin, their step, their end."""
    start, step = draw.randint(0, 9), draw.randint(2, 9)
    items = [start + step * i for i in range(5)]
    text = ", ".join(map(str, items[:3]))
    wrong = [", ".join(map(str, items[1:4])) + ", \\ldots", f"{text}, {items[3]}", f"{text}", f"{start}, \\ldots"]
    wrong += [f"{start}, {start + step + 1}, {start + 2 * step + 2}, \\ldots"]
    return f"{text}, \\ldots", [f"{text}, {items[3]}, \\ldots", f"\\{{{text}, \\ldots\\}}"], wrong


def _list(draw: random.Random) -> Made:
    """Lists: one missing, one too many, one twice, one changed, their sum, in one."""
    items = draw.sample(range(-20, 40), draw.randint(3, 5))
    texts = list(map(str, items))
    turned = texts[::-1]
    wrong = [", ".join(part) for part in (texts[1:], [*texts, "41"], [*texts, texts[0]], [*texts[:-1], texts[0]])]
    wrong += [", ".join([*texts[:-1], str(items[-1] + 1)]), str(sum(items) + 100), " + ".join(texts)]
    wrong += [f"{min(items)} \\le x \\le {max(items)}", ", ".join(texts) + ", \\ldots"]
    return ", ".join(texts), [", ".join(turned), f"\\{{{', '.join(turned)}\\}}", f"x = {', '.join(texts)}"], wrong


def _labelled(draw: random.Random) -> Made:
    """Labelled values: swapped, one renamed, one left out, another sign."""
    names = draw.choice([("a", "b", "c"), ("p", "q", "r"), ("\\alpha", "\\beta", "\\gamma"), ("AB", "BC", "CA")])
    first, second, third = draw.sample(range(1, 30), 3)
    pairs = list(zip(names, (first, second, third), strict=True))

    def said(entries: list[tuple[str, int]]) -> str:
        return ", ".join(f"{name} = {value}" for name, value in entries)

    swapped = list(zip(names, (second, first, third), strict=True))
    cycled = list(zip(names, (second, third, first), strict=True))
    wrong = [said(swapped), said(cycled), said(pairs[:2]), said([*pairs[:2], (names[2], -third)])]
    wrong += [said([*pairs[:2], ("\\delta" if names[0] == "\\alpha" else "DE" if names[0] == "AB" else "d", third)])]
    return said(pairs), [said(pairs[::-1]), said([pairs[1], pairs[2], pairs[0]])], wrong


def _counted(draw: random.Random) -> Made:
    """What is counted is a label."""
    one, other, third = draw.sample(["boys", "girls", "apples", "pears", "cats", "dogs", "cars"], 3)
    a, b = draw.sample(range(2, 60), 2)
    right = [f"{b} \\text{{ {other}}}, {a} \\text{{ {one}}}", f"{a} \\text{{ {one} and }} {b} \\text{{ {other}}}"]
    wrong = [f"{b} \\text{{ {one} and }} {a} \\text{{ {other}}}", f"{a} \\text{{ {one} and }} {b} \\text{{ {third}}}"]
    wrong += [f"{a} \\text{{ {one}}}", f"{a} \\text{{ {one} and }} {b + 1} \\text{{ {other}}}", str(a + b)]
    return f"{a} \\text{{ {one} and }} {b} \\text{{ {other}}}", right, wrong


def _units(draw: random.Random) -> Made:
    """Units: another dimension, another power, another prefix, a quotient turned round."""
    number, (top, bottom) = draw.randint(2, 90), draw.sample(BARE_UNITS, 2)
    right = [f"{number}", f"{number}\\,\\mathrm{{{top}}}/\\mathrm{{{bottom}}}"]
    wrong = [
        f"{number} \\text{{ {other}}}" for other in (f"{bottom}/{top}", top, bottom, f"{top}/{bottom}^2", f"{top}^2")
    ]
    wrong += [f"{number} \\text{{ {top}}} \\cdot \\text{{{bottom}}}", f"{number}0 \\text{{ {top}/{bottom}}}"]
    return f"{number} \\text{{ {top}/{bottom}}}", right, wrong


def _radicals(draw: random.Random) -> Made:
    """a + b sqrt(c): the parts changed, the conjugate, what rounds to it."""
    a, b, c = draw.randint(1, 9), draw.randint(2, 9), draw.choice([2, 3, 5, 6, 7, 10, 11])
    right = [f"{b}\\sqrt{{{c}}}+{a}", f"{a}+\\sqrt{{{b * b * c}}}", f"{a} + {b} \\cdot {c}^{{1/2}}"]
    wrong = [
        f"{a}-{b}\\sqrt{{{c}}}",
        f"{a + b}\\sqrt{{{c}}}",
        f"{b}+{a}\\sqrt{{{c}}}" if a != b else "0",
        f"{a}\\sqrt{{{b * c}}}",
    ]
    wrong += [
        f"{a}+{b}\\sqrt[3]{{{c}}}",
        f"{a}+{b}\\sqrt{{{c + 0.001}}}",
        f"{a + b * c**0.5:.2f}",
        f"{a + b * c**0.5:.6f}",
    ]
    wrong += [f"{a} \\pm {b}\\sqrt{{{c}}}", f"{a}+{b}\\sqrt{{{c}}}i", f"\\sqrt{{{a + b * b * c}}}"]
    return f"{a}+{b}\\sqrt{{{c}}}", right, wrong


def _probability(draw: random.Random) -> Made:
    """A fraction: its complement, its inverse, its decimals cut off, its odds, off by one above or below."""
    bottom = draw.choice([7, 11, 13, 17, 19, 23, 29, 31])
    top = draw.choice([n for n in range(2, bottom) if 2 * n != bottom])
    wrong = [
        f"\\frac{{{bottom - top}}}{{{bottom}}}",
        f"\\frac{{{bottom}}}{{{top}}}",
        f"{top / bottom:.2f}",
        f"{top / bottom:.4f}",
    ]
    wrong += [f"\\frac{{{top + 1}}}{{{bottom}}}", f"\\frac{{{top}}}{{{bottom + 1}}}", f"{top}:{bottom - top}", f"{top}"]
    wrong += [f"\\frac{{{top}}}{{{bottom}}}\\%", f"-\\frac{{{top}}}{{{bottom}}}"]
    return f"\\frac{{{top}}}{{{bottom}}}", [f"{top}/{bottom}", f"\\frac{{{3 * top}}}{{{3 * bottom}}}"], wrong


def _function(draw: random.Random) -> Made:
    """A function: another letter on one side, its inverse, its derivative, a sign."""
    a, b = draw.randint(2, 9), draw.randint(1, 9)
    right = [f"f(t) = {a}t^2 - {b}t", f"{a}x^2 - {b}x", f"f(x) = x({a}x - {b})"]
    wrong = [f"f(x) = {a}t^2 - {b}t", f"f(x) = {a}x^2 + {b}x", f"f(x) = {b}x - {a}x^2", f"f'(x) = {a}x^2 - {b}x"]
    wrong += [f"f(x) = {a}x^2 - {b}", f"f(x) = {2 * a}x - {b}", f"f({a}) = {a}x^2 - {b}x", f"f(x) = {a}(x - {b})^2"]
    return f"f(x) = {a}x^2 - {b}x", right, wrong


def _sum(draw: random.Random) -> Made:
    """A sum with its bounds: off by one at either end, another power, the variable of the bound inside."""
    low, power = draw.randint(0, 3), draw.randint(2, 4)
    right = [f"\\sum_{{i={low}}}^{{n}} i^{power}", f"\\sum_{{j={low + 1}}}^{{n+1}} (j-1)^{power}"]
    wrong = [f"\\sum_{{k={low}}}^{{n{end}}} k^{power}" for end in ("-1", "+1")]
    wrong += [
        f"\\sum_{{k={low + 2}}}^{{n}} k^{power}",
        f"\\sum_{{k={low}}}^{{n}} k^{power + 1}",
        f"\\sum_{{k={low}}}^{{n}} n^{power}",
    ]
    wrong += [
        f"\\prod_{{k={low + 1}}}^{{n}} k^{power}",
        f"\\sum_{{k={low}}}^{{m}} k^{power}",
        f"\\sum_{{k={low}}}^{{\\infty}} k^{power}",
    ]
    return f"\\sum_{{k={low}}}^{{n}} k^{power}", right, wrong


def _denied(draw: random.Random) -> Made:
    """A value with words that take it back or change it."""
    n = draw.randint(3, 40)
    wrong = [
        f"\\text{{not }} {n}",
        f"{n} \\text{{ is wrong}}",
        f"{n} \\text{{ (rejected)}}",
        f"x = {n} \\text{{ (extraneous)}}",
    ]
    wrong += [
        f"\\text{{at least }} {n}",
        f"\\text{{more than }} {n}",
        f"{n} \\text{{ thousand}}",
        f"{n} \\text{{ squared}}",
    ]
    wrong += [
        f"{n} \\text{{ doubled}}",
        f"{n} \\text{{ per mille}}",
        f"{n} \\text{{ mod }} 2",
        f"\\text{{except }} {n}",
    ]
    return str(n), [f"\\text{{exactly }} {n}", f"{n} \\text{{ (the largest)}}", f"{n} \\text{{ people}}"], wrong


MAKERS: list[Callable[[random.Random], Made]] = [
    _ends, _outside, _residues, _turns, _sequence, _list, _labelled, _counted, _units, _radicals, _probability,
    _function, _sum, _denied,
]  # fmt: skip


def _score(key: str, given: str) -> float | None:
    row = Problem(id="p", prompt="How much is it?", verifier="math", answer=key)
    return Math().verify(row, f"\\boxed{{{given}}}").score


@pytest.mark.parametrize("maker", MAKERS)
def test_what_is_nearly_right_is_refused_and_what_says_the_same_is_not(maker: Callable[[random.Random], Made]) -> None:
    draw = random.Random(11)
    for _ in range(MADE):
        key, right, wrong = maker(draw)
        assert right and wrong
        assert [given for given in (key, *right) if _score(key, given) != 1.0] == [], key
        assert [given for given in wrong if _score(key, given) != 0.0] == [], key
