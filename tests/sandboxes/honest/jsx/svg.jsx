// call: Star
// kwargs: {"points": [[0, 0], [4, 4]]}
// returns: "<svg viewBox=\"0 0 10 10\" xmlns=\"http://www.w3.org/2000/svg\"><polyline points=\"0,0 4,4\" stroke-width=\"2\" fill=\"none\"></polyline></svg>"
export const Star = ({ points }) => (
  <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">
    <polyline points={points.map((p) => p.join(",")).join(" ")} strokeWidth={2} fill="none" />
  </svg>
);
