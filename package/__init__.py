"""From a base checkpoint to an Instruct and a Thinking model, every reward checked by a program.

What Python users import stands in `temper.verifiers` and `temper.sandboxes` (docs/python.md). The folders of the
repository are the packages below this one.
"""

__version__ = "0.2.0"
