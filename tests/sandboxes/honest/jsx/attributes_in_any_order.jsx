// call: Link
// kwargs: {"to": "/a?b=1&c=2", "text": "go"}
// returns: "<a class=\"link\" href=\"/a?b=1&amp;c=2\" rel=\"noreferrer\" target=\"_blank\">go</a>"
export default function Link({ to, text }) {
  return (
    <a target="_blank" rel="noreferrer" href={to} className="link">
      {text}
    </a>
  );
}
