"""The marks that give a text its form: dividers, headings, bullets, highlights, titles, quotes, commas.

Each function takes the text as it is written and is linear in it: what repeats in a pattern is possessive, or cannot
match where the search goes on from. What a reader does not see counts nowhere.
"""

import re
import unicodedata

import regex

from temper.verifiers.instruction.reader import visible

_SAYS = regex.compile(r"[\p{L}\p{N}\p{So}\p{Sc}]")
"""What a text says something with: letters, numbers, pictures, currencies."""
_ITEM = r"(?:(?:[0-9]{1,3}|[A-Za-z]|[ivxIVX]{2,5})[.)][^\w\n]*+)?"
"""The mark of a list item."""
_TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,60}>")

_BLANK_LINE = re.compile(r"\n[^\S\n]*+\n\s*+")
_EMPHASIS = re.compile(r"(?<![\w*])\*\*\*(?=[^\s*])([^\n*]++)(?<=\S)\*\*\*(?![\w*])")
_PLACEHOLDER = re.compile(r"\[([^\[\]\n]++)\]")
_INITIALS = re.compile(r"(?:[^\W\d_]\.)++(?:[^\W\d_]\.?)?")
_BULLET = re.compile(r"^[ \t]*+[*-][ \t][*_\- \t]*+[^*_\-\s]", re.MULTILINE)
_OTHER_BULLET = re.compile(r"^[ \t]*+([+•‣⁃◦∙·▪▫●○■□◆◇★☆►▸➢➤→➔✓✔✗✘☐☑❖✦–])[ \t]*+\S", re.MULTILINE)
_STARS = re.compile(r"(?<!\*)\*++([^\n*]++)(?=(\*++))")
_OPERAND = re.compile(r"[0-9A-Za-z]")
_ANGLES = re.compile(r"<<([^\n<>]++)>>")
_FENCE = re.compile(r"`{3,}+|~{3,}+")
_JSON_TAG = re.compile(r"\A[ \t]*+json\b", re.IGNORECASE)
_INNER_QUOTE = re.compile(r'(?<!\\)"')
_OPENING = "([{<\"'*_-–—:"
_COMMA_ENTITY = re.compile(r"&(?:#0{0,5}44|#[xX]0{0,5}2[cC]|comma);")
_LOW_QUOTE_AS_COMMA = re.compile(r"(?<=\w)‚")


def says_something(text: str, start: int = 0) -> bool:
    return _SAYS.search(text, start) is not None


def paragraphs(text: str) -> list[str]:
    """What blank lines divide, blank parts left out."""
    return [part for part in _BLANK_LINE.split(visible(text)) if part.strip()]


def divided_paragraphs(text: str) -> list[str]:
    """What `***` divides, empty parts too. `***bold italic***` on a line is no pair of dividers."""
    return [part.strip() for part in _EMPHASIS.sub(r"\1", visible(text)).split("***")]


def placeholders(text: str) -> int:
    return sum(re.search(r"\w", inside) is not None for inside in _PLACEHOLDER.findall(visible(text)))


def postscript(text: str, marker: str) -> str:
    """Why there is no postscript, a line that begins with the marker and text after it; empty where there is one."""
    text, marker = _TAG.sub("", visible(text)), marker.strip()
    wanted = r"\s++".join(map(re.escape, marker.split()))
    if _INITIALS.fullmatch(marker):
        # `P.S.` becomes `P\.\s?S\.?`, which takes "P. S." and "P.S" too
        wanted = r"\.\s?".join(re.findall(r"\w", marker)) + r"\.?"
    ends = r"(?![^\W_])" if marker[-1].isalnum() or _INITIALS.fullmatch(marker) else ""
    found = re.search(_line_start(marker) + wanted + ends, text, re.IGNORECASE | re.MULTILINE)
    if found is None:
        return f"no line begins with {marker!r}"
    return "" if says_something(text, found.end()) else f"nothing after {marker!r}"


def bullets(text: str) -> int:
    """Lines that begin with `*` or `-` and hold something; a rule (`* * *`) holds nothing."""
    return len(_BULLET.findall(visible(text)))


def other_bullets(text: str) -> list[str]:
    """The signs of lines that begin with another bullet."""
    return _OTHER_BULLET.findall(visible(text))


def highlights(text: str) -> int:
    """Spans of `*text*` or `**text**`. Stars beside a blank within, or between two operands, multiply."""
    text = visible(text)
    count, closed = 0, -1
    for span in _STARS.finditer(text):
        inside, after = span[1], text[span.end(2) : span.end(2) + 1]
        product = _OPERAND.match(text[max(0, span.start() - 1)]) and _OPERAND.match(after)
        # stars that closed the last span open none
        if span.start() != closed and not inside[0].isspace() and not inside[-1].isspace() and not product:
            count, closed = count + 1, span.start(2)
    return count


def sections(text: str, splitter: str) -> int:
    """Lines that begin with the splitter and a number, each with text below. A list's mark may stand before them."""
    splitter = splitter.strip()
    numbered = rf"{_line_start(splitter)}{_ITEM}{re.escape(splitter)}[ \t]*+\d++(?!\w)"
    return sum(map(says_something, re.split(numbered, _TAG.sub("", visible(text)), flags=re.MULTILINE)[1:]))


def _line_start(word: str) -> str:
    """A pattern for what may stand between the beginning of a line and the word; marks are part of a word of marks."""
    return r"^[^\w\n]*+" if word[0].isalnum() else r"^[ \t]*+"


def has_title(text: str) -> bool:
    return any(_is_title(found) for found in _ANGLES.finditer(visible(text)))


def _is_title(found: re.Match[str]) -> bool:
    """Whether the angles wrap a text, alone on its line or touching it, and do not shift numbers."""
    inside = found[1]
    line_start = found.string.rfind("\n", 0, found.start()) + 1
    before, after = found.string[line_start : found.start()], found.string[found.end() : found.end() + 1]
    if re.search(r"[^\W_]", inside) is None:
        return False
    if inside[0].isspace() or inside[-1].isspace():
        return not before.strip(" \t*_#") and after in ("", "\n", "*", "_")
    return re.search(r"[\w)\]]\Z", before) is None and re.match(r"[\w(]", after) is None


def unfenced(text: str) -> str:
    """What stands inside the fence that is the whole text, its tag `json` aside; else the text itself."""
    text = text.strip()
    fence = _FENCE.match(text)
    if fence is None or not text.endswith(fence[0]) or len(text) < 2 * len(fence[0]):
        return text
    return _JSON_TAG.sub("", text[len(fence[0]) : -len(fence[0])])


def is_quoted(text: str) -> bool:
    """Whether one pair of `"` stands around the whole text. A quote inside opens after a blank, closes before one; the
    first must not be closed before the end."""
    text = visible(text).strip()
    if not (len(text) > 2 and text[0] == text[-1] == '"' and says_something(text)):
        return False
    depth = 1
    for quote in _INNER_QUOTE.finditer(text, 1, len(text) - 1):
        before, after = text[quote.start() - 1], text[quote.end()]
        opens = (before.isspace() or before in _OPENING) and not after.isspace()
        closes = not opens and not before.isspace() and not after.isalnum()
        depth += opens - closes
        if depth == 0:
            return False
    return True


def comma(text: str) -> str:
    """The first comma of any script, a low quote behind a letter among them; empty where there is none."""
    text = _LOW_QUOTE_AS_COMMA.sub(",", _COMMA_ENTITY.sub(",", text))
    return min(filter(_is_comma, set(text)), key=text.index, default="")


def _is_comma(sign: str) -> bool:
    return unicodedata.category(sign)[0] in "PN" and unicodedata.name(sign, "").endswith("COMMA")
