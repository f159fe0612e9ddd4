"""Sessions: what a rollout's calls act on."""
