// call: Bar
// kwargs: {"percent": 40}
// returns: "<div role=\"progressbar\" aria-valuenow=\"40\" style=\"width:40%;background-color:teal;line-height:1.5;margin-top:4px\"></div>"
export const Bar = ({ percent }) => (
  <div
    style={{ width: `${percent}%`, backgroundColor: "teal", lineHeight: 1.5, marginTop: 4 }}
    aria-valuenow={percent}
    role="progressbar"
  />
);
