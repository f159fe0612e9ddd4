"""What of reasoning-gym runs in the box: the gate before its scorers, and the scorer."""
