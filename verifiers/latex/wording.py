"""Answers in words: when two texts say the same. Only whole texts are compared, never a part of one."""

import re

_SOUGHT = {
    "solution", "solutions", "number", "numbers", "integer", "integers", "value", "values", "root", "roots", "function",
    "functions", "pair", "pairs", "point", "points", "set", "sets", "triple", "triples", "polynomial", "polynomials",
    "x", "n", "such", "real", "positive", "valid", "possible", "rational", "complex",
}  # fmt: skip
"""What there may be none of."""
_NONE = {"none", "nothing", "empty", "empty set", "null set"}
_MISSING = {"not exist", "dne", "undefined", "limit not exist", "it not exist"}
_OF_SERIES = {"divergent": "diverges", "convergent": "converges"}
_BEHAVES = (["diverges"], ["converges"])
_CONVERGES = {"series", "integral", "sequence", "sum", "it"}
_MANY = {"infinite", "infinity", "infinite number", "infinitely many"}
_ROLES = (
    ("max maximum maximal greatest largest highest biggest most", "min minimum minimal least smallest lowest fewest"),
    ("mean average", "median", "mode", "variance"), ("domain", "range image"),
    ("sum total", "difference", "product", "quotient", "remainder"),
    ("area", "perimeter", "volume", "circumference"), ("radius", "diameter"), ("slope gradient", "intercept"),
    ("length", "width breadth", "height"), ("first", "second", "third", "fourth", "last"), ("numerator", "denominator"),
    ("increase increases increasing", "decrease decreases decreasing"), ("left", "right"), ("odd", "even"),
    ("profit gain", "loss"), ("boy boys", "girl girls"), ("men man", "women woman"), ("center", "vertex", "focus foci"),
    ("up upward upwards above", "down downward downwards below"), ("clockwise", "counterclockwise anticlockwise"),
    ("before ago earlier", "after later"), ("gained gains", "lost loses"), ("ad ce", "bc bce"),
    ("rank", "nullity"), ("trace", "determinant"), ("supremum", "infimum"),
    ("real", "complex imaginary"), ("noon midday", "midnight"), ("simple", "double repeated", "triple", "quadruple"),
    ("kernel", "image"),
)  # fmt: skip
_ANSWERS = {"answer", "result", "it", "this", "conclusion"}
_COMPASS = re.compile(
    r"\b(?:(?:north|south)(?:east|west)?|east|west|up|down|left|right|forward|backward)(?=(?:wards?|erly|ern)?\b)"
)
_ORDINALS = {
    name: digit
    for digit, names in {
        "1": "first 1st i 1",
        "2": "second 2nd ii 2",
        "3": "third 3rd iii 3",
        "4": "fourth 4th iv 4",
    }.items()
    for name in names.split()
}
_NUMBER = re.compile("[0-9]+")
_ROLE_OF = {
    word: (group, i) for group, roles in enumerate(_ROLES) for i, role in enumerate(roles) for word in role.split()
}
"""Words with which labels call values apart: a maximum is no minimum."""
_POLAR = {"yes", "no", "true", "false"}
_POLAR_START = re.compile(r"(yes|no|true|false)\b\s?[,.;:!\u2014-]\s?(.{0,400})", re.DOTALL)
_DENIALS = {
    "yes": re.compile(r"\b(?:not?|false|never|actually|wait)\b|n't\b|n\u2019t\b"),
    "no": re.compile(r"\b(?:yes|true|actually|wait)\b"),
}
"""What the reason behind a `yes` or `no` must not say."""


def says_none(text: str) -> bool:
    """`none`, `no solution`, `there are no such integers`, `no such function exists`."""
    words = [word for word in _bare(text).split() if word not in ("there", "is", "are", "exist", "exists")]
    return " ".join(words) in _NONE or (len(words) > 1 and words[0] == "no" and {*words[1:]} <= _SOUGHT)


def says_many(text: str) -> bool:
    words = [word for word in _bare(text).split() if word not in ("there", "is", "are", "of") and word not in _SOUGHT]
    return " ".join(words) in _MANY


def _says_missing(text: str) -> bool:
    words = [word for word in _bare(text).split() if word not in ("does", "doesnt", "do", "did")]
    return " ".join(words) in _MISSING or _bare(text) == "doesnt exist"


def role_name(label: str) -> str:
    """A label that is one word for a role by the first word for it: `max`, `the greatest value` and `maximum`."""
    group, place = _ROLE_OF.get(label, (None, 0))
    return label if group is None else _ROLES[group][place].split()[0]


def other_role(key: str, given: str) -> bool:
    """Whether two labels in words name two things of one kind: `the maximum` and `the minimum`."""
    ours, theirs = (
        dict(_ROLE_OF[word] for word in _bare(text.lower()).split() if word in _ROLE_OF) for text in (key, given)
    )
    return any(theirs.get(group, role) != role for group, role in ours.items())


def other_subject(key: str, given: str) -> bool:
    """Of what a word is said: `both statements are false`, `one statement is false`; of the answer anything may be."""
    ours, theirs = ({word.removesuffix("s") for word in _bare(text.lower()).split()} for text in (key, given))
    return ours != theirs and not (_ANSWERS & ours or _ANSWERS & theirs)


def says_otherwise(key: str, given: str) -> bool:
    """Of the nouns behind two numbers: `a decrease` and `an increase`, `north of east` and `east of north`,
    `multiplicity 2` and `multiplicity 3`."""
    if key == given:
        return False
    for turns in (_COMPASS.findall, _NUMBER.findall):
        ours, theirs = turns(key), turns(given)
        if ours and theirs and ours != theirs:
            return True
    return other_role(key, given)


def has_role(words: list[str]) -> bool:
    return any(word.lower() in _ROLE_OF for word in words)


def same_words(key: str, given: str) -> bool:
    """Of texts in small letters without articles (`values.words`)."""
    if _bare(key) == _bare(given) or (key.startswith("date ") and _without_weekday(key, given)):
        return True
    if _of_series(key) == _of_series(given) or (_quadrant(key) and _quadrant(key) == _quadrant(given)):
        return True
    return any(says(key) and says(given) for says in (says_none, says_many, _says_missing))


def _of_series(text: str) -> str:
    """`the series diverges` without its subject, `absolutely convergent` as `converges absolutely`."""
    words = [_OF_SERIES.get(word, word) for word in _bare(text).split()]
    words = [word for i, word in enumerate(words) if word != "is" or words[i + 1 : i + 2] not in _BEHAVES]
    subject = len(words) > 1 and words[0] in _CONVERGES and words[1] in ("converges", "diverges")
    words = words[1:] if subject else words
    return " ".join(sorted(words) if {"converges", "diverges"} & {*words} else words)


def _quadrant(text: str) -> str:
    """The number of `Quadrant II` and `the second quadrant`; empty for anything else."""
    words = _bare(text).split()
    number = [word for word in words if word != "quadrant"]
    return _ORDINALS.get(number[0], "") if len(words) == 2 and len(number) == 1 else ""


def _without_weekday(key: str, given: str) -> bool:
    """Of two dates one of which alone says its day of the week."""
    shorter, longer = sorted((key, given), key=len)
    return longer.startswith(f"{shorter} ") and longer.removeprefix(f"{shorter} ").endswith("day")


def _bare(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.replace("'", "")).split())


def polar(text: str) -> str | None:
    """The `yes` of an answer that begins with it and gives its reason; None where that denies or asserts again."""
    match = _POLAR_START.fullmatch(text.strip().lower())
    if (
        match is None
        or not re.search(r"[a-z]{2}", match[2])
        or _DENIALS["yes" if match[1] in ("yes", "true") else "no"].search(match[2])
    ):
        return None
    return match[1]


def is_polar(text: str) -> bool:
    return text.strip().strip(".").lower() in _POLAR
