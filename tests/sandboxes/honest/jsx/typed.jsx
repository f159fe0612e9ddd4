// call: Table
// kwargs: {"rows": [["a", 1], ["b", 2]], "caption": "Sums"}
// returns: "<table><caption>Sums</caption><tbody><tr><th scope=\"row\">a</th><td>1</td></tr><tr><th scope=\"row\">b</th><td>2</td></tr></tbody></table>"
// Types are stripped.
import type { FC, ReactNode } from "react";

type Row = readonly [string, number];
interface Props {
  rows: Row[];
  caption?: ReactNode;
}

const Table: FC<Props> = ({ rows, caption = null }) => (
  <table>
    {caption && <caption>{caption}</caption>}
    <tbody>
      {rows.map(([name, value]: Row): ReactNode => (
        <tr key={name}>
          <th scope="row">{name}</th>
          <td>{value as number}</td>
        </tr>
      ))}
    </tbody>
  </table>
);

export default Table;
