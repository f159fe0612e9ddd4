"""The formats of JSON Schema (2020-12, 7.3, and draft 3's), where a row asserts them: all that are named, by the RFCs
that the standard names, but for durations, in which parts between may be left out as ISO 8601 has it (`PT1H5S`).

Each is one look over the text; a format that is not known here is refused with its row.
"""

import calendar
import ipaddress
import re
from collections.abc import Callable, Mapping

from temper.mistakes import nearest
from temper.verifiers.reading.strict_json import Json
from temper.verifiers.schema.ecma_pattern import parse_pattern
from temper.verifiers.schema.walk import Failure, Test, Walk

MAX_HOST = 253
"""Characters of a host's name (RFC 1035); the separators of an internationalised one may be others."""
# Loops that may not give back stand over single characters alone: Python before 3.11.5 answers wrongly where what is
# repeated so has choices of its own (gh-106052).
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.[0-9]++)?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))")
_OLD_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]")
# the look-aheads refuse `P` and `PT`, which name no amount
_DURATION = re.compile(
    r"P(?:[0-9]++W|(?=[0-9T])(?:[0-9]++Y)?(?:[0-9]++M)?(?:[0-9]++D)?"
    r"(?:T(?=[0-9])(?:[0-9]++H)?(?:[0-9]++M)?(?:[0-9]++S)?)?)"
)
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_POINTER = re.compile(r"(?:/[^~/]*+(?:~[01][^~/]*+)*)*")
_RELATIVE = re.compile(r"(?:0|[1-9][0-9]*+)(?:#|(/.*+)?)", re.DOTALL)
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\x80-\U0010ffff-]++"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*|\"(?:[^\"\\\x00-\x1f\x7f]++|\\[\x20-\x7e])*\"")
_TEMPLATE = re.compile(
    r"(?:[^\x00-\x20\"'%<>\\^`{|}\x7f]++|%[0-9A-Fa-f]{2}"
    r"|\{[+#./;?&=,!@|]?(?:VAR)(?:,(?:VAR))*\})*".replace(
        "VAR", r"(?:[A-Za-z0-9_]++|%[0-9A-Fa-f]{2})+(?:\.(?:[A-Za-z0-9_]++|%[0-9A-Fa-f]{2})+)*(?::[1-9][0-9]{0,3}|\*)?"
    )
)
_URI = re.compile(r"(?:([^:/?#]++):)?(?://([^/?#]*+))?([^?#]*+)(?:\?([^#]*+))?(?:#(.*+))?", re.DOTALL)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+")
_AUTHORITY = re.compile(r"(?:([^@]*+)@)?(\[[^\]]*+\]|[^:\[\]@]*+)(?::[0-9]*+)?")
_FUTURE = re.compile(r"[vV][0-9A-Fa-f]++\.[A-Za-z0-9._~!$&'()*+,;=:-]++")
_COLOURS = frozenset(
    ("aqua", "black", "blue", "fuchsia", "gray", "green", "lime", "maroon", "navy", "olive", "orange", "purple", "red",
     "silver", "teal", "white", "yellow")
)  # fmt: skip
_COLOUR = re.compile(r"#(?:[0-9A-Fa-f]{3}){1,2}")


def _pieces(more: str, beyond: str = "") -> re.Pattern[str]:
    """A part of an address: what is always allowed, `more`, and characters `beyond` ASCII."""
    return re.compile(rf"(?:[A-Za-z0-9._~!$&'()*+,;={more}{beyond}-]++|%[0-9A-Fa-f]{{2}})*")


_UCS = "\xa0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane << 16)}-{chr((plane << 16) + 0xFFFD)}" for plane in range(1, 15)
)


def _parts(beyond: str, private: str) -> dict[str, re.Pattern[str]]:
    return {
        "user": _pieces(":", beyond),
        "host": _pieces("", beyond),
        "path": _pieces(":@/", beyond),
        "rest": _pieces(":@/?", beyond + private),
    }


_OF_URI, _OF_IRI = _parts("", ""), _parts(_UCS, "\ue000-\uf8ff")


def format_test(name: object, draft: int) -> Test:
    """Raises ValueError for a format that is not known."""
    known = {**FORMATS, **OLD} if draft == 3 else FORMATS
    if not isinstance(name, str) or name not in known:
        remedy = nearest(str(name), known)
        raise ValueError(f"format {name!r:.60} is not known, so it cannot be asserted; {remedy} Or take `formats` out")
    fits = known[name]
    told = f"is not a {name!r}"

    cost = _COSTS.get(name, 0.1)

    def test(value: Json, walk: Walk) -> Failure | None:
        if not isinstance(value, str):
            return None
        walk.work.spend(3 + int(cost * len(value)))
        return None if fits(value) else Failure(told, value)

    return test


def is_date(text: str) -> bool:
    """RFC 3339, full-date."""
    found = _DATE.fullmatch(text)
    if not found:
        return False
    year, month, day = map(int, found.groups())
    if not 1 <= month <= 12:
        return False
    # Years begin at 0 in RFC 3339 and at 1 in `calendar`; 0 is a leap year, as 4 is.
    _, days = calendar.monthrange(year or 4, month)
    return 1 <= day <= days


def is_time(text: str) -> bool:
    """RFC 3339, full-time; a second 60 stands at midnight UTC alone."""
    found = _TIME.fullmatch(text)
    if not found:
        return False
    hour, minute, second = (int(found[i]) for i in (1, 2, 3))
    ahead_h, ahead_m = (int(found[i] or 0) for i in (5, 6))
    ahead = (60 * ahead_h + ahead_m) * (-1 if found[4] == "-" else 1)
    # `00:59:60+01:00`: 60 * 0 + 59 - 60 = -1, which of 1,440 is 1,439, the last minute in UTC
    leaps = second == 60 and (60 * hour + minute - ahead) % (24 * 60) == 24 * 60 - 1
    return hour < 24 and minute < 60 and ahead_h < 24 and ahead_m < 60 and (second < 60 or leaps)


def is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and is_date(text[:10]) and is_time(text[11:])


def is_host(text: str) -> bool:
    """RFC 1123; a label of another script is its `xn--` form (RFC 5891)."""
    labels = text.split(".") if len(text) <= MAX_HOST else []
    # two dashes there are kept for coded labels: `xn--` must decode, `ab--c` is refused
    return bool(labels) and all(
        _LABEL.fullmatch(label) and (label[2:4] != "--" or _is_punycode(label)) for label in labels
    )


def _is_punycode(label: str) -> bool:
    import idna

    try:
        return label[:4].lower() == "xn--" and bool(idna.ulabel(label.lower()))
    except (idna.IDNAError, UnicodeError):
        return False


def is_international_host(text: str) -> bool:
    """RFC 5890."""
    import idna

    try:
        return len(text) <= MAX_HOST and bool(idna.encode(text))
    except (idna.IDNAError, UnicodeError):
        return False


def _is_email(text: str, host: Callable[[str], bool]) -> bool:
    local, _, domain = text.rpartition("@")
    if not _LOCAL.fullmatch(local):
        return False
    if domain[:1] == "[" and domain[-1:] == "]":
        literal = domain[1:-1]
        return is_ipv6(literal[5:]) if literal[:5].lower() == "ipv6:" else is_ipv4(literal)
    return host(domain)


def is_email(text: str) -> bool:
    """RFC 5321, Mailbox."""
    return text.isascii() and _is_email(text, is_host)


def is_international_email(text: str) -> bool:
    """RFC 6531."""
    return _is_email(text, is_international_host)


def is_ipv4(text: str) -> bool:
    try:
        return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False


def is_ipv6(text: str) -> bool:
    try:
        # Python reads a zone as well (`fe80::1%eth0`), which the RFCs of these formats do not have there
        return "%" not in text and ipaddress.IPv6Address(text) is not None
    except ValueError:
        return False


def _is_reference(text: str, parts: Mapping[str, re.Pattern[str]], whole: bool) -> bool:
    """RFC 3986, or 3987 by its `parts`; `whole`: with its scheme."""
    found = _URI.fullmatch(text)
    if not found:
        return False
    scheme, authority, path, query, fragment = found.groups()
    # what ends at the first colon must be a scheme in a reference too: `1:2` is none, `./1:2` is a path
    if (whole or scheme is not None) and not _SCHEME.fullmatch(scheme or ""):
        return False
    fits = authority is None or _is_authority(authority, parts)
    return fits and all(
        parts[kind].fullmatch(part or "") for kind, part in (("path", path), ("rest", query), ("rest", fragment))
    )


def _is_authority(text: str, parts: Mapping[str, re.Pattern[str]]) -> bool:
    found = _AUTHORITY.fullmatch(text)
    if not found or not parts["user"].fullmatch(found[1] or ""):
        return False
    host = found[2]
    if host.startswith("["):
        return is_ipv6(host[1:-1]) or _FUTURE.fullmatch(host[1:-1]) is not None
    return parts["host"].fullmatch(host) is not None


def is_relative_pointer(text: str) -> bool:
    found = _RELATIVE.fullmatch(text)
    return bool(found) and _POINTER.fullmatch((found[1] or "") if found else "") is not None


def is_pattern(text: str) -> bool:
    """ECMA-262."""
    try:
        parse_pattern(text)
    except ValueError:
        return False
    return True


def _whole(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": is_date,
    "date-time": is_date_time,
    "duration": _whole(_DURATION),
    "email": is_email,
    "hostname": is_host,
    "idn-email": is_international_email,
    "idn-hostname": is_international_host,
    "ipv4": is_ipv4,
    "ipv6": is_ipv6,
    "iri": lambda text: _is_reference(text, _OF_IRI, whole=True),
    "iri-reference": lambda text: _is_reference(text, _OF_IRI, whole=False),
    "json-pointer": _whole(_POINTER),
    "regex": is_pattern,
    "relative-json-pointer": is_relative_pointer,
    "time": is_time,
    "uri": lambda text: _is_reference(text, _OF_URI, whole=True),
    "uri-reference": lambda text: _is_reference(text, _OF_URI, whole=False),
    "uri-template": _whole(_TEMPLATE),
    "uuid": _whole(_UUID),
}
_COSTS = {"regex": 4.0, "hostname": 2.0, "email": 2.0, "idn-hostname": 5.0, "idn-email": 5.0}
"""Units a character, of those that take more than one look over the text."""
OLD: dict[str, Callable[[str], bool]] = {
    "color": lambda text: text.lower() in _COLOURS or _COLOUR.fullmatch(text) is not None,
    "host-name": is_host,
    "ip-address": is_ipv4,
    "time": _whole(_OLD_TIME),
}
"""Draft 3's own."""
