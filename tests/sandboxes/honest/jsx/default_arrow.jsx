// call: Badge
// kwargs: {"count": 120}
// returns: "<span>99+</span>"
// An anonymous default export stands for the name that is asked for.
export default ({ count }) => <span>{count > 99 ? "99+" : count}</span>;
