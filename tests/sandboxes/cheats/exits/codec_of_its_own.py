# -*- coding: box_codec -*-
# A coding line that names a codec in the box: to decode the source would run it.
# attacks: stdio
# ends: compile_error
print(0)
