# A loop without end.
# attacks: stdio call asserts
# ends: time
# cpu_s: 0.2
def f(a, b):
    while True: pass

if __name__ == "__main__": f(1, 2)
