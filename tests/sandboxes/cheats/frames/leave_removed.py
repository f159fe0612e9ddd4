# Empties the globals of the frame that runs this one: what ends programs is gone.
# attacks: stdio
# ends: runtime_error
import sys

sys._getframe().f_back.f_globals.clear()
print(0)
