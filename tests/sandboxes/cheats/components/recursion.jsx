// A component that renders itself.
// attacks: markup
// ends: runtime_error time memory
// cpu_s: 2
// memory_mb: 256
export default function Product(props) { return <Product {...props} />; }
