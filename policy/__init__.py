"""What both trainings share: checkpoint, RoPE extension, chat template, rows, logprobs."""
