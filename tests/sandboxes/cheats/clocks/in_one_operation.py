# One operation that holds the interpreter's lock.
# attacks: stdio
# ends: time
# cpu_s: 0.2
print(len(str(7 ** (10 ** 7) // 3)) if False else 3 ** (10 ** 8))
