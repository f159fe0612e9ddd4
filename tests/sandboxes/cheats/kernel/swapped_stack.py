# Personality: other addresses, other limits, other clocks.
# attacks: stdio
import ctypes

libc = ctypes.CDLL(None)
for personality in (0x0040000, 0x0400000, 0x8000000, 0x0004, 0x1000000):
    libc.personality(personality)
print(0)
