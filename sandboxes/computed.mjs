// What a stylesheet (`program.css`) computes on a document: reads one request as JSON on stdin, prints a line of JSON.
//
// A request: {"document": HTML, "ask": [[selector, property], ...], ...}, with `width` and `height` of the viewport,
// `media`, `color_scheme`, `reduced_motion`, and `hover`, `focus`, `active`: a selector of the element in that state.
// The answer lists the computed values in that order. What cannot be asked, whatever the stylesheet is, ends this with
// status CANNOT before the stylesheet is read. Nothing is laid out: a percentage stays one, and so does `auto`.
//
// The cascade (origins, layers, specificity, order, inheritance, custom properties, media) is Alfa's. css-tree reads
// the stylesheet; nesting and @supports are resolved here; parse5 reads the document. A property that Alfa has no type
// for is kept as text, under the grammar (css-tree), the initial value and the inheritance (mdn-data) that are
// published for it. A stylesheet runs nothing and fetches nothing: @import, @container and @scope say nothing.
//
// esbuild makes one file of this where the tools of a sandbox are put (`languages.CSS_ENGINE`).
import { readFileSync } from "node:fs";
import { Cascade, Origin } from "@siteimprove/alfa-cascade";
import { Color, Length, Lexer } from "@siteimprove/alfa-css";
import { Device, Display, Preference, Scripting, Viewport } from "@siteimprove/alfa-device";
import { Element, Namespace, h } from "@siteimprove/alfa-dom";
import { Option } from "@siteimprove/alfa-option";
import { Err, Ok } from "@siteimprove/alfa-result";
import { Context, Selector } from "@siteimprove/alfa-selector";
import { Style } from "@siteimprove/alfa-style";
import { Longhand } from "@siteimprove/alfa-style/dist/longhand.js";
import { Longhands } from "@siteimprove/alfa-style/dist/longhands.js";
import { Resolver } from "@siteimprove/alfa-style/dist/resolver.js";
import { Shorthand } from "@siteimprove/alfa-style/dist/shorthand.js";
import { Shorthands } from "@siteimprove/alfa-style/dist/shorthands.js";
import * as css from "css-tree/dist/csstree.esm";
import mdn from "mdn-data/css/properties.json";
import { parse as parseHtml } from "parse5";

const CANNOT = 3;
const PSEUDO = [
  "after", "backdrop", "before", "cue", "details-content", "file-selector-button", "first-letter", "first-line",
  "grammar-error", "marker", "part", "placeholder", "selection", "slotted", "spelling-error", "target-text",
];
const isPseudo = (name) => PSEUDO.includes(name) || name.startsWith("-webkit-");
const READ = { parseCustomProperty: false, onParseError() {} };
const SIDES = ["top", "right", "bottom", "left"];
/** Of these Alfa writes another value, has another inheritance, or refuses sums of lengths and percentages. */
const AS_TEXT = [
  "opacity", "transform", "translate", "rotate", "scale", "text-indent", ...SIDES,
  ...SIDES.map((side) => `margin-${side}`),
  ...["", "min-", "max-"].flatMap((least) => [`${least}width`, `${least}height`]),
];
/** What Alfa's own sheet of the browser leaves out (HTML, 15.3), under every layer. */
const DEFAULTS = `@layer {
  body { margin: 8px } p, dl, ul, ol, menu, pre { margin: 1em 0 } blockquote, figure { margin: 1em 40px }
  li { display: list-item } ul, ol, menu { padding-left: 40px } ul { list-style-type: disc } dd { margin-left: 40px }
  ol { list-style-type: decimal } ul ul, ul ol, ol ul, ol ol { margin: 0 } ul ul, ol ul { list-style-type: circle }
  h1, h2, h3, h4, h5, h6, b, strong, th { font-weight: bold } i, em, cite, var, dfn, address { font-style: italic }
  h1 { font-size: 2em; margin: .67em 0 } h2 { font-size: 1.5em; margin: .83em 0 } h3 { font-size: 1.17em }
  h3 { margin: 1em 0 } h4 { margin: 1.33em 0 } h5 { font-size: .83em; margin: 1.67em 0 }
  h6 { font-size: .67em; margin: 2.33em 0 }
  pre, code, kbd, samp { font-family: monospace } pre { white-space: pre } small { font-size: smaller }
  table { box-sizing: border-box } th { text-align: center } td, th { padding: 1px; vertical-align: inherit }
  thead, tbody, tfoot, tr { vertical-align: middle } s, del, strike { text-decoration: line-through }
  u, ins { text-decoration: underline } mark { background: yellow; color: black } hr { border: 1px inset }
  hr { margin: 8px auto } label { cursor: default } button, input, select, textarea {
    font-size: 13.3333px; color: black; cursor: default; display: inline-block; letter-spacing: normal;
    text-align: start
  }
  input, textarea { padding: 1px 2px; border: 2px inset rgb(118, 118, 118); background: white; cursor: text }
  button { padding: 1px 6px; border: 2px outset; background: rgb(239, 239, 239); box-sizing: border-box }
  button { text-align: center }
}`;

// -- properties that Alfa has no type for

class Raw {
  constructor(text) {
    this.text = text;
    this.type = "raw";
  }
  equals(other) {
    return other instanceof Raw && other.text === this.text;
  }
  hash(hash) {
    hash.writeString(this.text);
  }
  toJSON() {
    return this.text;
  }
  toString() {
    return this.text;
  }
}

const textOf = (tokens) => tokens.toArray().map(String).join("").trim();
const fits = (name, text) => text !== "" && css.lexer.matchProperty(name, text).error === null;
const value = (text) => css.parse(text, { context: "value" });
const parts = (text) => value(text).children.toArray().map((node) => css.generate(node));
const whole = (tokens, result) => Ok.of([tokens.slice(tokens.length), result]);

const LINES = { thin: "1px", medium: "3px", thick: "5px" };

/** With lengths of any unit in pixels, and times in seconds. */
function absolute(name, text, style) {
  if (text === "0" && fits(name, "0px")) return "0px";
  if (name === "opacity") return `${Math.min(1, Math.max(0, parseFloat(text) / (text.endsWith("%") ? 100 : 1)))}`;
  if (name === "column-rule-width" && Object.hasOwn(LINES, text)) return LINES[text];
  const inPixels = (found) => {
    for (const [rest, length] of style ? Length.parse(Lexer.lex(found.toLowerCase())) : []) {
      if (rest.length === 0) return length.resolve(Resolver.length(style)).toString();
    }
    return found;
  };
  const summed = text.replace(/\b(?:calc|min|max|clamp)\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)/gi, inPixels);
  return summed.replace(/(?<![\w#.-])[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]+\b/gi, (found) => {
    if (/\dms$/i.test(found)) return `${parseFloat(found) / 1000}s`;
    return inPixels(found);
  });
}

function longhand(name) {
  const parse = (tokens) => {
    const text = textOf(tokens);
    return fits(name, text) ? whole(tokens, new Raw(css.generate(value(text)))) : Err.of(`no ${name}`);
  };
  const compute = (raw, style) => raw.map((found) => new Raw(absolute(name, String(found), style)));
  const first = new Raw(absolute(name, mdn[name].initial));
  return Longhand.of(first, parse, compute, { inherits: mdn[name].inherited && name !== "object-position" });
}

const initial = (name) => (Array.isArray(mdn[name].initial) ? "" : mdn[name].initial);
const both = ([first, second = first]) => [first, second];
const four = ([top, right = top, bottom = top, left = right]) => [top, right, bottom, left];
const lines = (count) => (found) => {
  const given = found.join(" ").split("/").map((line) => line.trim());
  const named = (line) => (/^[a-z_-][\w-]*$/i.test(line) && line !== "auto" ? line : "auto");
  for (let place = given.length; place < count; place++) given.push(named(given[place < 2 ? 0 : place - 2]));
  return given;
};

function flexible(found) {
  if (found[0] === "none") return ["0", "0", "auto"];
  const factors = found.filter((part) => /^[+\d.]+(e\d+)?$/.test(part));
  const [basis = factors.length ? "0%" : "auto"] = found.filter((part) => !factors.includes(part));
  return [factors[0] ?? "1", factors[1] ?? "1", factors[2] ? `${factors[2]}px` : basis];
}

/** Components in any order, each of the first longhand left that takes it; layers between commas. */
const anyOrder = (names) => (found) => {
  const layers = [[]];
  for (const part of found) part === "," ? layers.push([]) : layers.at(-1).push(part);
  const values = layers.map((layer) => {
    const taken = {};
    for (const part of [...layer.filter((one) => one !== "none"), ...layer.filter((one) => one === "none")]) {
      const name = names.find((one) => !(one in taken) && fits(one, part));
      if (name) taken[name] = part;
    }
    return names.map((name) => taken[name] ?? initial(name));
  });
  return names.map((_, place) => values.map((layer) => layer[place]).join(", "));
};

const TRANSITION = ["duration", "timing-function", "delay", "behavior", "property"].map((part) => `transition-${part}`);
const ANIMATION = [
  "duration", "timing-function", "delay", "iteration-count", "direction", "fill-mode", "play-state", "name",
].map((part) => `animation-${part}`);
const LIST = ["list-style-position", "list-style-type", "list-style-image"];
const COLUMNS = ["column-width", "column-count"];
const RULE = ["column-rule-width", "column-rule-style", "column-rule-color"];

/** Shorthand to its longhands and what makes their values of its components. */
const SHORTHANDS = {
  margin: [SIDES.map((side) => `margin-${side}`), four],
  padding: [SIDES.map((side) => `padding-${side}`), four],
  inset: [SIDES, four],
  gap: [["row-gap", "column-gap"], both],
  flex: [["flex-grow", "flex-shrink", "flex-basis"], flexible],
  "place-content": [["align-content", "justify-content"], both],
  "place-items": [["align-items", "justify-items"], both],
  "place-self": [["align-self", "justify-self"], both],
  "grid-row": [["grid-row-start", "grid-row-end"], lines(2)],
  "grid-column": [["grid-column-start", "grid-column-end"], lines(2)],
  "grid-area": [["grid-row-start", "grid-column-start", "grid-row-end", "grid-column-end"], lines(4)],
  "overscroll-behavior": [["overscroll-behavior-x", "overscroll-behavior-y"], both],
  "list-style": [LIST, anyOrder(LIST)],
  transition: [TRANSITION, anyOrder(TRANSITION)],
  animation: [ANIMATION, anyOrder(ANIMATION)],
  columns: [COLUMNS, anyOrder(COLUMNS)],
  "column-rule": [RULE, anyOrder(RULE)],
};
for (const [start, name] of [["margin-", "margin"], ["padding-", "padding"], ["", "inset"]]) {
  // text runs from left to right and down the page
  for (const [axis, sides] of [["block", ["top", "bottom"]], ["inline", ["left", "right"]]]) {
    const names = sides.map((side) => start + side);
    SHORTHANDS[`${name}-${axis}`] = [names, both];
    names.forEach((side, place) => {
      SHORTHANDS[`${name}-${axis}-${place ? "end" : "start"}`] = [[side], (found) => [found.join(" ")]];
    });
  }
}

function shorthand(name, [names, split]) {
  return Shorthand.of(names, (tokens) => {
    const text = textOf(tokens);
    if (!fits(name, text)) return Err.of(`no ${name}`);
    const typed = names.map((one, place) => [one, split(parts(text))[place]]).map(([one, part]) =>
      Longhands.get(one).parse(Lexer.lex(part)).map(([, result]) => [one, result]),
    );
    return typed.every((one) => one.isOk()) ? whole(tokens, typed.map((one) => one.getUnsafe())) : Err.of(`no ${name}`);
  });
}

const all = Object.keys(mdn).filter((name) => !["all", "direction", "unicode-bidi"].includes(name));
const known = { isName: Longhands.isName, get: Longhands.get };
const made = new Map();
const isRaw = (name) =>
  AS_TEXT.includes(name)
  || (!known.isName(name) && !isShorthand(name) && Object.hasOwn(mdn, name) && !Array.isArray(mdn[name].initial)
    && name !== "all" && !name.startsWith("-"));
for (const [name, form] of Object.entries(SHORTHANDS)) Shorthands.shortHands[name] = shorthand(name, form);
const inherited = (name) => name in {}; // Alfa looks names up in plain objects
const isShorthand = (name) => Object.hasOwn(Shorthands.shortHands, name);
Shorthands.isName = isShorthand;
Longhands.isName = (name) =>
  !inherited(name) && !Object.hasOwn(SHORTHANDS, name) && (known.isName(name) || isRaw(name));
Longhands.get = (name) => {
  if (!isRaw(name)) return known.get(name);
  if (!made.has(name)) made.set(name, longhand(name));
  return made.get(name);
};
Shorthands.shortHands.all = Shorthand.of(all.filter(Longhands.isName), () => Err.of("no value of all"));

// -- documents and stylesheets

const SIZES = {
  smaller: "calc(1em / 1.2)", larger: "1.2em", "xx-small": "9px", "x-small": "10px", small: "13px", medium: "16px",
  large: "18px", "x-large": "24px", "xx-large": "32px", "xxx-large": "48px",
};

/** Declarations as Alfa takes them, of a block's nodes. */
function declarations(nodes) {
  return nodes.filter((node) => node.type === "Declaration").map(({ property, value, important }) => {
    const name = property.startsWith("--") ? property : property.toLowerCase();
    const text = css.generate(value).trim();
    return h.declaration(name, name === "font-size" && Object.hasOwn(SIZES, text) ? SIZES[text] : text, !!important);
  });
}

function supported(node) {
  if (node.type === "SupportsDeclaration") {
    const { property, value } = node.declaration;
    return property.startsWith("--") || fits(property, css.generate(value));
  }
  if (node.type === "FeatureFunction" && node.feature === "selector") {
    return selectorsOf(css.generate(node.value)).length > 0;
  }
  if (node.type !== "Condition") return false;
  const nodes = node.children.toArray();
  const words = nodes.filter((child) => child.type === "Identifier").map((child) => child.name.toLowerCase());
  const found = nodes.filter((child) => child.type !== "Identifier").map(supported);
  if (words[0] === "not") return !found[0];
  return words[0] === "or" ? found.some(Boolean) : found.length > 0 && found.every(Boolean);
}

const NEVER = ":not(*,[x])"; // of the specificity of a pseudo-class
const FIELDS = ":where(input,select,textarea)";
/** Pseudo-classes that Alfa has not, by what it has; a state that no document has matches nothing. */
const STATES = {
  defined: () => ":is(*,[x])",
  dir: (way) => (way === "rtl" ? ":is([dir=rtl],[dir=rtl] *)" : ":not([dir=rtl],[dir=rtl] *)"),
  lang: (name) => `:is([lang="${name}" i],[lang^="${name}-" i],[lang="${name}" i] *,[lang^="${name}-" i] *)`,
  open: () => ":where(details,dialog)[open]",
  optional: () => `${FIELDS}:not([required])`,
  "placeholder-shown": () => "[placeholder]:where(:not([value]))",
  "read-only": () => ":not(:where(input,textarea):not([readonly]))",
  "read-write": () => ":where(input,textarea):not([readonly])",
  required: () => "[required]",
  scope: () => ":root",
};
for (const name of [
  "autofill", "default", "fullscreen", "in-range", "indeterminate", "invalid", "modal", "out-of-range", "paused",
  "playing", "popover-open", "target", "target-within", "user-invalid", "user-valid", "valid",
]) STATES[name] = () => NEVER;

/** In Alfa's words. None where one of them is none: the rule is dropped then. */
function selectorsOf(text) {
  let list;
  try {
    list = css.parse(text, { context: "selectorList" });
  } catch {
    return [];
  }
  css.walk(list, (node, item, siblings) => {
    let other;
    if (node.type === "PseudoClassSelector" && Object.hasOwn(STATES, node.name)) {
      other = STATES[node.name](node.children ? css.generate(node.children.first).replace(/^["']|["']$/g, "") : "");
    } else if (node.type === "AttributeSelector" && node.matcher === "|=") {
      const name = css.generate(node.name);
      const word = node.value.type === "String" ? node.value.value : css.generate(node.value);
      other = `:is([${name}=${JSON.stringify(word)}],[${name}^=${JSON.stringify(`${word}-`)}])`;
    }
    if (other !== undefined) siblings.replace(item, siblings.createItem({ type: "Raw", value: other }));
  });
  return list.children.toArray();
}

/** Selectors of a rule whose subject is that pseudo-element, without it; of "" those of elements. */
function subjects(text, pseudo) {
  const found = selectorsOf(text).map((selector) => {
    const last = selector.children?.last;
    const name = last && /^Pseudo(Element|Class)Selector$/.test(last.type) && isPseudo(last.name) ? last.name : "";
    const rest = name ? css.generate(selector).replace(/::?[\w-]+(\([^()]*\))?$/, "") : css.generate(selector);
    return [name, rest === "" || /[\s>+~]$/.test(rest) ? `${rest}*` : rest];
  });
  if (!found.every(([, one]) => Selector.parse(Lexer.lex(one)).isOk())) return [];
  return found.filter(([name]) => name === pseudo).map(([, one]) => one);
}

/** A nested rule's selectors with their parent's in place of `&`. */
function nested(text, parent) {
  if (!parent) return text;
  const each = selectorsOf(text).map((one) => css.generate(one));
  const inside = (one) => (one.includes("&") ? one.replaceAll("&", `:is(${parent})`) : `:is(${parent}) ${one}`);
  return each.map(inside).join(",");
}

/** What css-tree leaves of a block with nested rules: one that begins with a name is a declaration to it. */
function unread(node) {
  const isRule = node.type === "Declaration" && !node.property.startsWith("--");
  const text = isRule ? `${node.property}:${css.generate(node.value)}` : node.type === "Raw" ? node.value : "";
  if (isRule && !text.includes("{")) return [];
  const context = text.includes("{") ? "stylesheet" : "declarationList";
  const nodes = css.parse(text, { ...READ, context }).children.toArray();
  return nodes.some((one) => one.type === "Raw" && one.value.length === text.length) ? [] : nodes;
}

/** Alfa's rules of a block's nodes: those that speak of a pseudo-element, or of elements. */
function rules(nodes, pseudo, parent = "") {
  const own = declarations(nodes);
  const found = [];
  const declare = (selector, block) => {
    const its = block.length ? subjects(selector, pseudo) : [];
    if (its.length) found.push(h.rule.style(its.join(","), block));
  };
  if (parent) declare(parent, own);
  for (const node of nodes) {
    if (node.type === "Rule") {
      const selector = nested(css.generate(node.prelude), parent);
      const inner = node.block.children.toArray();
      found.push(...rules(inner, pseudo, selector));
    } else if (node.type === "Atrule" && (node.block || node.name === "layer")) {
      found.push(...group(node, pseudo, parent));
    } else if (parent) {
      found.push(...rules(unread(node), pseudo, parent));
    }
  }
  return found;
}

const POINTER = /\((?:any-)?(?:hover|pointer)\s*:\s*(?:(hover|fine)|none|coarse)\s*\)/gi; // there is a mouse

function group(node, pseudo, parent) {
  const prelude = (node.prelude ? css.generate(node.prelude) : "").replace(POINTER, (_, able) =>
    able ? "(min-width:0px)" : "(max-width:0px)",
  );
  if (!node.block) return [h.rule.layerStatement(prelude.split(",").map((name) => name.trim()))];
  const inside = () => rules(node.block.children.toArray(), pseudo, parent);
  switch (node.name.toLowerCase()) {
    case "media":
      return [h.rule.media(prelude, inside())];
    case "layer":
      return [h.rule.layerBlock(inside(), prelude || undefined)];
    case "supports":
      return node.prelude.children?.toArray().every(supported) ? inside() : [];
    default:
      return [];
  }
}

const sheetOf = (text, pseudo) => h.sheet(rules(css.parse(text, READ).children.toArray(), pseudo));

/** Alfa's elements of a node; a pseudo-element has no style of its own in the document. */
function tree(node, pseudo) {
  if (node.nodeName === "#text") return [h.text(node.value)];
  if (!node.tagName) return [];
  const inline = (!pseudo && node.attrs.find(({ name }) => name === "style")?.value) || "";
  const style = css.parse(inline, { ...READ, context: "declarationList" }).children.toArray();
  const inside = (child) => tree(child, pseudo);
  const attributes = node.attrs.map(({ name, value }) => h.attribute(name, value));
  return [h.element(node.tagName, attributes, node.childNodes.flatMap(inside), declarations(style), Namespace.HTML)];
}

function styleElements(node) {
  if (node.tagName === "style") return node.childNodes.map((child) => child.value).join("");
  return (node.childNodes ?? []).map(styleElements).join("\n");
}

// -- what is asked

function cannot(reason) {
  process.stderr.write(`cannot be asked: ${reason}\n`);
  process.exit(CANNOT);
}

function select(root, text, what) {
  const parsed = Selector.parse(Lexer.lex(selectorsOf(text).map((one) => css.generate(one)).join(",")));
  if (!parsed.isOk()) cannot(`${what} ${JSON.stringify(text)} is no selector`);
  const [, selector] = parsed.getUnsafe();
  const elements = root.descendants().filter(Element.isElement);
  for (const element of elements.filter((one) => selector.matches(one))) return element;
  return cannot(`${what} ${JSON.stringify(text)} matches nothing in the document`);
}

function deviceOf({ width = 1280, height = 720, media = "screen", color_scheme = "light", reduced_motion = false }) {
  return Device.of(media, Viewport.of(width, height), Display.of(1), Scripting.of(true), [
    Preference.of("prefers-color-scheme", color_scheme),
    Preference.of("prefers-reduced-motion", reduced_motion ? "reduce" : "no-preference"),
  ]);
}

/** Splits a selector from the pseudo-element that ends it. */
function asked([selector, property]) {
  const found = /^(.*?)::?([\w-]+)$/s.exec(selector);
  const [element, pseudo] = found && isPseudo(found[2]) ? [found[1] || "*", found[2]] : [selector, ""];
  if (!property.startsWith("--") && !Longhands.isName(property)) {
    const its = isShorthand(property) ? Shorthands.get(property).properties : [];
    cannot(`${property} is ${its.length ? `a shorthand, ask for ${its.join(", ")}` : "no property that is known"}`);
  }
  return { element, pseudo, property };
}

/** The style of a pseudo-element: what its rules declare, over what it inherits of its element. */
function styleOfPseudo(element, device, context, parent) {
  const declared = [];
  for (const { block } of Cascade.from(element.root(), device).get(element, context).inclusiveAncestors()) {
    if (Origin.isAuthor(block.precedence.origin)) {
      declared.push(...[...block.declarations].reverse().map((one) => [one, block.precedence.origin]));
    }
  }
  return Style.of(declared, device, Option.of(parent));
}

// -- values as text

const DISPLAY = { "flow-root": "inline-block", flow: "inline" };

function colour(text) {
  for (const [, found] of Color.parse(Lexer.lex(text))) {
    const { sRGB, alpha } = Color.resolve({ currentColor: Color.transparent })(found).toJSON();
    const channels = sRGB.map((one) => Math.round(Math.min(1, Math.max(0, one.value)) * 255));
    const short = Math.round(alpha.value * 100) / 100;
    const isShort = Math.round(short * 255) === Math.round(alpha.value * 255);
    const opacity = isShort ? short : Math.round(alpha.value * 1000) / 1000;
    return opacity === 1 ? `rgb(${channels.join(", ")})` : `rgba(${[...channels, opacity].join(", ")})`;
  }
  return text;
}

const ASIDE = String.raw`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|url\([^)]*\)`;
const SPACES = "rgba?|hsla?|hwb|(?:ok)?l(?:ab|ch)|color";
const COLOURS = new RegExp(`${ASIDE}|#[0-9a-f]{3,8}\\b|\\b(?:${SPACES})\\([^()]*\\)`, "gi");
const WORDS = new RegExp(`${ASIDE}|(?<![\\w(-])[a-z]+(?![\\w(-])`, "gi");
const NUMBERS = new RegExp(`${ASIDE}|(?<![\\w#-])[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:e[+-]?\\d+)?`, "gi");
const COMMAS = new RegExp(`${ASIDE}|\\s*,\\s*|\\s+`, "gi");
const isAside = (found) => /^["']|^url\(/i.test(found);
const outside = (text, pattern, change) => text.replace(pattern, (found) => (isAside(found) ? found : change(found)));

function matrix(text) {
  let found = [1, 0, 0, 1, 0, 0];
  for (const [, name, inner] of text.matchAll(/([a-z]+)\(([^)]*)\)/gi)) {
    const given = inner.split(/[,\s]+/).filter(Boolean);
    if (!given.every((one) => /^-?[\d.]+(px|deg|turn|rad)?$/.test(one))) return text;
    const turn = { deg: Math.PI / 180, turn: 2 * Math.PI, rad: 1 };
    const [x, y] = given.map((one) => parseFloat(one) * (turn[/[a-z]+$/.exec(one)?.[0]] ?? 1));
    const [sin, cos] = [Math.sin(x), Math.cos(x)];
    const step = {
      translate: [1, 0, 0, 1, x, y ?? 0], translatex: [1, 0, 0, 1, x, 0], translatey: [1, 0, 0, 1, 0, x],
      scale: [x, 0, 0, y ?? x, 0, 0], scalex: [x, 0, 0, 1, 0, 0], scaley: [1, 0, 0, x, 0, 0],
      rotate: [cos, sin, -sin, cos, 0, 0], skewx: [1, 0, Math.tan(x), 1, 0, 0], skewy: [1, Math.tan(x), 0, 1, 0, 0],
      matrix: given.map(Number),
    }[name.toLowerCase()];
    if (!step) return text;
    const [a, b, c, d, e, f] = found;
    const [p, q, r, s, t, u] = step;
    found = [a * p + c * q, b * p + d * q, a * r + c * s, b * r + d * s, a * t + c * u + e, b * t + d * u + f];
  }
  return text === "none" ? text : `matrix(${found.join(", ")})`;
}

function written(style, property) {
  if (property.startsWith("--")) return style.variables.get(property).map((one) => textOf(one.value)).getOr("");
  let text = String(style.computed(property).value);
  if (property === "display") {
    text = displayed(...text.split(" "));
  }
  if (property === "transform") text = matrix(text);
  if (property === "clip-path") text = text.replace(" at center center", "").replace(/ border-box$/, "");
  if (property === "outline-color" && text === "invert") text = "currentcolor";
  if (property === "font-family") text = text.replace(/"(-?[a-z_][\w-]*)"/gi, "$1");
  if (property === "text-shadow") text = text.replace(/(\S+ \S+ \S+) 0px(?=,|$)/g, "$1");
  if (property === "letter-spacing" && text === "0px") text = "normal";
  text = text.replace(/url\(\s*([^"'()\s]+)\s*\)/gi, 'url("$1")');
  text = outside(text, COLOURS, colour);
  text = outside(text, WORDS, (word) => (/^currentcolor$/i.test(word) ? written(style, "color") : word));
  if (/color|shadow|fill|stroke/.test(property)) text = outside(text, WORDS, colour);
  text = outside(text, NUMBERS, (number) => String(Math.round(parseFloat(number) * 1e4) / 1e4 || 0));
  text = outside(text, COMMAS, (blank) => (blank.includes(",") ? ", " : " ")).trim();
  if (/-size$/.test(property)) text = text.replaceAll("auto auto", "auto");
  return /-radius$/.test(property) ? text.replace(/^(\S+) \1$/, "$1") : text;
}

function displayed(outer, inner, item) {
  if (item === "list-item") return item;
  if (inner === undefined || inner === "flow" || outer.startsWith("table-")) return outer;
  if (outer === "block") return inner;
  return DISPLAY[inner] ?? `inline-${inner}`;
}

function answer(request) {
  const ask = request.ask.map(asked);
  const html = parseHtml(request.document);
  const documentOf = (pseudo, text) => {
    const sheets = [DEFAULTS, styleElements(html), text].map((one) => sheetOf(one, pseudo));
    return h.document(html.childNodes.flatMap((node) => tree(node, pseudo)), sheets);
  };
  const device = deviceOf(request);
  const bare = documentOf("", "");
  const states = ["hover", "focus", "active"].filter((state) => request[state]);
  const selectors = [...ask.map((one) => one.element), ...states.map((state) => request[state])];
  selectors.forEach((selector) => select(bare, selector, "selector"));
  const text = readFileSync("program.css", "utf8");
  const sheets = new Map();
  for (const pseudo of new Set(["", ...ask.map((one) => one.pseudo)])) sheets.set(pseudo, documentOf(pseudo, text));
  const contextOf = (root) =>
    states.reduce((context, state) => {
      const element = select(root, request[state], state);
      const path = state === "focus" ? [element] : [element, ...element.ancestors().filter(Element.isElement)];
      return path.reduce((found, one) => found[state](one), context);
    }, Context.empty());
  return ask.map(({ element, pseudo, property }) => {
    const root = sheets.get("");
    const style = Style.from(select(root, element, "selector"), device, contextOf(root));
    if (!pseudo) return written(style, property);
    const twin = select(sheets.get(pseudo), element, "selector");
    return written(styleOfPseudo(twin, device, contextOf(sheets.get(pseudo)), style), property);
  });
}

const text = readFileSync(0, "utf8").trim();
if (text) process.stdout.write(`${JSON.stringify(answer(JSON.parse(text)))}\n`);
// as a language's `hello` is tried
else process.stdout.write(`${answer({ document: "", ask: [[":root", "--said"]] })[0]}\n`);
