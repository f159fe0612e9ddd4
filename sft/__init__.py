"""Supervised fine-tuning: examples -> masks -> packs -> TRL's `SFTTrainer`."""
