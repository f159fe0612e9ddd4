"""Mathematics in LaTeX or plain text: text -> tree -> meaning -> comparison, exact and under a budget of work."""
