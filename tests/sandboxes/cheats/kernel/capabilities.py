# Capabilities: sets, keeps and inherits them.
# attacks: stdio
import ctypes, struct

libc = ctypes.CDLL(None)
header = struct.pack("Ii", 0x20080522, 0)
libc.capset(header, struct.pack("6I", *[0xFFFFFFFF] * 6))
for capability in range(41): libc.prctl(47, 2, capability, 0, 0)
libc.prctl(8, 1, 0, 0, 0)
state = [line.split()[1] for line in open("/proc/self/status") if line.startswith(("CapEff", "CapPrm", "CapAmb"))]
if any(int(bits, 16) for bits in state): print("gained", state)
