"""Units of measure: what the words behind a value say, as dimension and factor, from a table.

    unit := term (('*' | '/' | per)? term)*      term := (square | cubic)? name exponent?

A name is in the table (time, length, mass, money, ...), or a prefix of the SI before one of its units. Currencies have
a dimension each, and so have degrees of temperature, since neither is a factor of another. Words that are no unit
(`clips`, `in total`) are kept apart as a noun.
"""

import functools
from dataclasses import dataclass
from fractions import Fraction

_PREFIXES = {
    "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "h": 2, "da": 1, "d": -1, "c": -2, "m": -3, "\u03bc": -6, "u": -6,
    "n": -9, "p": -12, "f": -15,
}  # fmt: skip
_PREFIX_NAMES = {
    "kilo": 3, "mega": 6, "giga": 9, "tera": 12, "peta": 15, "hecto": 2, "deca": 1, "deka": 1, "deci": -1, "centi": -2,
    "milli": -3, "micro": -6, "nano": -9, "pico": -12, "femto": -15,
}  # fmt: skip
_SI: dict[str, tuple[str, str, int | str]] = {
    "m": ("meter metre", "m", 1), "g": ("gram gramme", "g", 1), "s": ("second", "s", 1), "A": ("ampere amp", "A", 1),
    "K": ("kelvin", "K", 1), "mol": ("mole", "mol", 1), "cd": ("candela", "cd", 1), "Hz": ("hertz", "s^-1", 1),
    "N": ("newton", "m g s^-2", 1000), "Pa": ("pascal", "g m^-1 s^-2", 1000), "J": ("joule", "m^2 g s^-2", 1000),
    "W": ("watt", "m^2 g s^-3", 1000), "V": ("volt", "m^2 g s^-3 A^-1", 1000), "C": ("coulomb", "s A", 1),
    "F": ("farad", "s^4 A^2 m^-2 g^-1", "1/1000"), "\u03a9": ("ohm", "m^2 g s^-3 A^-2", 1000),
    "T": ("tesla", "g s^-2 A^-1", 1000), "H": ("henry", "m^2 g s^-2 A^-2", 1000), "L": ("liter litre", "m^3", "1/1000"),
    "l": ("", "m^3", "1/1000"), "eV": ("electronvolt", "eV", 1), "B": ("byte", "byte", 1),
    "bit": ("bit", "byte", "1/8"), "cal": ("calorie", "m^2 g s^-2", 4184), "Wh": ("", "m^2 g s^-2", 3_600_000),
    "t": ("tonne", "g", 10**6), "rad": ("radian", "rad", 1), "pc": ("parsec", "parsec", 1),
    "M": ("molar", "mol m^-3", 1000),
}  # fmt: skip
"""Symbol: names that take prefixes, dimension, factor."""
_OTHERS = {
    "s": "60 minute minutes min mins; 3600 hour hours hr hrs h; 86400 day days; 604800 week weeks wk;"
    "1209600 fortnight fortnights; 31557600 year years yr yrs; 315576000 decade decades; 3155760000 century centuries;"
    "31557600000 millennium millennia; 1 sec secs second seconds",
    "month": "1 month months mo",
    "m": "254/10000 inch inches; 3048/10000 foot feet ft; 9144/10000 yard yards yd yds; 1609344/1000 mile miles mi;"
    "1852 nautical-mile nautical-miles nmi; 9460730472580800 light-year light-years ly lightyear lightyears;"
    "149597870700 au; 1/1000000 micron microns; 1/10000000000 angstrom angstroms; 18288/10000 fathom fathoms;"
    "201168/1000 furlong furlongs",
    "g": "45359237/100000 lb lbs pound pounds; 45359237/1600000 oz ounce ounces; 1000 kilo kilos; 1000000 ton tons;"
    "1/5 carat carats; 100000 quintal quintals",
    "m^2": "40468564224/10000000 acre acres; 10000 hectare hectares ha",
    "m^3": "3785411784/1000000000000 gallon gallons gal; 946352946/1000000000000 quart quarts qt;"
    "473176473/1000000000000 pint pints pt; 2365882365/10000000000000 cup cups; 1/1000000 cc ccs;"
    "1478676478125/100000000000000000 tablespoon tablespoons tbsp; 158987294928/1000000000000 barrel barrels;"
    "492892159375/100000000000000000 teaspoon teaspoons tsp",
    "m s^-1": "44704/100000 mph; 10/36 kmh kph kmph; 1852/3600 knot knots kn kt",
    "s^-1": "1/60 rpm",
    "g m^-1 s^-2": "101325000 atm atmosphere atmospheres; 133322387415/1000000 mmhg; 6894757 psi",
    "m^2 g s^-3": "745700 horsepower hp",
    "m^2 g s^-3 A^-2": "1000000 kilohm kilohms; 1000000000 megohm megohms",
    "m^2 g s^-2": "1055056 btu; 1/10000 erg ergs",
    "celsius": "1 celsius centigrade degc", "fahrenheit": "1 fahrenheit degf",
    "degree": "1 degree degrees deg", "turn": "1 revolution revolutions turn turns rev",
    "dollar": "1 dollar dollars usd buck bucks; 1/100 cent cents; 1/20 nickel nickels; 1/10 dime dimes",
    "pound": "1 pound pounds gbp quid sterling; 1/100 penny pence pennies",
    "euro": "1 euro euros eur", "yen": "1 yen jpy", "yuan": "1 yuan rmb cny; 1/10 jiao",
    "rupee": "1 rupee rupees inr rs; 1/100 paise paisa", "peso": "1 peso pesos", "franc": "1 franc francs",
    "ruble": "1 ruble rubles rouble roubles rub; 1/100 kopeck kopecks", "forint": "1 forint forints",
    "krone": "1 krone kroner krona kronor", "shekel": "1 shekel shekels", "decibel": "1 decibel decibels db dB",
    "unit": "1 unit units", "pair": "1 pair pairs couple couples",
}  # fmt: skip
"""Dimension: (factor names; ...)."""
_POWERS = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
MAX_POWER = 9
_CHANGING = {
    "doubled", "tripled", "quadrupled", "halved", "inverted", "inverse", "negated", "reciprocal", "root", "rooted",
    "less", "fewer", "fold", "mille", "permille", "permil", "promille", "ppm", "ppb",
    "bc", "bce", "base", "tens", "mil", "mln", "mn", "bn", "point", "over", "logarithm", "log", "minus", "plus",
}  # fmt: skip
"""Nouns behind a number that change it in a way that is not read here: `5 doubled` is not the number 5."""

DENYING = {
    "!=", "false", "incorrect", "wrong", "untrue", "never", "neither", "invalid", "rejected", "reject", "discarded",
    "excluded", "extraneous", "fail", "fails", "failed", "impossible", "inadmissible", "unless", "before", "until",
}  # fmt: skip
"""Words beside a value that take it back."""

Dimension = frozenset[tuple[str, int]]
Measure = tuple[Dimension, Fraction]
"""Dimension and factor."""


@dataclass(frozen=True)
class Unit:
    """What the words behind a value say; without a measure only a noun, or nothing."""

    measures: frozenset[Measure] = frozenset()
    """More than one where a name is of two units (`pound`)."""
    noun: str = ""

    def ratios(self, other: "Unit") -> set[Fraction]:
        """By how much the other's unit is larger than this one, where both have one dimension; 1 where one of them
        leaves the unit of length open (`square units`)."""
        return {
            Fraction(1) if _is_open(d) != _is_open(e) else g / f
            for d, f in self.measures
            for e, g in other.measures
            if _closed(d) == _closed(e)
        }

    @property
    def changes_number(self) -> bool:
        """Whether the number before it is not the value: `5 pairs`, `5 doubled`."""
        words = self.noun.split()
        return bool(_CHANGING & {*words[:1]} or (DENYING | {"less", "fewer"}) & {*words}) or any(
            name == "pair" for dimension, _ in self.measures for name, _ in dimension
        )


NO_UNIT = Unit()


def _is_open(dimension: Dimension) -> bool:
    return any(name == "unit" for name, _ in dimension)


def _closed(dimension: Dimension) -> Dimension:
    return frozenset(("m" if name == "unit" else name, power) for name, power in dimension)


@functools.lru_cache(512)
def unit_of(words: str) -> Unit:
    """The unit that stands in `words`, whose parts are separated by blanks: `km / h ^2`, `square feet`, `clips`."""
    if not words:
        return NO_UNIT
    measures: set[Measure] = {(frozenset(), Fraction(1))}
    nouns: list[str] = []
    found, sign, power = False, 1, 1
    parts = words.split()
    while parts:
        word = parts.pop(0)
        if parts and f"{word} {parts[0]}".lower() in _table():
            word = f"{word} {parts.pop(0)}"
        if word in ("/", "per"):
            sign = -1
        elif word.lower() in _POWERS:
            power = _POWERS[word.lower()]
        elif known := _lookup(word):
            if parts and parts[0].startswith("^"):
                power *= _exponent(parts.pop(0))
            measures = {_joined(a, b, sign * power) for a in measures for b in known}
            found, sign, power = True, 1, 1
        elif word != "*":
            nouns.append(word.lower())
            sign = 1
    return Unit(frozenset(measures) if found else frozenset(), " ".join(nouns))


def is_coin(words: str) -> bool:
    """`dimes`, which are counted one by one beside other coins; dollars and cents are one amount."""
    return words.lower().removesuffix("s") in ("dime", "nickel", "quarter")


def _exponent(text: str) -> int:
    """The number in `^2` or `^-1`; for anything else one above the highest power that a unit may have."""
    digits = text[1:]
    return int(digits) if digits.removeprefix("-").isdigit() and len(digits) <= 2 else MAX_POWER + 1


def _joined(a: Measure, b: Measure, power: int) -> Measure:
    if abs(power) > MAX_POWER:
        return a
    total = dict(a[0])
    for name, exponent in b[0]:
        total[name] = total.get(name, 0) + exponent * power
    return frozenset((name, exponent) for name, exponent in total.items() if exponent), a[1] * b[1] ** power


def _lookup(word: str) -> tuple[Measure, ...]:
    """By symbol, whose case counts, or by name."""
    word = word.replace("\\Omega", "\u03a9")
    return _table().get(word) or _table().get(word.lower()) or ()


def _dimension(text: str) -> Dimension:
    parts = (part.partition("^") for part in text.split())
    return frozenset((name, int(exponent or 1)) for name, _, exponent in parts)


@functools.cache
def _table() -> dict[str, tuple[Measure, ...]]:
    table: dict[str, tuple[Measure, ...]] = {}

    def put(name: str, dimension: Dimension, factor: Fraction) -> None:
        table[name] = (*table.get(name, ()), (dimension, factor))

    for text, groups in _OTHERS.items():
        for group in groups.split(";"):
            size, *forms = group.split()
            for form in forms:
                put(form.replace("-", " "), _dimension(text), Fraction(size))
    for symbol, (names, text, factor) in _SI.items():
        dimension = _dimension(text)
        for prefix, exponent in {"": 0, **_PREFIXES}.items():
            if prefix + symbol not in table:
                put(prefix + symbol, dimension, Fraction(factor) * Fraction(10) ** exponent)
        for name in names.split():
            for prefix, exponent in {"": 0, **_PREFIX_NAMES}.items():
                for form in {prefix + name, f"{prefix}{name}s"} - table.keys():
                    put(form, dimension, Fraction(factor) * Fraction(10) ** exponent)
    return table
