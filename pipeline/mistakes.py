"""The errors by which the command line ends: what a person can mend, and what a stage died of."""


class RecipeError(ValueError):
    """A bad recipe, row or file, found before anything starts; one line a mistake."""


class StoppedError(Exception):
    """A training was stopped by what its recipe asks for, not by a failure."""


class StageError(Exception):
    """A stage ended by an error that is no mistake in a recipe, row or file; the whole of it."""
