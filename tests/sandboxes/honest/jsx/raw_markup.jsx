// call: Html
// kwargs: {"text": "<b a=1>bold</b>"}
// returns: "<div><b a=1>bold</b></div>"
export default ({ text }) => <div dangerouslySetInnerHTML={{ __html: text }} />;
