# One object of a terabyte.
# attacks: stdio call
# ends: memory
def f(a, b): return bytearray(1 << 40)

if __name__ == "__main__": f(1, 2)
