"""Mathematics in LaTeX or plain text: tokens -> grammar -> values -> comparison, exact and under a budget of work."""
