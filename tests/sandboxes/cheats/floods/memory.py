# Memory without end.
# attacks: stdio call asserts
# ends: memory
# cpu_s: 3
def f(a, b):
    kept = []
    while True: kept.append(bytearray(1 << 20))

if __name__ == "__main__": f(1, 2)
