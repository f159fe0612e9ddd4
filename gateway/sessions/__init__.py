"""Sessions of rollouts that are sampled elsewhere, called over HTTP: `kept` in the server, `turns` where they run."""
