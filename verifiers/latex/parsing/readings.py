"""The trees of an answer's text, and the text itself where it has none.

A comma separates items, and groups thousands where the digits stand that way: both are tried. Inside brackets it
groups digits only where other commas are followed by a blank. `10,00` is neither. A run of letters may be a product of
names and a word (`red`); both are kept.
"""

import re

from temper.verifiers.latex.algebra import UnreadableError
from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.parsing.cycles import cycles_of
from temper.verifiers.latex.parsing.dates import date_of
from temper.verifiers.latex.parsing.grammar import parse
from temper.verifiers.latex.parsing.tokens import MAX_TEXT, tokens_of

_GROUPED = re.compile(r"(?<![0-9.,])[1-9][0-9]{0,2}(?:,[0-9]{3})+(?![0-9,])", re.ASCII)
_WORDS = re.compile(r"\\(?:text|mathrm|textbf|mbox)\s?\{[A-Za-z .\\]{0,100}\}")
_BAD_GROUP = re.compile(r"[0-9],0[0-9]", re.ASCII)
_WRAPPERS = (
    ("\\[", "\\]"),
    ("\\(", "\\)"),
    ("\\begin{equation}", "\\end{equation}"),
    ("\\begin{align*}", "\\end{align*}"),
)
_BOLD = re.compile(r"(\*{1,3}|_{2})([^*]{1,5000})\1")
_EMPHASIS = re.compile(r"(?<![\w)}\]])\*\*(?!\s)([^*]{1,300})(?<!\s)\*\*(?![\w({\[])")
"""`**impossible**` in a sentence; `2**3` is a power."""
_FEET = re.compile(r"([0-9]{1,4})\s?['\u2032\u2019]\s?([0-9]{1,2}(?:\.[0-9]{1,4})?)\s?(?:''|[\"\u2033\u201d])")
"""`5' 8''`, which without a degree sign are feet and inches."""
_PART = re.compile(r"(?<![A-Za-z0-9}])(?:\\text\s?\{\s?)?\(([1-9]|[a-h]|i{1,3}|iv|vi{0,3})\)\s?\}?(?=\s?[^\s,;)^])")
_ORDERS = (tuple("123456789"), tuple("abcdefgh"), ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii"))
_HAS_CONTENT = re.compile(r"[0-9A-Za-z]")
_ORDER = re.compile(r"(?:\\(?:text|mathrm|textbf)\s?\{)?([A-H]{3})\}?")
LETTERS = "letters:"
"""Before the letters of a choice in order, `BCA`, which are no product; four and more are a word anyway."""
_DIGITS = re.compile("[0-9A-F]{2,40}")
_WORDS_OF = re.compile(r"\\(?:text|mathrm|texttt)\s?\{([0-9A-Za-z]{1,40})\}")
_LETTERED = re.compile(r"\(?([0-9A-Z]{1,40})\)?\s?_\s?\{?(1[1-9]|2[0-9]|3[0-6])\}?")
_RUN = re.compile("[A-Za-z][a-z]{2,}")
_RUNS = re.compile("(?:[Aa]n?|[A-Za-z][a-z]{2,15})(?:(?:, ?| )[A-Za-z][a-z]{1,15}){1,8}")


def readings(text: str) -> list[Node]:
    """At least one tree. Raises UnreadableError."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(f"an answer of {len(text)} characters")
    text = _unnumbered(_unwrapped(text))
    if (order := _ORDER.fullmatch(text)) is not None:
        return [Node("words", text=LETTERS + order[1])]
    if "_" in text and (based := _lettered(text)) is not None:
        return [based]
    texts = []
    grouped = _GROUPED.search(text)
    if grouped and (", " in text or not re.search(r"[(\[{]", _WORDS.sub("", text))):
        texts.append(_GROUPED.sub(lambda found: found.group().replace(",", ""), text))
    if not _BAD_GROUP.search(text):
        texts.append(text)
    found: list[Node] = []
    first = None
    for reading in texts:
        if any(node.kind == "quantity" for node in found):
            break  # `$1,200` is one amount
        try:
            found += parse(reading)
        except (UnreadableError, RecursionError) as error:
            first = first or UnreadableError(str(error))
    if (date := date_of(text)) is not None:
        found.insert(0, Node("words", text=date))
    if _RUN.fullmatch(bare := text.strip("$ .")):
        found.append(Node("words", text=bare))
    digits = _WORDS_OF.sub(r"\1", bare) if "{" in bare else bare
    if _DIGITS.fullmatch(digits) and not (digits.isdigit() or digits.isalpha()):
        found.append(Node("words", text=digits))
    if (cycles := cycles_of(text)) is not None:
        found.append(Node("words", text=cycles))
    if _RUNS.fullmatch(bare):
        found += [node for node in parse(f"\\text{{{bare}}}") if node not in found]
    if not found:
        raise first or UnreadableError("digits that are grouped in no known way")
    return found


def _lettered(text: str) -> Node | None:
    """`2B3_{16}`, a number with letters for digits; a name with an index (`B_{12}`) is none."""
    match = _LETTERED.fullmatch(_WORDS_OF.sub(r"\1", text.strip("$ .")))
    if match is None or match[1].isdigit():
        return None
    digits, base = match[1], int(match[2])
    if (digits.isalpha() and (base != 16 or len(digits) == 1)) or max(int(digit, 36) for digit in digits) >= base:
        return None
    return Node("based", text=f"{digits.lstrip('0')}_{base}")


def _unwrapped(text: str) -> str:
    text = text.strip()
    if (bold := _BOLD.fullmatch(text)) is not None:
        text = bold[2].strip()
    elif "**" in text:
        text = _EMPHASIS.sub(r"\1", text)
    if ("'" in text or not text.isascii()) and (feet := _FEET.fullmatch(text.strip("$"))) is not None:
        return f"{feet[1]} \\text{{ ft }} {feet[2]} \\text{{ in}}"
    for opening, closing in _WRAPPERS:
        if text.startswith(opening) and text.endswith(closing):
            text = text[len(opening) : -len(closing)]
    return text


def _unnumbered(text: str) -> str:
    """`(1) 5; (2) 6` and `(a) 5 (b) 6` without the numbers of their parts."""
    found = list(_PART.finditer(text))
    numbers = [match[1] for match in found]
    for order in _ORDERS:
        if len(found) > 1 and found[0].start() == 0 and numbers == list(order[: len(numbers)]):
            parts = [text[a.end() : b.start()] for a, b in zip(found, found[1:], strict=False)]
            parts = [part.strip().rstrip(",;.") for part in (*parts, text[found[-1].end() :])]
            return "; ".join(parts) if all(map(_HAS_CONTENT.search, parts)) else text
    return text


def spelling(text: str) -> tuple[str, ...]:
    """What two texts must share to be the same text: signs and letters, but no blanks, dollars, case of words, or
    braces around one sign."""
    try:
        tokens = tokens_of(text)
    except UnreadableError:
        return tuple(text.split())
    while tokens and tokens[-1].text == ".":
        tokens.pop()
    texts = [token.text.casefold() if token.kind == "word" else token.text for token in tokens]
    alone = {i for i in range(len(texts) - 2) if texts[i] == "{" and texts[i + 2] == "}"}
    return tuple(text for i, text in enumerate(texts) if i not in alone and i - 2 not in alone)


def in_words(node: Node) -> bool:
    return node.kind == "words" or (node.kind == "list" and all(map(in_words, node.args)))
