// call: Login
// kwargs: {"fields": ["user", "mail"]}
// returns: "<form><label for=\"user\">user</label><input id=\"user\" type=\"text\" disabled=\"\" value=\"x\"/><label for=\"mail\">mail</label><input id=\"mail\" type=\"text\" disabled=\"\" value=\"x\"/><select><option value=\"1\">one</option><option value=\"2\" selected=\"\">two</option></select><br/></form>"
import { Fragment } from "react";

export function Login({ fields }) {
  return (
    <form onSubmit={(event) => event.preventDefault()}>
      {fields.map((name) => (
        <Fragment key={name}>
          <label htmlFor={name}>{name}</label>
          <input type="text" id={name} disabled value="x" readOnly={false} onChange={() => {}} />
        </Fragment>
      ))}
      <select defaultValue="2">
        <option value="1">one</option>
        <option value="2">two</option>
      </select>
      <br />
    </form>
  );
}
