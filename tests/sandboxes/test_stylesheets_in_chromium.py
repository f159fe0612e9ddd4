"""What a browser computes is what ours computes: every honest stylesheet, and broad ones, asked of both.

Left out: what a browser says as it is laid out, and what it says of a transition or an animation that runs.
"""

import importlib.util
import json
import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from oracles import Oracle, oracles

from temper.sandboxes.job import Job, Limits, Sandbox, Stdio

pytestmark = pytest.mark.browser
ASK = """asks => asks.map(([selector, property]) => {
  const [, element, pseudo] = /^(.*?)(::[\\w-]+)?$/s.exec(selector);
  return getComputedStyle(document.querySelector(element || "*"), pseudo).getPropertyValue(property);
})"""
LAID_OUT = {("inheritance", "line-height"), ("supports", "grid-template-columns"), ("transitions", "transform")}
"""Stylesheet and property: a used length in the place of a number, `fr` or the end of a transition."""
BROAD = (
    "<header class=site><h1 id=logo>Shop</h1><nav><ul class=menu><li class='item active'><a href='#a'>A</a></li><li"
    " class=item><a href='#b' class='btn primary'>B</a></li></ul></nav></header><main><article class=card data-kind=x>"
    "<h2>T</h2><p class=lead>Hello <strong>you</strong> and <em>me</em></p><p>Second</p><table><thead><tr><th>h</th>"
    "</tr></thead><tbody><tr><td>1</td></tr><tr><td>2</td></tr></tbody></table><blockquote>q</blockquote></article>"
    "<form><label for=f>L</label><button class=btn>Go</button></form><ol><li>1<ol><li>n</li></ol></li></ol></main>"
    "<footer><small>f</small></footer>"
)
ELEMENTS = (
    "body", "header", "h1", "nav", "ul", "li.active", "a.primary", "main", "article", "h2", ".lead", "strong", "em",
    "article > p:last-of-type", "table", "th", "td", "blockquote", "form", "label", "ol", "ol ol", "footer", "small",
)  # fmt: skip
PROPERTIES = (
    "color", "background-color", "display", "position", "margin-bottom", "padding-top", "padding-left",
    "border-top-width", "border-top-style", "border-left-color", "border-top-left-radius", "font-size", "font-weight",
    "font-style", "text-align", "text-transform", "text-decoration-line", "visibility", "z-index", "overflow-x",
    "flex-direction", "flex-wrap", "flex-grow", "flex-shrink", "flex-basis", "justify-content", "align-items",
    "align-self", "column-gap", "row-gap", "order", "box-sizing", "cursor", "list-style-type", "list-style-position",
    "vertical-align", "box-shadow", "text-shadow", "transition-property", "transition-duration", "animation-name",
    "max-width", "float", "clear", "object-fit", "pointer-events", "word-break", "text-overflow", "border-collapse",
    "grid-column-start", "grid-row-end", "opacity",
)  # fmt: skip
SHEETS = (
    "",
    "*,*::before{box-sizing:border-box;margin:0;padding:0} body{font:400 1rem/1.6 system-ui,sans-serif;color:#333}"
    " .site{display:flex;justify-content:space-between;padding:1rem 2rem;position:sticky;top:0;z-index:100;box-shadow:0"
    " 2px 4px rgba(0,0,0,.1)} .menu{display:flex;gap:1.5rem;list-style:none} .menu .active a{font-weight:600}",
    ":root{--brand:hsl(220 90% 56%);--space:8px;--round:calc(var(--space)/2)} .btn{display:inline-flex;padding:"
    "var(--space) calc(var(--space)*2);border:1px solid var(--brand);border-radius:var(--round);cursor:pointer;"
    "text-transform:uppercase} .btn.primary{background:var(--brand);color:white}",
    "main{display:grid;gap:20px 10px} article{grid-column:1/-1;grid-row:span 2} .card{border-radius:12px 4px;"
    "overflow:hidden;max-width:min(100%,600px)} .card>h2{margin:0 0 .5em;font-size:clamp(1rem,2.5vw,2rem)}",
    "th,td{border:1px solid #ddd;padding:8px;text-align:left;vertical-align:top} table{border-collapse:collapse}"
    " tbody tr:nth-child(even){background-color:#f2f2f2} thead th{background:#04AA6D;color:#fff}",
    "@layer base,parts; @layer parts{.btn{color:red;padding:4px}} @layer base{a{color:green} .btn{color:blue;margin:"
    "3px}} @media (min-width:768px){main{display:flex;flex-flow:row wrap}article{flex:2 1 300px;order:2}form{flex:1}}",
    "ul,ol{list-style:upper-roman inside;padding:0} li:not(:last-child){border-bottom:thin solid} li:first-child"
    " a:link{color:maroon} ol ol{list-style-type:lower-alpha} nav li{float:left;clear:both;text-overflow:ellipsis}",
    "body{font-size:62.5%} h1{font-size:3.2rem;margin:.5em} h2{font-size:larger} p{font-size:120%} small{font-size:"
    "x-small} .lead{font-size:calc(1rem + 1vw)} td{padding:6pt 1pc} blockquote{border-left:4px double gray}",
    ".card{ color:#111; &:hover{color:red} > h2{color:navy; & + p{color:teal}} .lead strong{color:olive} @media"
    " (width>=500px){padding:3px} &[data-kind]{border:1px solid} table &{color:red} } header:has(.primary){background:"
    "pink} :where(.card){padding:9px;margin:9px}",
    ".item{opacity:30%;flex:none;align-self:flex-end} .item:is(.active,.x){order:-1;opacity:1!important} h2~p{color:"
    "#abc} article>p:nth-last-of-type(1){color:#0008;visibility:collapse} tr:nth-child(2n+1) td{background:orange}",
    "p{color:RED;MARGIN-TOP:3PX;Padding-Top:2Em} P.LEAD{color:blue} h1{font-size:1.5E1px;opacity:1.7} .card{opacity:"
    "-1} strong{color:#ABC;transform:scale(2,.5) rotate(90deg)} em{border-radius:50%/10px;padding:1px 2px 3px 4px 5px}",
    "@media screen and (min-width:900px) and (max-width:1400px){p{color:red}} @media (orientation:portrait),print{em{"
    "color:red}} @media not all and (min-width:600px){h2{color:red}} @media (600px<=width<2000px){h1{color:blue}}"
    " @media (hover:hover) and (pointer:fine){th{color:red}} @media (hover:none){td{color:red}}",
    "@layer a{@layer b{p{color:red}} p{color:blue}} @layer c{p{color:green}} @layer a.b{h2{color:red}} @layer c,a;"
    " @layer a{h1{color:lime!important}} h1{color:pink!important} @supports selector(:has(a)){em{color:red}}"
    " @supports not (display:grid){th{color:red}} @supports (--x:1){td{color:blue}}",
    ".card>*{grid-area:1/2} h2{grid-row:2/4;grid-column:span 3/-1} p{order:2} .lead{flex:0 0 50%;align-self:center}"
    " main{place-content:space-evenly center;place-items:baseline} p:lang(en){color:red} [data-kind|=x]{color:navy}",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-headless-shell")
    if not (chromium and importlib.util.find_spec("playwright")):
        if os.environ.get("TEMPER_REQUIRE_BROWSER"):
            pytest.fail("needs chromium and playwright")
        pytest.skip("needs chromium and playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def in_chromium(browser: Any, document: str, world: dict[str, Any], css: str, ask: list[tuple[str, str]]) -> list[str]:
    page = browser.new_page(
        viewport={"width": world.get("width", 1280), "height": world.get("height", 720)},
        color_scheme=world.get("color_scheme", "light"),
        reduced_motion="reduce" if world.get("reduced_motion") else "no-preference",
    )
    page.emulate_media(media=world.get("media", "screen"))
    page.set_content(f"<!doctype html>{document}")
    page.add_style_tag(content=f"{css}\n")
    if "hover" in world:
        page.hover(world["hover"])
    if "focus" in world:
        page.focus(world["focus"])
    found: list[str] = page.evaluate(ASK, ask)
    page.close()
    return found


def ours(box: Sandbox, document: str, world: dict[str, Any], css: str, ask: list[tuple[str, str]]) -> list[str]:
    request = json.dumps({**world, "document": document, "ask": ask})
    job = Job(language="css", source=css, tests=Stdio(inputs=(request,)), limits=Limits(cpu_s=20))
    (result,) = box.run(job)
    assert result.outcome == "finished", result.detail
    found: list[str] = json.loads(result.stdout)
    return found


@pytest.mark.parametrize("sheet", oracles("honest", "css"), ids=lambda sheet: sheet.path.stem)
def test_an_honest_stylesheet_computes_what_a_browser_computes(local_box: Sandbox, browser: Any, sheet: Oracle) -> None:
    asked = [line.partition(" = ")[0].rpartition(" ") for line in sheet.header["computed"]]
    ask = [(selector, name) for selector, _, name in asked if (sheet.path.stem, name) not in LAID_OUT]
    question = (sheet.get("document"), json.loads(sheet.get("kwargs", "{}")), sheet.source, ask)
    assert ours(local_box, *question) == in_chromium(browser, *question)


@pytest.mark.parametrize("number", range(len(SHEETS)))
def test_a_broad_stylesheet_computes_what_a_browser_computes(local_box: Sandbox, browser: Any, number: int) -> None:
    ask = [(selector, name) for selector in ELEMENTS for name in PROPERTIES]
    question = (BROAD, {"width": 1280}, SHEETS[number], ask)
    found = zip(ask, ours(local_box, *question), in_chromium(browser, *question), strict=True)
    assert [(*one, mine, theirs) for one, mine, theirs in found if mine != theirs] == []
