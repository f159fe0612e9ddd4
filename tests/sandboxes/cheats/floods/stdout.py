# Output without end.
# attacks: stdio call
# ends: output
# cpu_s: 3
def f(a, b):
    while True: print("x" * 1000)

if __name__ == "__main__": f(1, 2)
