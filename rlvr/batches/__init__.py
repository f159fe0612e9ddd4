"""What a learner is given: values of tokens in columns, rows dealt over ranks and micro-steps."""
