"""A trained checkpoint behind OpenAI's API, and in a terminal."""
