"""Left sides of equations as labels: `AB`, `|AB|`, `f(2)`, `\\angle ABC`, `the minimum of f`.

A label only says what the right side is the value of, so an answer may have it or not. The left side of an equation
that is to be solved (`2x = 8`, `x^2 + y^2 = 1`) is none.
"""

from temper.verifiers.latex.parsing.cursor import Node
from temper.verifiers.latex.sampling import names_of

_NOISE = {"a", "an", "the", "of", "value", "values", "number", "is", "for", "each", "in"}
_NAMING = {"abs", "sin", "cos", "tan", "cot", "max", "min", "gcd", "lcm"}
_SYMMETRIC = {"max", "min", "gcd", "lcm"}
_SIGN = "\\sign "
"""Before a name that stood under a mark of geometry."""


def label_of(node: Node) -> str:
    """A text that is the same for the same label."""
    if node.kind == "name" and " " in (text := node.text.removeprefix(_SIGN)):
        return " ".join(word for word in text.split() if word.lower() not in _NOISE).lower()
    if node.kind == "name":
        text = node.text.removeprefix(_SIGN)
        is_segment = len(text) > 1 and text.isalpha() and text.isupper()
        return "".join(sorted(text)) if is_segment else text.replace("\\", "")
    if node.kind == "call" and node.text.startswith("apply "):
        return f"{node.text.removeprefix('apply ')}({','.join(map(label_of, node.args))})"
    if node.kind == "call" and node.text == "abs" and node.args[0].kind == "name" and node.args[0].text.isupper():
        return f"det({node.args[0].text})"
    if _is_derivative(node) and (name := _differentiated(node)):
        return name
    if _is_angle(node) and len(node.args) == 2:
        return label_of(node.args[1])
    if node.kind == "ratio" and len(node.args) == 2:
        node = Node("product", (node.args[0], Node("inverse", node.args[1:])))  # `AE : EC` and `AE/EC`
    inner = [label_of(part) for part in node.args]
    if node.kind in ("product", "sum") or (node.kind == "call" and node.text in _SYMMETRIC):
        inner.sort()
    if node.kind == "product" and all(part.kind == "name" for part in node.args):
        return "".join(inner)
    return f"{node.text or node.kind}({' '.join(inner)})" if inner else node.text


def is_label(node: Node) -> bool:
    """Whether nothing but a label can be meant."""
    match node.kind:
        case "name" | "words":
            return True
        case "call":
            return node.text in _NAMING or node.text.startswith("apply ")
        case "ratio":
            return all(part.kind == "name" or is_label(part) for part in node.args)
    if node.kind == "limit":
        return True
    return _is_segment(node) or _is_derivative(node) or _is_angle(node)


def _is_segment(node: Node) -> bool:
    """A capital letter or a name of geometry, a product, quotient, sum or power of such."""
    if node.kind == "name":
        return node.text.startswith(_SIGN) or node.text.isupper() or "_" in node.text
    if node.kind == "pow":
        return _is_segment(node.args[0])
    return node.kind in ("inverse", "product", "sum") and all(map(_is_segment, node.args))


def _is_angle(node: Node) -> bool:
    """`m\\angle A`."""
    return node.kind == "product" and node.args[0] == Node("name", text="m") and all(map(_is_segment, node.args[1:]))


def _is_derivative(node: Node) -> bool:
    """`dy/dx`, also as it stands in plain text."""
    if node.kind == "product" and len(node.args) == 4 and node.args[2].kind == "inverse":
        return all(part.text in ("d", "\\partial") for part in (node.args[0], node.args[2].args[0]))
    if node.kind != "product" or node.args[-1].kind != "inverse":
        return False
    ends = node.args[0], node.args[-1].args[0]
    return all(part.kind == "product" and part.args[0].text in ("d", "\\partial") for part in ends)


def _differentiated(node: Node) -> str:
    """The y' of `dy/dx`, the f_x of `\\partial f/\\partial x`; empty where more than two letters stand in it."""
    top: tuple[Node, ...]
    bottom: tuple[Node, ...]
    if len(node.args) == 4:
        top, bottom = node.args[:2], (*node.args[2].args, node.args[3])
    else:
        top, bottom = node.args[0].args, node.args[-1].args[0].args
    if len(top) != 2 or len(bottom) != 2 or not top[1].kind == bottom[1].kind == "name":
        return ""
    if top[0].text == "\\partial":
        return f"{top[1].text}_{bottom[1].text}".replace("\\", "")
    return f"{top[1].text}'" if bottom[1].text in ("x", "t") else ""


def is_loose_label(node: Node) -> bool:
    """Whether a label may be meant: an expression of two names or more, which no number alone solves, or a power of a
    Greek letter (`\\sigma^2`)."""
    greek = node.kind == "pow" and node.args[0].kind == "name" and node.args[0].text.startswith("\\")
    return greek or is_label(node) or len(names_of(node)) > 1
