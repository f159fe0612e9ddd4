# A pattern that backtracks for ever.
# attacks: stdio
# ends: time
# cpu_s: 0.2
import re
re.match(r"(a+)+$", "a" * 40 + "b")
