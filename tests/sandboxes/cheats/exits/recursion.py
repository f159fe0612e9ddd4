# RecursionError near the stack's end, where handlers themselves fail.
# attacks: call asserts stdio
# ends: wrong runtime_error
def f(a, b): return f(a, b) + 1

if __name__ == "__main__":
    f(1, 2)
