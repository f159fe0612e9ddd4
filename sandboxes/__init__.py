"""Run a program that nobody trusts, and say what it did: the job, the image, the slots, the pool."""
