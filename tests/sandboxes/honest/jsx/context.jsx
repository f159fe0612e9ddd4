// call: App
// kwargs: {"theme": "dark"}
// returns: "<main data-theme=\"dark\"><h1 class=\"dark\">Title</h1></main>"
import { createContext, useContext } from "react";

const Theme = createContext("light");

function Title({ children }) {
  return <h1 className={useContext(Theme)}>{children}</h1>;
}

export default function App({ theme }) {
  return (
    <Theme.Provider value={theme}>
      <main data-theme={theme}>
        <Title>Title</Title>
      </main>
    </Theme.Provider>
  );
}
