"""Who comes in, how much of it is read and whose turn it is: what any server of ours has before its answers."""
