// call: Greeting
// kwargs: {"name": "Ann <3 & \"Bo\""}
// returns: "<p>Hello, Ann &lt;3 &amp; &quot;Bo&quot;!</p>"
export default function Greeting({ name }) {
  return <p>Hello, {name}!</p>;
}
