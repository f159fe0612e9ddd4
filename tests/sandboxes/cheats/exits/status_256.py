# Status 256 is 0 to who looks at 8 bits.
# attacks: stdio
import sys
sys.exit(256)
