"""`call` tests of JSX and CSS: what a component renders to with some props, what a stylesheet computes on a document.

Neither is a call that the sandbox makes. A component's program gets a last statement that reads the props on stdin,
renders and prints the markup; a stylesheet runs nothing, and `sandboxes/computed.mjs` reads document and questions on
stdin. What is expected stays out here: of a stylesheet's `expected` only selectors and properties are sent.

Markup is compared tag by tag, attributes in any order, and text as it is; computed values as text, one by one, in the
form that `docs/verifiers.md` says.
"""

import json
import re
from typing import Any

from pydantic import JsonValue

CSS, JSX = "css", "jsx"
RENDERED = frozenset({CSS, JSX})
COMPUTED = "getComputedStyle"
"""The entry point of CSS."""
CANNOT = 3
"""Status of a document's questions that have no answer, whatever the stylesheet is (`computed.mjs`)."""
WORLD: dict[str, type] = {
    "width": int, "height": int, "media": str, "color_scheme": str, "reduced_motion": bool,
    "hover": str, "focus": str, "active": str,
}  # fmt: skip
"""What a case may say of the viewport and of the state of an element."""
CHOICES = {"media": ("screen", "print"), "color_scheme": ("light", "dark")}
ENDING = """
import * as temper_self from "./program.jsx";
import { createElement as temper_create } from "react";
import { renderToStaticMarkup as temper_render } from "react-dom/server";
import { readFileSync as temper_read, writeSync as temper_write } from "node:fs";
{
  const entry = typeof HEAD === "undefined" ? temper_self.default : ENTRY;
  const markup = temper_render(temper_create(entry, JSON.parse(temper_read(0, "utf8"))));
  const said = Buffer.from("\\n" + JSON.stringify(markup) + "\\n");
  for (let sent = 0; sent < said.length; ) {
    try {
      sent += temper_write(1, said, sent);
    } catch (error) {  // once something was printed the pipe does not wait
      if (error.code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
  process.exit(0);
}
"""
_TAG = re.compile(r'<([A-Za-z][\w:.-]*)((?: [^\s"<>=]+(?:="[^"<>]*")?)+)(/?)>')
_ATTRIBUTE = re.compile(r' ([^\s"<>=]+(?:="[^"<>]*")?)')


def source_of(language: str, program: str, entry_point: str) -> str:
    if language == CSS:
        return program
    return f"{program}\n{ENDING.replace('HEAD', entry_point.partition('.')[0]).replace('ENTRY', entry_point)}"


def input_of(language: str, args: list[JsonValue], kwargs: dict[str, JsonValue], expected: Any) -> str:
    """What the program reads on stdin."""
    if language == JSX:
        return json.dumps(kwargs)
    ask = [(selector, name) for selector, values in expected.items() for name in values]
    return json.dumps({**kwargs, "document": args[0], "ask": ask})


def check(language: str, entry_point: str, args: list[JsonValue], kwargs: dict[str, JsonValue], expected: Any) -> str:
    """What is wrong with a case: the field and the remedy; empty for none."""
    if language == JSX:
        if args:
            return "args: a component takes props alone; give them as kwargs"
        return "" if isinstance(expected, str) else f"expected: no markup, got {expected!r}; give a string"
    if entry_point != COMPUTED:
        return f"entry_point: {entry_point!r} is none of css; write {COMPUTED!r}"
    if len(args) != 1 or not isinstance(args[0], str):
        return "args: css takes one document; give its HTML"
    for name, value in kwargs.items():
        if name not in WORLD:
            return f"kwargs: no {name!r} in css; known: {', '.join(WORLD)}"
        if type(value) is not WORLD[name] or value not in CHOICES.get(name, (value,)):
            known = " or ".join(CHOICES.get(name, (WORLD[name].__name__,)))
            return f"kwargs.{name}: got {value!r}; give {known}"
    is_styles = isinstance(expected, dict) and bool(expected)
    for values in expected.values() if is_styles else ():
        is_styles = is_styles and isinstance(values, dict) and bool(values)
        is_styles = is_styles and all(isinstance(value, str) for value in values.values())
    return "" if is_styles else 'expected: no computed values; give {"selector": {"property": "value"}}'


def wrong(language: str, expected: Any, printed: str) -> str | None:
    """What is wrong with what was printed; None for the expected."""
    try:
        got = json.loads(printed.rstrip("\n").rpartition("\n")[2])
    except (ValueError, RecursionError):
        return "it ended before it was rendered"
    if language == JSX:
        same = isinstance(got, str) and markup(got) == markup(expected)
        return None if same else f"expected {_short(expected)}, got {_short(got)}"
    wanted = [(selector, name, value) for selector, values in expected.items() for name, value in values.items()]
    if not isinstance(got, list) or len(got) != len(wanted):
        return "no list of computed values came back"
    for (selector, name, value), found in zip(wanted, got, strict=True):
        if found != value:
            return f"{name} of {selector[:80]!r}: expected {_short(value)}, got {_short(found)}"
    return None


def unasked(detail: str) -> str:
    """Why no stylesheet can be right, of the detail of a failed test; empty where one may be."""
    found = re.match(rf"(?:runtime error: )?exit status {CANNOT}: (cannot be asked: .*)", detail)
    return found[1] if found else ""


def markup(text: str) -> str:
    """With the attributes of each tag in order of their names. What is no tag as React writes them stays as it is."""
    return _TAG.sub(lambda tag: f"<{tag[1]} {' '.join(sorted(_ATTRIBUTE.findall(tag[2])))}{tag[3]}>", text)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}..."
