"""Sessions that other environments hold: a NeMo-Gym resource server's and OpenEnv's, asked over the network."""
