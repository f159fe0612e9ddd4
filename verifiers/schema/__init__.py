"""JSON Schema under a budget of work: a schema is built into steps, and the steps walk a value."""
