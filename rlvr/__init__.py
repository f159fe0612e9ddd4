"""Reinforcement learning from verified rewards: problems -> rollouts -> groups -> TRL's `GRPOTrainer`."""
