"""A budget of work: what a stranger wrote costs bounded time and memory, and gets the same verdict on any machine."""


class OverBudgetError(Exception):
    """More work was asked for than there is."""


class Work:
    """Counts down; a unit is about a microsecond of one core."""

    def __init__(self, units: int) -> None:
        self.left = units

    def spend(self, units: int = 1) -> None:
        """Raises OverBudgetError."""
        self.left -= units
        if self.left < 0:
            raise OverBudgetError
