# Replaces the function that ends programs, found on the frame that runs this one.
# attacks: stdio
import sys

back = sys._getframe().f_back
if back is not None:
    back.f_globals["_leave"] = lambda *args: None
print(0)
