"""Text of strangers (completions, rows, servers) on its way to a file, a log or a terminal."""

import re
import unicodedata

_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, what turns the direction of writing, separators of lines, lone surrogates."""
_PICTURES = 0x2400
"""Where Unicode has the pictures of the control characters below the blank."""


def encodable(text: str) -> str:
    """The text as any file takes it: a lone surrogate becomes the six characters `\\ud800`."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def shown(text: str, lines: bool = False) -> str:
    """The text as a person may see it: nothing in it drives a terminal, turns the writing or begins a line of its own.
    With `lines` its newlines and tabs stay."""
    kept = "\n\t" if lines else ""
    return _UNSEEN.sub(lambda found: found[0] if found[0] in kept else _visible(found[0]), text)


def _visible(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        # a newline, 0x0A, becomes U+240A
        return chr(_PICTURES + code)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def alike(first: object, second: object) -> bool:
    """Whether two different values look the same, or nearly: in compatible forms of Unicode they are."""
    texts = [unicodedata.normalize("NFKC", repr(value)) for value in (first, second)]
    return first != second and texts[0] == texts[1]
