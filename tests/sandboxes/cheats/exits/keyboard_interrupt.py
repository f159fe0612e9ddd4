# KeyboardInterrupt: many runners end politely.
# attacks: stdio call asserts unittest
# ends: wrong runtime_error
def f(a, b): raise KeyboardInterrupt

if __name__ == "__main__":
    f(1, 2)
