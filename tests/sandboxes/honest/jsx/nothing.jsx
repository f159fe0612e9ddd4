// call: Maybe
// kwargs: {"show": false}
// returns: ""
export const Maybe = ({ show }) => show && <p>shown</p>;
