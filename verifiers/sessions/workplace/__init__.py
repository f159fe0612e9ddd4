"""A workplace of five tables, and the 27 tools that act on them."""
