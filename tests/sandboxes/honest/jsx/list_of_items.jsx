// call: TodoList
// kwargs: {"items": [{"id": 1, "text": "milk", "done": true}, {"id": 2, "text": "tea", "done": false}]}
// returns: "<ul class=\"todo\"><li class=\"done\">milk</li><li>tea</li></ul>"
const Item = ({ text, done }) => <li className={done ? "done" : undefined}>{text}</li>;

const TodoList = ({ items }) => (
  <ul className="todo">
    {items.map((item) => (
      <Item key={item.id} {...item} />
    ))}
  </ul>
);

export { TodoList };
