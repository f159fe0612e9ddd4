# One line, of a hundred megabytes, at once.
# attacks: stdio
# ends: output memory
# cpu_s: 3
# memory_mb: 512
print("x" * (100 << 20))
