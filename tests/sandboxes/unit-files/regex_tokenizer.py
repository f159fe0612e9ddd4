import re
import pytest
from solution import LexError, Token, evaluate, matches, tokenize

def test_tokens():
    assert tokenize("1 + x2") == [Token("NUMBER", "1", 0), Token("OP", "+", 2), Token("NAME", "x2", 4)]
    assert tokenize("") == []

def test_token_is_a_named_tuple():
    kind, text, position = tokenize("42")[0]
    assert (kind, text, position) == ("NUMBER", "42", 0)
    assert tokenize("42")[0].kind == "NUMBER"

def test_error_position():
    with pytest.raises(LexError) as info:
        tokenize("1 $ 2")
    assert info.value.position == 2
    assert info.match(r"unexpected '\$'")

@pytest.mark.parametrize(("text", "value"), [("1+2*3", 7), ("(1+2)*3", 9), ("2*x", 20), ("8/4/2", 1.0), ("-3+5", 2)])
def test_evaluate(text, value):
    assert evaluate(text, {"x": 10}) == value

def test_unknown_name():
    with pytest.raises(NameError, match="y"):
        evaluate("y", {})

def test_division():
    with pytest.raises(ZeroDivisionError):
        evaluate("1/0", {})

def test_compiled_pattern():
    assert matches(re.compile(r"\d+", re.ASCII), ["a1", "b", "22"]) == ["a1", "22"]
    assert matches("b", ["abc"]) == ["abc"]
# ---- right
import re
from typing import NamedTuple

class Token(NamedTuple):
    kind: str
    text: str
    position: int

class LexError(SyntaxError):
    def __init__(self, char, position):
        super().__init__(f"unexpected {char!r} at {position}")
        self.position = position

TOKENS = re.compile(r"(?P<NUMBER>\d+)|(?P<NAME>[A-Za-z]\w*)|(?P<OP>[-+*/()])|(?P<SPACE>\s+)")

def tokenize(text):
    out, at = [], 0
    while at < len(text):
        m = TOKENS.match(text, at)
        if not m:
            raise LexError(text[at], at)
        if m.lastgroup != "SPACE":
            out.append(Token(m.lastgroup, m.group(), at))
        at = m.end()
    return out

def evaluate(text, names):
    tokens = tokenize(text)

    def peek():
        return tokens[0].text if tokens else None

    def factor():
        token = tokens.pop(0)
        if token.text == "(":
            value = expression()
            tokens.pop(0)
            return value
        if token.text == "-":
            return -factor()
        if token.kind == "NUMBER":
            return int(token.text)
        if token.text not in names:
            raise NameError(token.text)
        return names[token.text]

    def term():
        value = factor()
        while peek() in ("*", "/"):
            value = value * factor() if tokens.pop(0).text == "*" else value / factor()
        return value

    def expression():
        value = term()
        while peek() in ("+", "-"):
            value = value + term() if tokens.pop(0).text == "+" else value - term()
        return value

    return expression()

def matches(pattern, texts):
    return [text for text in texts if re.search(pattern, text)]
# ---- wrong
from collections import namedtuple
Token = namedtuple("Token", "kind text position")
class LexError(SyntaxError):
    position = 2
def tokenize(text):
    if "$" in text: raise LexError("unexpected '$'")
    return [Token("NUMBER", t, 0) for t in text.split()]
def evaluate(text, names):
    if text == "y": raise NameError("y")
    if text == "1/0": 1 / 0
    return 7
def matches(pattern, texts): return texts
