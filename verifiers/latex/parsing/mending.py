"""An answer's text before it is read: other spellings of the same signs become one, and damage that has one remedy is
undone. Nothing is guessed by meaning; a text that needs none of this comes out as it was."""

import html
import re
import unicodedata
from fractions import Fraction

_DAMAGED = re.compile("([\t\f\b\r])(?=(?:ext|extcirc|imes|heta|an|frac|rac|orall|inom|eta|ar|ho|ight)(?![a-z]))")
_CIRCLED = re.compile("[\u2460-\u2473]+")
_UNICODE = str.maketrans({
    "\u2234": " ", "\u2235": " ",
    "\u2212": "-", "\u2013": "-", "\u2014": "-", "\u2010": "-", "\u2011": "-", "\ufe63": "-", "\u00d7": "*",
    "\u00b7": "*", "\u22c5": "*", "\u2217": "*", "\u2219": "*", "\u00f7": "/", "\u2044": "/", "\u2215": "/",
    "\u2236": ":", "\u2264": " \\le ", "\u2265": " \\ge ", "\u2260": " \\ne ", "\u2a7d": " \\le ", "\u2a7e": " \\ge ",
    "\u221e": " \\infty ", "\u222a": " \\cup ", "\u2229": " \\cap ", "\u2208": " \\in ", "\u2209": " \\notin ",
    "\u2248": " \\approx ", "\u2243": " \\approx ", "\u2245": " \\approx ", "\u2261": " \\equiv ",
    "\u2227": " \\land ", "\u2228": " \\lor ", "\u2223": " | ", "\u2216": " \\setminus ", "\u2205": " \\emptyset ",
    "\u00d8": " \\emptyset ", "\u03c0": " \\pi ", "\u00b0": " ^\\circ ", "\u00ba": " ^\\circ ", "\u02da": " ^\\circ ",
    "\u00b1": " \\pm ", "\u2213": " \\mp ", "\u221a": " \\sqrt ", "\u221b": " \\cbrt ", "\u2026": " \\ldots ",
    "\u22ef": " \\ldots ", "\u00bd": " \\frac{1}{2}", "\u00bc": " \\frac{1}{4}", "\u00be": " \\frac{3}{4}",
    "\u2153": " \\frac{1}{3}", "\u2154": " \\frac{2}{3}", "\u2155": " \\frac{1}{5}", "\u2156": " \\frac{2}{5}",
    "\u2157": " \\frac{3}{5}", "\u2158": " \\frac{4}{5}", "\u2159": " \\frac{1}{6}", "\u215a": " \\frac{5}{6}",
    "\u215b": " \\frac{1}{8}", "\u215c": " \\frac{3}{8}", "\u215d": " \\frac{5}{8}", "\u215e": " \\frac{7}{8}",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2005": " ", "\u2007": " ", "\u2008": " ", "\u2009": " ",
    "\u200a": " ", "\u202f": " ", "\u205f": " ", "\u3000": " ", "\u200b": "", "\u200c": "", "\u200d": "",
    "\u2060": "", "\u2061": "", "\ufeff": "", "\u2032": "'", "\u2033": "''", "\u2019": "'", "\u2018": "'",
    "\u3002": ".", "\u3001": ",", "\u2220": " \\angle ", "\u25b3": " \\triangle ", "\u2211": " \\sum ",
    "\u220f": " \\prod ", "\u230a": " \\lfloor ", "\u230b": " \\rfloor ", "\u2308": " \\lceil ",
    "\u2309": " \\rceil ", "\u27e8": " \\langle ", "\u27e9": " \\rangle ", "\u211d": " \\R ", "\u2124": " \\Z ",
    "\u2115": " \\N ", "\u211a": " \\Q ", "\u2102": " \\C ", "\u03b1": " \\alpha ", "\u03b2": " \\beta ",
    "\u03b3": " \\gamma ", "\u03b4": " \\delta ", "\u03b5": " \\epsilon ", "\u03b6": " \\zeta ", "\u03b7": " \\eta ",
    "\u03b8": " \\theta ", "\u03ba": " \\kappa ", "\u03bb": " \\lambda ", "\u03bc": " \\mu ", "\u00b5": " \\mu ",
    "\u03bd": " \\nu ", "\u03be": " \\xi ", "\u03c1": " \\rho ", "\u03c3": " \\sigma ", "\u03c4": " \\tau ",
    "\u03c6": " \\phi ", "\u03d5": " \\phi ", "\u03c7": " \\chi ", "\u03c8": " \\psi ", "\u03c9": " \\omega ",
    "\u0393": " \\Gamma ", "\u0394": " \\Delta ", "\u0398": " \\Theta ", "\u039b": " \\Lambda ", "\u03a0": " \\Pi ",
    "\u03a3": " \\Sigma ", "\u03a6": " \\Phi ", "\u03a8": " \\Psi ", "\u03a9": " \\Omega ", "\u201c": '"',
    "\u201d": '"',
})  # fmt: skip
_SMALL = "0123456789+-=()n"
_RAISED = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b\u207c\u207d\u207e\u207f", _SMALL
)
_LOWERED = str.maketrans(
    "\u2080\u2081\u2082\u2083\u2084\u2085\u2086\u2087\u2088\u2089\u208a\u208b\u208c\u208d\u208e\u2099", _SMALL
)
_SUPERSCRIPT = re.compile("[\u2070\u00b9\u00b2\u00b3\u2074-\u207f]+")
_SUBSCRIPT = re.compile("[\u2080-\u208e\u2099]+")
_STYLED = re.compile("[\uff01-\uff5e\U0001d400-\U0001d7ff]")
"""Fullwidth signs and the mathematical alphabets, which are letters and digits in another dress."""
_SUP_TAG = re.compile(r"<(sup|sub)>([^<>]{0,200})</\1>", re.IGNORECASE)
_TAG = re.compile(r"</?(?:br|strong|em|span|p|div|math)\s{0,3}/?>", re.IGNORECASE)
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,10}|#[0-9]{2,6}|#x[0-9A-Fa-f]{2,5});")
_ESCAPED_TWICE = re.compile(r"\\\\(?=[A-Za-z]{2})")
_SIZES = re.compile(r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])\.?")
_SPACING = re.compile(
    r"(\\\\)|\\(?:displaystyle|textstyle|scriptstyle|limits|nolimits|quad|qquad|hfill|hskip|phantom\{[^{}]{0,20}\}"
    r"|hspace\*?\{[^{}]{0,20}\}|thinspace|enspace|enskip|allowbreak|nonumber|tiny|small|normalsize|large|Large|LARGE|huge|Huge|strut)"
    r"(?![A-Za-z])|\\[,!;:> \n/]|~"
)
_COLOR = re.compile(r"\\(?:text)?color(?:box)?\s?\{[^{}]{0,30}\}")
_GROUPED = re.compile(r"(?<=[0-9])(?:\{,\}|,\s?\\!\s?|\\,|\\!,|\\ |\\;|\\:|~|\\thinspace\s?)(?=[0-9]{3}(?![0-9]))")
_SPACED = re.compile(r"(?<![0-9.,\\}/A-Za-z])(?<![0-9] )([0-9]{1,3}(?: [0-9]{3})+)(?![0-9,/]| ?/| [0-9])")
_REPEATING = re.compile(
    r"([0-9]{0,20})\.([0-9]{0,20})\s?"
    r"(?:\\(?:overline|bar|overbar|widebar)\s?(?:\{([0-9]{1,20})\}|([0-9]))|\(([0-9]{1,20})\)"
    r"|\\dot\s?(?:\{([0-9])\}|([0-9]))(?:([0-9]{0,18})\\dot\s?(?:\{([0-9])\}|([0-9])))?)"
)
_GOING_ON = re.compile(r"([0-9]{0,20})\.([0-9]{2,40})\s?(?:\.\.\.|\\(?:l|c)?dots(?![A-Za-z]))")
_ELLIPSIS = re.compile(r"([,;+*=<>-])\s?\.(?:\s?\.){2,4}")
"""Behind a separator or a sign; behind a number or a word three dots only end a text."""
_HALF_DAY = re.compile(r"(?<=[0-9\s{~])([aApP])\.\s?[mM](?![A-Za-z])\.?|(?<=[0-9])(?:\s|\\,)?([aApP])[mM](?![A-Za-z])")
_X_FOR_TIMES = re.compile(r"(?<=[0-9])\s?[xX]\s?(?=10\s?\^)")
_CHOSEN = re.compile(
    r"(?<![0-9A-Za-z)}])(?:\{\s?\})?[_^]\s?\{?([0-9]{1,4}|[a-z])\}?\s?(?:\\(?:mathrm|text)\s?\{?)?([CP])\}?\s?"
    r"_\s?\{?([0-9]{1,4}|[a-z])\}?"
)
"""`{}_{10}C_3`, `{}^{10}P_3`."""
_ROW_END = re.compile(r"\\cr(?:\s|(?![A-Za-z]))|\\\\\s?\[-?[0-9.]{1,5}\s?(?:pt|em|ex|mm|cm)\]")
_DISTRIBUTED = re.compile(r"\A\s?([XYZ])\s?\\sim(?![A-Za-z])")
_REMAINDER = re.compile(r"\A\s?([0-9]{1,9})\s?(?:\\text\s?\{\s?)?[rR]\s?\}?\s?([0-9]{1,9})\s?\Z")
"""`6 R 3`."""
_DOTLESS = re.compile(r"\\([ij])math(?![A-Za-z])")
_EXPECTED = re.compile(r"(?<![A-Za-z])((?:E|Var|Cov|P|Pr)\}?)\s?\[([^\[\]]{1,60})\]")
"""`E[X]`, which is E(X)."""
_GAP = re.compile(r"(?<=[0-9A-Za-z})])\s?\\q?quad\s?(?=[A-Za-z](?:_\{?\w\}?)?\s?=)")
_PRIMES = re.compile(r"\^\s?(?:\{\s?((?:\\prime\s?){1,4})\}|\\prime(?![A-Za-z]))")
_LOST_CIRCLE = re.compile(r"(?<=[0-9])\s?\^\s?(?:\{\s?\})?\s*\Z")
_DOLLAR = re.compile(r"(?<!\\)\$(?=\s?-?[0-9.])")


def mended(text: str) -> str:
    """LaTeX that went through a string literal (a tab for the `\\t` of `\\text`), and circled digits as a list."""
    if "\t" in text or "\r" in text or "\f" in text or "\b" in text:
        text = _DAMAGED.sub(lambda found: "\\" + {"\t": "t", "\f": "f", "\b": "b", "\r": "r"}[found.group(1)], text)
    if text.isascii():
        return text
    return _CIRCLED.sub(lambda found: ", ".join(str(ord(one) - 0x245F) for one in found.group()), text)


def plain(text: str) -> str:
    """An answer in the spellings that `tokens` knows."""
    text = _unmarked(text)
    if not text.isascii():
        text = _in_latex(text)
    if "." in text:
        text = _REPEATING.sub(_fraction, text)
        text = _GOING_ON.sub(_going_on, text)
        text = _ELLIPSIS.sub(r"\1 \\ldots ", text)
    if "quad" in text:
        text = _GAP.sub(", ", text)
    if "\\right." in text:
        text = text.replace("\\left\\{", "", 1)
    if "\\" in text or "~" in text or "{" in text:
        text = _SPACING.sub(lambda found: found.group(1) or " ", _SIZES.sub("", _GROUPED.sub("", text)))
    if " " in text:
        text = _SPACED.sub(lambda found: found.group().replace(" ", ""), text)
    if text.count("$") % 2:
        text = _DOLLAR.sub(r"\\$", text, count=1)
    if "m" in text or "M" in text:
        text = _HALF_DAY.sub(lambda found: f" {(found[1] or found[2]).upper()}M ", text)
    if "np." in text:
        text = text.replace("np.", "")
    if "{:}" in text:
        text = text.replace("{:}", ":")
    if "color" in text:
        text = _COLOR.sub("", text)
    if "prime" in text:
        text = _PRIMES.sub(lambda found: "'" * max(1, (found[1] or "").count("prime")), text)
    if "\\cr" in text or "\\[" in text:
        text = _ROW_END.sub(r"\\\\ ", text)
    if "\\sim" in text:
        text = _DISTRIBUTED.sub(r"\1=", text)
    if "r" in text or "R" in text:
        text = _REMAINDER.sub(r"\1 \\text{ rem } \2", text)
    if "math" in text:
        text = _DOTLESS.sub(r"\1", text)
    if "[" in text:
        text = _EXPECTED.sub(r"\1(\2)", text)
    if "^" in text:
        text = _X_FOR_TIMES.sub(r" \\times ", _LOST_CIRCLE.sub(r"^\\circ", text))
    if "C" in text or "P" in text:
        text = _CHOSEN.sub(_chosen, text)
    return _balanced(text)


def _unmarked(text: str) -> str:
    """Without HTML and without a second escape of every command."""
    if "<" in text:
        text = _TAG.sub(" ", _SUP_TAG.sub(lambda tag: f"{'^' if tag[1].lower() == 'sup' else '_'}{{{tag[2]}}}", text))
    if "&" in text and _ENTITY.search(text):
        text = html.unescape(text)
    if "\\\\" in text and "\\begin" not in text:
        text = _ESCAPED_TWICE.sub(r"\\", text)
    return text


def _in_latex(text: str) -> str:
    text = _SUPERSCRIPT.sub(lambda found: "^{" + found.group().translate(_RAISED) + "}", text)
    text = _SUBSCRIPT.sub(lambda found: "_{" + found.group().translate(_LOWERED) + "}", text)
    text = _STYLED.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
    return text.translate(_UNICODE)


def _chosen(found: re.Match[str]) -> str:
    """Combinations, and arrangements as combinations in any order."""
    total, letter, size = found.groups()
    return f"\\binom{{{total}}}{{{size}}}" + (f"\\cdot {size}! " if letter == "P" else "")


def _fraction(found: re.Match[str]) -> str:
    """`1.2\\overline{3}` as the fraction that it is: 12/10 + 3/90."""
    whole, fixed, *rest = (group or "" for group in found.groups())
    return _repeating(whole, fixed, "".join(rest))


def _repeating(whole: str, fixed: str, period: str) -> str:
    value = Fraction(int(whole + fixed or "0")) + Fraction(int(period), 10 ** len(period) - 1)
    value /= 10 ** len(fixed)
    return f"{{\\frac{{{value.numerator}}}{{{value.denominator}}}}}"


def _going_on(found: re.Match[str]) -> str:
    """`0.1666...` repeats what stands at its end at least twice and fills three places; any other is cut off."""
    whole, digits = found.groups()
    for size in range(1, len(digits) // 2 + 1):
        period = digits[-size:]
        shown = next((i for i in range(len(digits)) if digits[i:] == (period * 40)[-(len(digits) - i) :]), len(digits))
        if len(digits) - shown >= max(3, 2 * size):
            return _repeating(whole, digits[: len(digits) - size], period)
    return f"{whole}.{digits}"


def _balanced(text: str) -> str:
    """With the closing braces that are missing at the end, without those that are too many there."""
    missing = text.count("{") - text.count("}")
    if not missing or "\\{" in text or "\\}" in text:
        return text
    if 0 < missing <= 3:
        return text + "}" * missing
    while missing < 0 and text.rstrip().endswith("}"):
        text, missing = text.rstrip()[:-1], missing + 1
    return text
