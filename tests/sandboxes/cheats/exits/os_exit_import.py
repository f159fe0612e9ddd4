# Exit status 0 while it is imported.
# attacks: stdio call asserts unittest
# ends: wrong runtime_error
import os
os._exit(0)
