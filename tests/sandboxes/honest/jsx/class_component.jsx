// call: Clock
// kwargs: {"label": "now"}
// returns: "<time dateTime=\"2020-01-01\">now 0</time>"
import React from "react";

class Clock extends React.Component {
  static defaultProps = { label: "never" };
  state = { ticks: 0 };

  componentDidMount() {
    this.timer = setInterval(() => this.setState({ ticks: 1 }), 10);
  }

  render() {
    return (
      <time dateTime="2020-01-01">
        {this.props.label + " "}
        {this.state.ticks}
      </time>
    );
  }
}

export default Clock;
