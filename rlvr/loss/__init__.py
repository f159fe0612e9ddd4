"""What the learner's loss is made of beside TRL: the gap to the engine, and the head for one token more."""
