"""How many parts an encoded value has, told from its text before anything is built of it.

A list of lists of nothing is three bytes of text a part and, once it is read, a hundred bytes of memory. The count is
of what JSON separates: commas, colons and brackets that open, and one; the same for a value and whoever expects it.
"""

SEPARATORS = b",:[{"


def number_of_parts(text: bytes) -> int:
    outside = b"".join(_unescaped(text).split(b'"')[::2])
    return 1 + sum(map(outside.count, SEPARATORS))


def has_more_parts(text: bytes, most: int) -> bool:
    """The same for a text that somebody may have made to be costly."""
    if sum(map(text.count, SEPARATORS)) < most:
        return False
    if _unescaped(text).count(b'"') > 4 * most:  # two for each text, and each text is a part
        return True
    return number_of_parts(text) > most


def _unescaped(text: bytes) -> bytes:
    """Without the quotation marks that end no text."""
    return text.replace(b"\\\\", b"").replace(b'\\"', b"")
