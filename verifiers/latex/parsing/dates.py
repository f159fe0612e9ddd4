"""Dates: `March 14`, `14 March 2020`, `Sunday, July 4th`, `2020-03-14`."""

import re

_MONTHS = (
    [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ],
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
)
MONTHS = {name: i for names in _MONTHS for i, name in enumerate(names, 1)} | {"sept": 9}
_DAY = r"(?P<day>[0-9]{1,2})(?:st|nd|rd|th)?"
_MONTH = r"(?P<month>[a-z]{3,9})\.?"
_YEAR = r"(?:,?\s?(?P<year>[0-9]{4}))?"
_FORMS = tuple(
    re.compile(rf"(?:(?P<weekday>[a-z]{{3,6}}day),?\s)?(?:the\s)?{form}{_YEAR}(?:,?\s(?P<last>[a-z]{{3,6}}day))?\.?")
    for form in (rf"{_MONTH}\s(?:the\s)?{_DAY}", rf"{_DAY}\s(?:of\s)?{_MONTH}")
)
_LATEX = re.compile(r"\\(?:text|mathrm|textbf|mbox)\s?\{([^{}]{0,60})\}|[$~{}^]|\\[, ]")
_NUMBERED = re.compile(r"(?P<year>[12][0-9]{3})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})")
MAX_TEXT = 80


def date_of(text: str) -> str | None:
    """The same text for the same date, its day of the week at the end where that is said; None for what is none."""
    if len(text) > MAX_TEXT or not any(letter.isdigit() for letter in text):
        return None
    text = " ".join(_LATEX.sub(lambda found: found[1] or " ", text).lower().split())
    if (match := _NUMBERED.fullmatch(text)) is not None and 1 <= int(match["month"]) <= 12 and int(match["day"]) <= 31:
        return f"date {match['year']} {int(match['month'])} {int(match['day'])}"
    for form in _FORMS:
        match = form.fullmatch(text)
        if match is not None and match["month"] in MONTHS and 1 <= int(match["day"]) <= 31:
            day = match["weekday"] or match["last"]
            weekday = f" {day}" if day else ""
            return f"date {match['year'] or ''} {MONTHS[match['month']]} {int(match['day'])}{weekday}"
    return None
