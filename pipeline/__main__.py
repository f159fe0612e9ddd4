"""`python -m temper.pipeline`, the same as `temper`."""

import sys

from temper.pipeline.cli import main

sys.exit(main())
