"""What a completion holds: fenced blocks, a program, an answer, calls, JSON read strictly or exactly."""
