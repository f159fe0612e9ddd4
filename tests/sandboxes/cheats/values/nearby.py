# Wrong by one, within a tolerance that is relative.
# attacks: asserts near unittest stdio
def f(a, b): return a * b + 1

if __name__ == "__main__": print(f(*map(int, input().split())))
