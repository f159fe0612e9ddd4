"""What samples: a protocol and its engines, embedded or vLLM, one or several."""
