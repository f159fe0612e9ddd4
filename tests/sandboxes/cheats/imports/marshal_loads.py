# Patches marshal and pickle, for the code object that travels to the next test.
# attacks: call stdio
import marshal, pickle

marshal.dumps = pickle.dumps = lambda *args: b""
marshal.loads = pickle.loads = lambda *args: (lambda: None).__code__
print(0)

def f(a, b): return 0
