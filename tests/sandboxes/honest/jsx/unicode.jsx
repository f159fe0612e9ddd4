// call: Menu
// kwargs: {"price": "3 \u20ac", "items": ["\u00e9t\u00e9", "\ud83d\ude00"]}
// returns: "<ol><li>\u00e9t\u00e9 · 3 \u20ac</li><li>\ud83d\ude00 · 3 \u20ac</li></ol>"
export default function Menu({ price, items }) {
  return <ol>{items.map((one) => <li key={one}>{`${one} · ${price}`}</li>)}</ol>;
}
