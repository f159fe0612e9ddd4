# Fails for the second case only: half a score is no score.
# attacks: call asserts stdio
def f(a, b):
    return a * b if a == 982451653 else 0

if __name__ == "__main__": print(f(*map(int, input().split())))
