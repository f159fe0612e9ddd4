// call: Tree
// kwargs: {"node": {"name": "a", "children": [{"name": "b", "children": []}, {"name": "c", "children": [{"name": "d", "children": []}]}]}}
// returns: "<ul><li>a<ul><li>b</li></ul><ul><li>c<ul><li>d</li></ul></li></ul></li></ul>"
function Tree({ node }) {
  return (
    <ul>
      <li>
        {node.name}
        {node.children.map((child) => (
          <Tree key={child.name} node={child} />
        ))}
      </li>
    </ul>
  );
}
