# SystemExit(0) while it is imported.
# attacks: stdio call asserts unittest
# ends: wrong runtime_error
import sys
sys.exit(0)
