// call: Card.Header
// kwargs: {"title": "T"}
// returns: "<header>T</header>"
const Card = ({ children }) => <section>{children}</section>;
Card.Header = ({ title }) => <header>{title}</header>;
export default Card;
